from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from backends.local_runner import LocalRunner
from backends.run import Ended
from backends.runner import fed
from backends.survey import Surveyor, surveyed
from console.clean import Clean, clean_path
from console.errors import ConsoleError, Problem, Unreachable
from console.survey import Found, Survey, SurveyRequest

SHELLS = [
    pytest.param(("sh",), id="sh"),
    pytest.param(("busybox", "sh"), id="busybox", marks=pytest.mark.needs("busybox")),
]


def survey(request: SurveyRequest, shell: Sequence[str] = ("sh",), **environ: str) -> Survey:
    async def run(program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        process = await asyncio.create_subprocess_exec(
            *shell,
            "-s",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"LANG": "C.UTF-8", "PATH": os.environ["PATH"], **environ},
        )
        async with asyncio.timeout(seconds):
            said, trouble = await process.communicate(fed(program, words))
        return Ended(process.returncode or 0, said, trouble)

    return asyncio.run(surveyed(run, request))


def asked(*paths: Path) -> SurveyRequest:
    return SurveyRequest(Clean("mta"), None, extra=tuple(clean_path(str(path)) for path in paths))


@pytest.mark.parametrize("shell", SHELLS)
def test_this_machine(shell: Sequence[str]) -> None:
    found = survey(SurveyRequest(Clean("mta"), None), shell)
    assert found.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert found.root == (os.geteuid() == 0)
    assert found.may_mount == found.root
    assert {"stat", "cp", "sed", "env"} <= found.tools
    assert ("getfattr" in found.tools) == bool(shutil.which("getfattr"))
    assert (found.conf, found.lineage, found.sessions, found.way) == (None, None, (), None)


@pytest.mark.needs("grep")
@pytest.mark.parametrize("shell", SHELLS)
def test_who_runs_from_a_mount(shell: Sequence[str]) -> None:
    sleeper = shutil.which("sleep") or ""
    point = subprocess.run(
        ["stat", "-c", "%m", sleeper], check=True, capture_output=True, text=True
    ).stdout.strip()
    with subprocess.Popen([sleeper, "60"]) as process:
        request = SurveyRequest(Clean(""), None, stores=True, users_of=Clean(point))
        found = {each.process.pid: each for each in survey(request, shell).users}
        nowhere = replace(request, users_of=Clean("/proc"))
        assert survey(nowhere, shell).users == ()
        process.kill()
    user = found[process.pid]
    assert (user.process.name, user.parent) == ("sleep", os.getpid())
    assert (user.script, user.pid_file) == (None, None)


@pytest.mark.needs("busybox", "unshare", "setpriv")
def test_a_busybox_does_not_hide_what_does_more() -> None:
    request = SurveyRequest(Clean("mta"), None)
    found, inner = survey(request), survey(request, ("busybox", "sh"))
    assert "unshare --kill-child" in found.options
    assert inner.options == found.options


@pytest.mark.parametrize("shell", SHELLS)
def test_a_configuration_and_the_paths_it_names(tmp_path: Path, shell: Sequence[str]) -> None:
    home = tmp_path / "it's mine;$(id)"
    (home / "root").mkdir(parents=True)
    (home / "live").symlink_to("root")
    conf = home / "mta.conf"
    conf.write_bytes(b"BASE=.\nSHARE=/srv/x y:/x\n\0\xff")
    found = survey(SurveyRequest(Clean("mta"), clean_path(str(conf))), shell)
    assert found.conf == conf.read_bytes()
    assert found.conf_digest == sha256(conf.read_bytes()).hexdigest()
    at = {path: found.paths[clean_path(str(home / path))] for path in ("root", "live", "work")}
    assert [fact.found for fact in at.values()] == [Found.FOLDER, Found.LINK, Found.MISSING]
    assert at["root"].device == (home / "root").stat().st_dev
    assert at["live"].real == clean_path(str(home / "root"))
    assert at["work"].real is None
    assert found.paths[clean_path(str(conf))].found is Found.FILE
    assert {"/", "/srv/x y", str(home), "/etc/subhosts.conf"} <= set(found.paths)


@pytest.mark.parametrize("shell", SHELLS)
def test_kinds_of_paths(tmp_path: Path, shell: Sequence[str]) -> None:
    program, fifo, loop, pit = (tmp_path / name for name in ("run", "fifo", "loop", "pit"))
    program.touch(0o755)
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    pit.symlink_to("/nowhere/at/all")
    links = tmp_path / "far"
    (tmp_path / "deep").mkdir()
    links.symlink_to("deep/../deep")
    paths = survey(asked(program, fifo, loop, pit, links, Path("/proc")), shell).paths
    at = {name: paths[clean_path(str(tmp_path / name))] for name in ("run", "fifo", "loop", "pit")}
    assert at["run"].executable
    assert not at["fifo"].executable
    assert [fact.found for fact in at.values()] == [
        Found.FILE,
        Found.OTHER,
        Found.LINK,
        Found.LINK,
    ]
    assert (at["loop"].real, at["pit"].real) == (None, None)
    assert paths[clean_path(str(links))].real == clean_path(str(tmp_path / "deep"))
    assert paths[Clean("/proc")].mount_point
    assert not at["run"].mount_point


@pytest.mark.root
@pytest.mark.parametrize("shell", SHELLS)
def test_who_may_put_something_else_there(tmp_path: Path, shell: Sequence[str]) -> None:
    ours, theirs, hop = (tmp_path / name for name in ("ours", "theirs", "hop"))
    for folder in (ours, theirs):
        folder.mkdir(mode=0o755)
        (folder / "x").mkdir(mode=0o755)
    os.chown(theirs, 1000, 0)
    hop.symlink_to(theirs / "x")
    paths = survey(asked(ours / "x", theirs / "x", hop), shell).paths
    foreign = [paths[clean_path(str(path))].foreign for path in (ours / "x", theirs / "x", hop)]
    assert foreign == [None, clean_path(str(theirs)), clean_path(str(theirs))]


@pytest.mark.parametrize("shell", SHELLS)
def test_names_are_never_run(tmp_path: Path, shell: Sequence[str]) -> None:
    names = ("$(touch ran)", "`touch ran`", "; touch ran", "'", "-rf", "%s%n", "\\n", "x\\")
    for name in names:
        (tmp_path / name).mkdir()
    found = survey(asked(*(tmp_path / name for name in names)), shell).paths
    assert all(found[clean_path(str(tmp_path / name))].found is Found.FOLDER for name in names)
    assert not Path("ran").exists()


@pytest.mark.needs("ip")
def test_the_way_in() -> None:
    found = survey(SurveyRequest(Clean("mta"), None), SSH_CONNECTION="127.0.0.1 5 127.0.0.1 22")
    assert found.way == ("lo", None)


def test_a_host_without_the_tools(tmp_path: Path) -> None:
    async def run(program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        return Ended(5, b"", b"stat: not found\n")

    with pytest.raises(ConsoleError, match="stat: not found"):
        asyncio.run(surveyed(run, asked(tmp_path)))


async def test_many_at_once_are_one_and_ask_but_once_for_the_programs(tmp_path: Path) -> None:
    asking: list[Sequence[bytes]] = []

    async def run(program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        asking.append(words)
        return await LocalRunner().run(program, words, seconds)

    surveyor = Surveyor(run)
    found = await asyncio.gather(*(surveyor.survey(asked(tmp_path)) for _ in range(3)))
    assert [words[0] for words in asking] == [b"host", b"paths"]
    await surveyor.survey(asked(tmp_path))
    assert [b"flock" in words for words in asking] == [True, False, False, False]
    assert "sleep" in found[0].tools
    assert found[1] == found[2] == found[0]


@pytest.mark.parametrize("problem", [None, Problem.HUNG, Problem.LOST])
async def test_what_is_odd_about_one_is_no_trouble_of_the_others(
    tmp_path: Path, problem: Problem | None
) -> None:
    async def run(program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        if str(tmp_path / "odd").encode() in words:
            if problem:
                raise Unreachable("no room for that", problem=problem)
            return Ended(1, b"", b"no room for that\n")
        return await LocalRunner().run(program, words, seconds)

    surveyor = Surveyor(run)
    requests = [asked(tmp_path / name) for name in ("one", "odd", "two")]
    one, odd, two = await asyncio.gather(*map(surveyor.survey, requests), return_exceptions=True)
    assert str(odd).endswith("no room for that")
    if problem is Problem.LOST:  # which is everybody's
        assert one is two is odd
        return
    assert isinstance(one, Survey)
    assert isinstance(two, Survey)
    assert clean_path(str(tmp_path / "one")) in one.paths
    assert clean_path(str(tmp_path / "one")) not in two.paths

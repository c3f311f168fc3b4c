from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.local import LocalBackend
from console.backend import Backend
from console.errors import Problem
from console.facts import Facts, View
from console.model import Gap, Mount
from console.trees import trees
from tests.lab.hung_fuse import hung_mounts

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="makes mounts: run pytest as root")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    backend = LocalBackend(globs=[f"{tmp_path}/*/*.conf"], patient=True)
    yield backend
    await backend.close()


@contextmanager
def mounted(place: Path, kind: str, options: str) -> Iterator[Path]:
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, "test", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def mount_at(view: View, place: Path) -> Mount:
    (found,) = (mount for mount in view.mounts if mount.path == os.fsencode(place))
    return found


def gap_about(facts: Facts, text: str) -> Gap:
    (found,) = (gap for gap in facts.gaps if text in gap.probe)
    return found


async def test_a_host_is_seen_whole_at_the_first_look(backend: LocalBackend) -> None:
    promised: Backend = backend
    facts = await promised.sample()
    release = os.uname().release
    assert promised.name == "local"
    assert facts.evidence is not None
    assert facts.evidence.kernel == release
    assert facts.uptime is not None
    assert facts.memory is not None
    assert facts.memory.total == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert {link.name for link in facts.links} >= {"lo"}
    assert os.getpid() in {process.pid for process in (facts.processes or ())}
    assert mount_at(facts.view, Path("/")).id in facts.view.statfs


@root_only
async def test_limits_of_a_tmpfs_are_the_kernels(backend: LocalBackend, tmp_path: Path) -> None:
    with mounted(tmp_path / "odd \\ name\n", "tmpfs", "size=8m,nr_inodes=200") as place:
        (place / "file").write_bytes(b"x" * 100_000)
        kernel = os.statvfs(place)
        view = (await backend.sample()).view
    said = view.statfs[mount_at(view, place).id]
    assert (said.total, said.inodes) == (8 << 20, 200)
    assert said.free == kernel.f_bfree * kernel.f_frsize
    assert said.inodes_free == kernel.f_ffree


@root_only
async def test_layers_of_an_overlay_keep_their_odd_names(
    backend: LocalBackend, tmp_path: Path
) -> None:
    for name in ("p,q", "up per", "work"):
        (tmp_path / name).mkdir()
    (tmp_path / "l:ow").symlink_to(tmp_path / "p,q")
    options = f"lowerdir={tmp_path}/p\\,q,upperdir={tmp_path}/up per,workdir={tmp_path}/work"
    with mounted(tmp_path, "tmpfs", "size=8m"):
        for name in ("p,q", "up per", "work"):
            (tmp_path / name).mkdir()
        with mounted(tmp_path / "merged", "overlay", options) as place:
            view = (await backend.sample()).view
    overlay = mount_at(view, place).overlay
    assert overlay is not None
    assert overlay.lower == (f"{tmp_path}/p,q",)
    assert overlay.upper == f"{tmp_path}/up per"
    assert view.statfs[mount_at(view, place).id].total == 8 << 20


@root_only
@pytest.mark.parametrize("mode", ["silent", "deaf"])
async def test_a_hung_mount_costs_one_gap_and_nothing_else(tmp_path: Path, mode: str) -> None:
    backend = LocalBackend(globs=[f"{tmp_path}/*/*.conf"], deadline=0.3)
    (tmp_path / "mta").mkdir()
    (tmp_path / "mta/mta.conf").write_text("BASE=.\n")
    with hung_mounts(tmp_path, 3, mode) as places:
        for _ in range(2):
            facts = await backend.sample()
            hung = [gap for gap in facts.gaps if gap.probe.startswith(f"statvfs {tmp_path}/")]
            assert [gap.probe for gap in hung] == [f"statvfs {place}" for place in places]
            assert {gap.problem for gap in hung} == {Problem.HUNG}
            assert f"umount -l {places[0]}" in (hung[0].remedy or "")
            assert mount_at(facts.view, Path("/")).id in facts.view.statfs
            assert f"{tmp_path}/mta/mta.conf" in {conf.path for conf in facts.confs}
        await backend.close()


@root_only
def test_the_program_ends_while_mounts_hang(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from backends.local import LocalBackend\n"
        "async def main():\n"
        "    backend = LocalBackend(deadline=0.2)\n"
        "    facts = await backend.sample()\n"
        "    await backend.close()\n"
        "    hung = [gap for gap in facts.gaps if gap.problem == 'hung']\n"
        "    told = {gap.probe.partition(' in ')[0] for gap in hung}\n"
        "    print(sum(probe.startswith('statvfs ' + sys.argv[1]) for probe in told))\n"
        "asyncio.run(main())\n"
    )
    with hung_mounts(tmp_path, 40, "silent"):
        ended = subprocess.run(
            [sys.executable, "-c", program, f"{tmp_path}/"],
            cwd=REPOSITORY, timeout=30, capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert ended.stdout == "40\n"


@root_only
async def test_a_mount_is_heard_at_once(backend: LocalBackend, tmp_path: Path) -> None:
    await backend.sample()
    async with asyncio.timeout(20):
        change = asyncio.ensure_future(backend.changed())
        with mounted(tmp_path / "new", "tmpfs", "size=1m"):
            await change


@root_only
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare of util-linux")
async def test_a_subhost_is_seen_from_within(backend: LocalBackend, tmp_path: Path) -> None:
    with subhost(tmp_path) as conf:
        facts = await backend.sample()
    assert not [mount for mount in facts.view.mounts if mount.source == "inner"]
    (tree,) = (tree for tree in trees(facts.processes or ()) if tree.conf == str(conf))
    inside = facts.inside[tree.init or 0]
    assert inside.statfs[mount_at(inside, tmp_path / "run").id].total == 5 << 20
    assert str(conf) in {each.path for each in facts.confs}


@contextmanager
def subhost(tmp_path: Path) -> Iterator[Path]:
    """The shape of overlay-boot: its mounts are in no table of the host."""
    script = tmp_path / "overlay-boot"
    script.write_text("unshare -fpi --kill-child /bin/sh -c 'echo; read line; read more'\n")
    (tmp_path / "mta").mkdir()
    conf = tmp_path / "mta/mta.conf"
    conf.write_text("BASE=.\n")
    (tmp_path / "run").mkdir()
    start = f"mount -t tmpfs -o size=5m inner {tmp_path}/run && exec /bin/sh {script} {conf}"
    with subprocess.Popen(
        ["unshare", "-m", "/bin/sh", "-c", start],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "UNSHARED": "yes"},
    ) as holder:  # fmt: skip
        assert holder.stdin and holder.stdout
        holder.stdout.readline()
        yield conf
        holder.stdin.close()


def nobodys_python() -> str | None:
    """An interpreter that an ordinary user may run here."""
    for python in (sys.executable, "/usr/bin/python3"):
        # As the backend does, it has to start another one.
        check = "import subprocess, sys, tomllib; subprocess.check_call([sys.executable, '-V'])"
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python]
        try:
            subprocess.run([*command, "-c", check], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    return None


@root_only
@pytest.mark.skipif(nobodys_python() is None, reason="needs setpriv and a Python for everybody")
def test_without_root_everything_readable_is_shown(tmp_path: Path) -> None:
    program = (
        "import asyncio; from backends.local import LocalBackend\n"
        "async def main():\n"
        "    facts = await LocalBackend().sample()\n"
        "    print(len(facts.view.statfs) > 0, len(facts.processes) > 1, len(facts.links) > 0)\n"
        "    print(*{gap.probe for gap in facts.gaps if gap.remedy == 'run as root'}, sep=';')\n"
        "    print(len(facts.gaps) < 6)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         nobodys_python() or "", "-c", program],
        cwd=REPOSITORY, timeout=30, capture_output=True, text=True, check=True,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    shown, denied, few = ended.stdout.splitlines()
    assert shown == "True True True"
    assert "processes of others" in denied.split(";")
    assert few == "True"

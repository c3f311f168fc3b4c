"""Every question has the same answer from a shell as from this host's own prober."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from backends.prober import Prober
from backends.questions import Answer, Question
from backends.ssh.asker import RemoteProber
from tests.backends.ssh.shells import SECONDS, SHELLS, begun, never

ODD = [b"two\nlines", b"a space", b"it's", b'"quoted"', b"$HOME", b"\xff\xfe", b"-n", b"*", b"\\"]
"""Names that a shell must not take for anything but names."""


@pytest.fixture(params=SHELLS)
async def remote(request: pytest.FixtureRequest) -> AsyncIterator[RemoteProber]:
    async with begun(request.param) as shell:
        prober = RemoteProber(SECONDS)
        prober.use(shell, never)
        yield prober


@pytest.fixture
def local() -> Iterator[Prober]:
    prober = Prober(deadline=SECONDS)
    yield prober
    prober.close()


@pytest.fixture
def folder(tmp_path: Path) -> bytes:
    """A folder with every kind of thing that is asked about."""
    root = os.fsencode(tmp_path)
    for number, name in enumerate(ODD):
        Path(os.fsdecode(root + b"/" + name)).write_bytes(b"text %d\n" % number)
    inner = tmp_path / "opt" / "mta"
    inner.mkdir(parents=True)
    (inner / "mta.conf").write_bytes(b"BASE=.\n\nlast line without an end")
    (tmp_path / "opt" / "web").mkdir()
    (tmp_path / "opt" / "web" / "web.conf").write_bytes(b"BASE=.\n")
    (tmp_path / "opt" / ".hidden").mkdir()
    (tmp_path / "link").symlink_to("opt/mta/mta.conf")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "way").symlink_to("opt/mta")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 20)
    return root


Ask = Callable[[bytes], list[Question]]

PATHS = [b"/" + name for name in ODD] + [
    b"", b"/opt/mta/mta.conf", b"/link", b"/dangling", b"/loop", b"/way/mta.conf", b"/fifo",
    b"/empty", b"/binary", b"/opt", b"/nowhere", b"/nowhere/at/all", b"/empty/in/a/file",
]  # fmt: skip

OPERATIONS: dict[str, Callable[[bytes, bytes], Question]] = {
    "exists": lambda root, path: Question(b"exists", root + path),
    "stat": lambda root, path: Question(b"stat", root + path),
    "statvfs": lambda root, path: Question(b"statvfs", root + path),
    "head": lambda root, path: Question(b"head", root + path, b"300"),
    "tail": lambda root, path: Question(b"tail", root + path, b"100"),
    "link": lambda root, path: Question(b"link", root + path),
    "beneath": lambda root, path: Question(b"beneath", root + path, root),
    "conf": lambda root, path: Question(b"conf", root + path, b"/"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_shell_answers_as_this_host_does(
    operation: str, remote: RemoteProber, local: Prober, folder: bytes
) -> None:
    paths = [path for path in PATHS if path or operation != "beneath"]
    questions = [OPERATIONS[operation](folder, path) for path in paths]
    wanted = await local.ask(questions)
    found = await remote.ask(questions)
    wanted, found = ([_blunt(each) for each in said] for said in (wanted, found))
    if operation == "statvfs":  # what is free changes meanwhile, what is there does not
        wanted, found = ([_sizes(each) for each in said] for said in (wanted, found))
    assert dict(zip(paths, found, strict=True)) == dict(zip(paths, wanted, strict=True))


def _blunt(answer: Answer) -> Answer:
    """A shell does not tell a missing file from a missing folder, nor both from a loop."""
    absent = {errno.ENOTDIR, errno.ELOOP}
    return Answer(errno.ENOENT if answer.code in absent else answer.code, answer.data)


def _sizes(answer: Answer) -> Answer:
    words = answer.data.split()
    return Answer(answer.code, b" ".join(words[:2] + words[4:5]))


@pytest.mark.parametrize(
    "pattern", [b"/opt/*/*.conf", b"/*", b"/opt/?ta/*", b"/nowhere/*", b"/it'*", b"/two*"]
)
@pytest.mark.parametrize("avoid", [b"", b"/opt/mta"])
async def test_a_pattern_finds_the_same_paths(
    pattern: bytes, avoid: bytes, remote: RemoteProber, local: Prober, folder: bytes
) -> None:
    argument = folder + avoid if avoid else b""
    question = Question(b"glob", folder + pattern, argument)
    (wanted,) = await local.ask([question])
    (found,) = await remote.ask([question])
    assert sorted(found.data.split(b"\0")) == sorted(wanted.data.split(b"\0"))
    assert found.code == wanted.code


async def test_who_else_can_write_a_configuration_is_told(
    remote: RemoteProber, local: Prober, tmp_path: Path
) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "b.conf").write_text("BASE=.\n")
    (tmp_path / "way").symlink_to("a")
    inner.chmod(0o777)
    for path in (inner / "b.conf", tmp_path / "way" / "b" / "b.conf"):
        question = Question(b"conf", os.fsencode(path), b"/")
        assert await remote.ask([question]) == await local.ask([question])


async def test_nothing_is_lost_in_a_large_batch(
    remote: RemoteProber, local: Prober, folder: bytes
) -> None:
    questions = [Question(b"head", folder + b"/binary", b"4096")] * 200
    assert await remote.ask(questions) == await local.ask(questions)

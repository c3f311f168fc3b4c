"""A shell tells which processes are in other namespaces than its own, whoever comes and goes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from backends.ssh.shell import Shell
from tests.backends.ssh.shells import SECONDS, SHELLS, begun
from tests.lab.inventory import until

pytestmark = [
    pytest.mark.root,
    pytest.mark.needs("unshare"),
    pytest.mark.parametrize("sh", SHELLS),
]

Process = subprocess.Popen[bytes]
LEAVES = "read go; exec unshare -n sleep 600"
"""What goes to a network namespace of its own once it is told to."""


@pytest.fixture
def process() -> Iterator[Callable[[], Process]]:
    with ExitStack() as stack:

        def started() -> Process:
            made = stack.enter_context(
                subprocess.Popen(["sh", "-c", LEAVES], stdin=subprocess.PIPE)
            )
            stack.callback(made.kill)
            return made

        yield started


async def test_who_is_told(sh: str, process: Callable[[], Process]) -> None:
    first, second, third = process(), process(), process()
    left(first)
    async with begun(sh) as shell:
        assert await strangers(shell) & pids(first, second, third) == pids(first)
        left(second)  # after the first look at it, before the second
        crowd = [process() for _ in range(30)]
        assert await strangers(shell) & pids(first, second, third) == pids(first, second)
        first.kill()
        first.wait()
        for each in crowd[::2]:
            each.kill()
            each.wait()
        left(crowd[1])
        assert await strangers(shell) & pids(first, second, *crowd) == pids(second, crowd[1])
        left(third)  # long after both
        everybody = await strangers(shell, b"foreign= young= pids=; strangers")
        assert everybody & pids(first, second, third) == pids(second, third)


def pids(*processes: Process) -> set[int]:
    return {each.pid for each in processes}


def left(process: Process) -> None:
    """Have it leave, and wait until it has."""
    assert process.stdin
    process.stdin.write(b"\n")
    process.stdin.flush()
    ours, its = Path("/proc/self/ns/net"), Path(f"/proc/{process.pid}/ns/net")
    until(lambda: not its.samefile(ours), SECONDS, f"{its} to be another")


async def strangers(shell: Shell, question: bytes = b"strangers") -> set[int]:
    """Return who is told, while that is another answer than before."""
    frame = await shell.ask(question, SECONDS)
    return {int(word.rpartition(b"/")[2]) for word in frame.sections[b"strangers"].data.split()}

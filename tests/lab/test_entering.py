"""Entering real subhosts: small ones, ones that end, and what is in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.processes import ProcessTable
from backends.terminal import open_local
from console import entering
from console.clean import Clean
from console.entering import Entering, First
from console.model import Process
from console.terminal import Size
from tests.backends.programs import all_of, reading
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("busybox")]

SIZE = Size(80, 24)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture(scope="module")
def small(world: World) -> Subhost:
    """A subhost that has busybox and nothing else."""
    lower = world.place("lower")
    (lower / "bin").mkdir()
    for name in ("dev", "proc", "run", "sys", "etc", "root", "mnt"):
        (lower / name).mkdir()
    busybox = shutil.which("busybox") or ""
    shutil.copy(busybox, lower / "bin/busybox")
    listed = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True)
    for name in {*listed.stdout.split()} - {"busybox"}:
        (lower / "bin" / name).symlink_to("busybox")
    return world.subhost(f"LOWER={lower}\n").start()


def first(subhost: Subhost) -> First:
    process = process_of(subhost.pids.init)
    assert process.ticks is not None
    return First(process.pid, process.ticks, process.pid_ns)


def process_of(pid: int) -> Process:
    return next(each for each in ProcessTable(Path("/proc")).look() if each.pid == pid)


def into(subhost: Subhost, *argv: str) -> Entering:
    return Entering(Clean(subhost.name), argv, first(subhost))


async def test_where_there_is_no_bash_sh_will_do(small: Subhost) -> None:
    terminal = await open_local(into(small), SIZE)
    async with reading(terminal) as seen:
        await terminal.write(b"echo $0=$((6*7)); cat /proc/1/comm\n")
        await seen.see(rb"sh=42\r\n\.reaper")
        await terminal.write(b"exit 3\n")
        await seen.task
        assert await terminal.ended() == 3


async def test_the_hosts_own_nsenter_may_be_busybox(
    small: Subhost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("nsenter", "env", "id", "readlink"):
        (tmp_path / name).symlink_to(shutil.which("busybox") or "")
    path, usual = os.fsencode(tmp_path), b"PATH=/usr/local/sbin:"
    assert usual in entering.PROGRAM
    program = entering.PROGRAM.replace(usual, b"PATH=%s:/usr/local/sbin:" % path)
    monkeypatch.setattr(entering, "PROGRAM", program)
    said = await all_of(await open_local(into(small, "cat", "/proc/1/comm"), None))
    assert said == (b".reaper\n", b"", 0)
    script = "echo err >&2; kill -KILL $$"
    assert await all_of(await open_local(into(small, "sh", "-c", script), None)) == (
        b"",
        b"err\n",
        137,
    )


async def test_without_nsenter_the_package_is_named(
    small: Subhost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "id").symlink_to(shutil.which("id") or "")
    lines = entering.PROGRAM.split(b"\n")
    program = b"\n".join(
        b"PATH=" + os.fsencode(tmp_path) if line.startswith(b"PATH=") else line for line in lines
    )
    monkeypatch.setattr(entering, "PROGRAM", program)
    _, told, status = await all_of(await open_local(into(small, "true"), None))
    assert (status, told.count(b"\n")) == (1, 1)
    assert b"nsenter is missing there (package util-linux)" in told


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (lambda real: First(real.pid, real.ticks + 1, real.space), "it ended since"),
        (lambda real: First(real.pid, real.ticks, 4711), "its pid is another one now"),
        (lambda real: First((1 << 22) - 1, real.ticks, real.space), "it ended since"),
        (lambda real: First(os.getpid(), real.ticks, real.space), "it ended since"),
    ],
)
async def test_another_process_of_that_pid_is_never_entered(
    small: Subhost, other: object, why: str
) -> None:
    assert callable(other)
    entry = Entering(Clean("mta"), ("echo", "in"), other(first(small)))
    said, told, status = await all_of(await open_local(entry, None))
    assert (said, status) == (b"", 1)
    assert told.decode().startswith(f"subdeck: mta: {why}")


async def test_a_name_that_runs_nothing(small: Subhost, tmp_path: Path) -> None:
    name = Clean(f"a;touch {tmp_path}/x;$(touch {tmp_path}/x)'\"`")
    entry = Entering(name, ("echo", "in"), first(small))
    assert await all_of(await open_local(entry, None)) == (b"in\n", b"", 0)
    gone = Entering(name, ("echo", "in"), First(4711, 4711, 4711))
    told = (await all_of(await open_local(gone, None)))[1].decode()
    assert told == f"subdeck: {name}: it ended since it was looked at\n"
    assert not (tmp_path / "x").exists()


@pytest.fixture
def odd() -> Iterator[int]:
    """The pid of a first process that calls itself something that looks like what follows."""
    rename = r"open('/proc/self/comm', 'w').write('a) S 1\nb (c'); print(flush=True); input()"
    new = ["unshare", "-fpmniu", "--kill-child", "--mount-proc", sys.executable, "-c", rename]
    with subprocess.Popen(new, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as unshare:
        assert unshare.stdout
        unshare.stdout.readline()
        table = ProcessTable(Path("/proc")).look()
        yield next(each.pid for each in table if each.parent == unshare.pid)
        unshare.kill()


async def test_the_first_process_may_call_itself_anything(odd: int) -> None:
    process = process_of(odd)
    assert process.ticks
    entry = Entering(None, ("echo", "in"), First(odd, process.ticks, process.pid_ns))
    assert await all_of(await open_local(entry, None)) == (b"in\n", b"", 0)


async def test_one_that_has_ended_is_not_entered(world: World) -> None:
    mortal = world.subhost("LOWER=/\n").start()
    entry = into(mortal, "echo", "in")
    mortal.abandon()
    said, told, status = await all_of(await open_local(entry, None))
    assert (said, status) == (b"", 1)
    assert b"it ended since it was looked at" in told

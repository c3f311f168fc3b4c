from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from backends.processes import ProcessTable
from console.model import Process
from console.trees import trees

PROC = Path("/proc")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces: run pytest as root")


def test_agrees_with_psutil_about_this_process() -> None:
    ours, theirs = pick(ProcessTable(PROC).look(), os.getpid()), psutil.Process()
    assert (ours.parent, ours.name) == (theirs.ppid(), theirs.name())
    assert list(ours.argv) == theirs.cmdline()
    assert ours.started == pytest.approx(theirs.create_time(), abs=0.02)
    assert ours.rss == pytest.approx(theirs.memory_info().rss, rel=0.1)
    used = theirs.cpu_times()
    assert ours.cpu_seconds == pytest.approx(used.user + used.system, abs=0.3)


def pick(processes: tuple[Process, ...], pid: int) -> Process:
    (found,) = (process for process in processes if process.pid == pid)
    return found


@contextmanager
def shell(script: str, *words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A shell that has said ``ready`` and waits for a line."""
    with subprocess.Popen(
        ["/bin/sh", "-c", script, *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environment},
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout
        assert process.stdout.readline() == b"ready\n"
        try:
            yield process
        finally:
            process.stdin.close()


def test_a_process_is_told_as_the_kernel_knows_it() -> None:
    me = pick(ProcessTable(PROC).look(), os.getpid())
    assert me.parent == os.getppid()
    assert me.argv == tuple(
        word.decode() for word in Path("/proc/self/cmdline").read_bytes()[:-1].split(b"\0")
    )
    assert me.mount_ns == Path("/proc/self/ns/mnt").stat().st_ino
    assert me.inner_pid == os.getpid()
    assert 0 <= time.time() - me.started < 24 * 3600
    assert me.rss > 1 << 20
    assert me.unshared is None


def test_an_exec_between_two_looks_is_noticed() -> None:
    table = ProcessTable(PROC)
    with shell("echo ready; read line; exec cat") as process:
        before = pick(table.look(), process.pid)
        assert process.stdin and process.stdout
        process.stdin.write(b"go\nthere\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"there\n"
        after = pick(table.look(), process.pid)
    assert (before.name, before.argv[0]) == ("sh", "/bin/sh")
    assert (after.name, after.argv) == ("cat", ("cat",))
    assert after.started == before.started


def test_who_has_ended_is_gone() -> None:
    table = ProcessTable(PROC)
    with shell("echo ready; read line") as process:
        assert process.pid in {each.pid for each in table.look()}
    assert process.pid not in {each.pid for each in table.look()}


def fake(proc: Path, pid: int, stat: str, **files: str) -> None:
    folder = proc / str(pid)
    folder.mkdir(exist_ok=True)
    (folder / "stat").write_text(stat)
    for name, text in {"cmdline": "sh\0", "status": f"NSpid:\t{pid}\n", **files}.items():
        (folder / name).write_text(text)


STAT = "{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {started} 0 5 0 0 0 {stack}\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "stat").write_text("cpu 1\nbtime 1700000000\n")
    (tmp_path / "uptime").write_text("5000.0 1.0\n")
    return tmp_path


def test_a_reused_pid_is_another_process(proc: Path) -> None:
    fake(proc, 7, STAT.format(pid=7, name="sh", ticks=1, started=100, stack=9))
    table = ProcessTable(proc)
    (before,) = table.look()
    line = STAT.format(pid=7, name="sh", ticks=1, started=100_000, stack=9)
    fake(proc, 7, line, cmdline="other\0")
    (after,) = table.look()
    assert (before.argv, after.argv) == (("sh",), ("other",))
    assert before.started < after.started


def test_a_quiet_process_is_the_same_object(proc: Path) -> None:
    fake(proc, 7, STAT.format(pid=7, name="sh", ticks=1, started=100, stack=9))
    table = ProcessTable(proc)
    (before,) = table.look()
    assert table.look()[0] is before
    fake(proc, 7, STAT.format(pid=7, name="sh", ticks=51, started=100, stack=9), cmdline="x\0")
    (after,) = table.look()
    assert after.cpu_seconds > before.cpu_seconds
    assert after.argv == before.argv, "nothing but the counters was read again"


def test_half_a_process_harms_no_other(proc: Path) -> None:
    fake(proc, 7, STAT.format(pid=7, name="sh", ticks=1, started=100, stack=9))
    fake(proc, 8, "8 (sh) S 1 1")
    fake(proc, 9, STAT.format(pid=9, name="sh", ticks=1, started=100, stack=9))
    (proc / "9" / "status").unlink()
    (proc / "10").mkdir()
    assert [process.pid for process in ProcessTable(proc).look()] == [7]


@root_only
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare of util-linux")
def test_a_subhost_is_found_by_its_tree(tmp_path: Path) -> None:
    """overlay-boot's shape: a shell with UNSHARED, its unshare, and the reaper as pid 1."""
    script = tmp_path / "overlay-boot"
    script.write_text("unshare -fpiu --kill-child /bin/sh -c 'echo ready; read line; read more'\n")
    conf = tmp_path / "mta.conf"
    conf.write_text("BASE=.\n")
    with shell('exec /bin/sh "$0" "$1"', str(script), str(conf), UNSHARED="yes") as holder:
        processes = ProcessTable(PROC).look()
        (tree,) = (tree for tree in trees(processes) if tree.holder == holder.pid)
        assert tree.conf == str(conf)
        assert tree.init is not None
        init = pick(processes, tree.init)
        assert init.inner_pid == 1
        assert init.pid_ns != pick(processes, holder.pid).pid_ns
        assert pick(processes, holder.pid).unshared is True

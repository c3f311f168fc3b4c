"""What a world has left on this machine, found by name: ``inventory(prefix) == NOTHING``.

Everything a world makes carries its prefix in its name or path, so what is there is read from the
kernel, never from a list of what was made: a killed test is cleaned up like any other.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

FOLDERS = Path(tempfile.gettempdir())
MARK = "sdk"
"""Begins every prefix; five base-36 digits of the owner's process id follow."""

_MNT_DETACH, _UMOUNT_NOFOLLOW = 2, 8
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The mounts, links, namespaces, loop devices, processes and folders of one prefix."""

    mounts: tuple[bytes, ...] = ()
    """Mount points of this mount namespace in mountinfo's order."""
    links: tuple[str, ...] = ()
    netns: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    processes: tuple[int, ...] = ()
    """Those that name the prefix, or whose root or network namespace was made under it."""
    cgroups: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()


NOTHING = Inventory()


def prefix_of(pid: int) -> str:
    """Return the prefix of everything that process ``pid`` builds; 8 characters."""
    digits = ""
    while len(digits) < 5:
        pid, digit = divmod(pid, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return MARK + digits


def inventory(prefix: str) -> Inventory:
    """Return all there is under ``prefix``."""
    return Inventory(
        mounts=_mounts(prefix),
        links=_named(Path("/sys/class/net"), prefix),
        netns=_named(Path("/run/netns"), prefix),
        loops=_loops(prefix),
        processes=_processes(prefix),
        cgroups=tuple(_cgroups(prefix)),
        folders=tuple(FOLDERS.glob(prefix)),
    )


def sweep(prefix: str, seconds: float = 10) -> None:
    """Remove all there is under ``prefix``; raise ``TimeoutError`` if that fails."""
    until(lambda: not _ended(prefix, seconds), seconds, f"the processes of {prefix} to end")
    for name in _named(Path("/run/netns"), prefix):
        subprocess.run(["ip", "netns", "del", name], check=True)
    for name in _named(Path("/sys/class/net"), prefix):
        # A deleted namespace takes its cables with it in its own time, perhaps before us.
        subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)
    for place in reversed(_mounts(prefix)):
        unmount(place)
    for device in _loops(prefix):
        subprocess.run(["losetup", "-d", device], check=True)
    for group in reversed(inventory(prefix).cgroups):
        until(partial(_removed, group), seconds, f"{group} to be empty")
    shutil.rmtree(FOLDERS / prefix, ignore_errors=True)
    until(lambda: inventory(prefix) == NOTHING, seconds, f"{prefix} to be gone")


def sweep_the_dead() -> None:
    """Remove what killed owners left behind."""
    for folder in FOLDERS.glob(f"{MARK}*"):
        # No process id needs a first digit above 2, and so no other program's folder is taken.
        owner = re.fullmatch(rf"{MARK}([012][0-9a-z]{{4}})", folder.name)
        if owner and not Path("/proc", str(int(owner[1], 36))).exists():
            sweep(folder.name)


def until(found: Callable[[], T], seconds: float, what: str) -> T:
    """Poll ``found`` until it gives something true, for want of an event to await."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)
    return result


def unmount(place: bytes) -> None:
    """Take the topmost mount off ``place``, now, whoever still uses it."""
    if _LIBC.umount2(place, _MNT_DETACH | _UMOUNT_NOFOLLOW):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), os.fsdecode(place))


def end(pid: int, seconds: float = 10) -> None:
    """Kill process ``pid`` and return when it has ended, if not yet reaped."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            if not select.select([handle], [], [], seconds)[0]:
                raise TimeoutError(f"process {pid} outlives SIGKILL")
        finally:
            os.close(handle)


def descent(pid: int, *, freeze: bool = False) -> list[int]:
    """Return a process and all that descends from it, those that began it first.

    ``freeze`` stops each, so that none begins another meanwhile.
    """
    found: list[int] = []
    fresh = [pid]
    while fresh:
        found += fresh
        for each in fresh if freeze else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGSTOP)
            until(partial(_stopped, each), 20, f"{each} to stop")
        fresh = [pid for pid, of in parents() if of in found and pid not in found]
    return found


def parents() -> Iterator[tuple[int, int]]:
    """Yield each process with its parent."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            stat = (folder / "stat").read_text(errors="replace")
            yield int(folder.name), int(stat.rpartition(")")[2].split()[1])


def _stopped(pid: int) -> bool:
    """Whether it will have no more children for now."""
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        return stat.rpartition(")")[2].split()[0] in "TtZX"
    return True


def _named(folder: Path, prefix: str) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.glob(f"{prefix}*")))


def _cgroups(prefix: str) -> list[Path]:
    while True:
        # Groups of others come and go meanwhile.
        with contextlib.suppress(FileNotFoundError):
            return sorted(Path("/sys/fs/cgroup").rglob(f"{prefix}*/"))


def _mounts(prefix: str) -> tuple[bytes, ...]:
    lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    places = (re.sub(rb"\\(\d{3})", _octal, line.split(b" ")[4]) for line in lines)
    return tuple(place for place in places if b"/" + prefix.encode() in place)


def _octal(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8)])


def _loops(prefix: str) -> tuple[str, ...]:
    found = []
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # others let go of theirs meanwhile
            if f"/{prefix}" in path.read_text():
                found.append(f"/dev/{path.parts[3]}")
    return tuple(found)


def cmdlines() -> Iterator[tuple[int, bytes]]:
    """Yield each process with its command line, whose words end with a NUL."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            yield int(path.parent.name), path.read_bytes()


def _processes(prefix: str) -> tuple[int, ...]:
    spared = (os.getpid(), os.getppid())
    spaces = {path.stat().st_ino for path in Path("/run/netns").glob(f"{prefix}*")}
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        with contextlib.suppress(OSError):  # it has ended
            if pid not in spared and _is_of(path, prefix.encode(), spaces):
                found.append(pid)
    return tuple(found)


def _is_of(process: Path, prefix: bytes, spaces: set[int]) -> bool:
    # That it sees one of our mounts says nothing: every mount namespace began as a copy.
    root = next(iter((process / "mountinfo").read_bytes().splitlines()), b"").split(b" ")
    return (
        prefix in (process / "cmdline").read_bytes()
        or (root[4:5] == [b"/"] and any(prefix in field for field in root))
        or (process / "ns/net").stat().st_ino in spaces
    )


def _ended(prefix: str, seconds: float) -> tuple[int, ...]:
    processes = _processes(prefix)
    for pid in processes:
        end(pid, seconds)
    return processes


def _removed(group: Path) -> bool:
    with contextlib.suppress(OSError):
        group.rmdir()
    return not group.exists()

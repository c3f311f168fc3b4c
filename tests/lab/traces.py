"""All that there is where something runs ``apart``: ``before == traces()`` shows what it left."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from tests.lab.apart import NAME

LOCKS = (Path("/run/subdeck/locks"), Path("/run/subdeck/alive"))


@dataclass(frozen=True, slots=True)
class Traces:
    """Mounts, links, names of namespaces, loop devices, processes, cgroups, locks held."""

    mounts: tuple[str, ...]
    """Of this mount namespace; another one cannot outlive its processes."""
    links: tuple[str, ...]
    """Of this network namespace, where each cable has its outer end."""
    netns: tuple[str, ...]
    loops: tuple[str, ...]
    processes: tuple[str, ...]
    """Pid and command line of each but zombies, SSH servers and this process itself."""
    groups: tuple[str, ...]
    locks: tuple[str, ...]

    def against(self, before: Traces) -> dict[str, list[str]]:
        """Return what is there that was not, marked ``+``, and what no more is, marked ``-``."""
        found: dict[str, list[str]] = {}
        for field in fields(self):
            was, now = (list(getattr(each, field.name)) for each in (before, self))
            marked = [f"+{each}" for each in now if each not in was]
            marked += [f"-{each}" for each in was if each not in now]
            if marked or len(now) != len(was):
                found[field.name] = marked or [f"{len(was)} have become {len(now)}"]
        return found


def traces() -> Traces:
    """Return what there is now."""
    return Traces(
        mounts=tuple(sorted(_mounts())),
        links=tuple(sorted(name for _, name in socket.if_nameindex())),
        netns=_names("/run/netns"),
        loops=tuple(sorted(_loops())),
        processes=tuple(sorted(_processes())),
        groups=tuple(sorted(_groups())),
        locks=tuple(sorted(_held())),
    )


def _names(folder: str) -> tuple[str, ...]:
    return tuple(sorted(os.listdir(folder))) if Path(folder).is_dir() else ()  # noqa: PTH208


def _mounts() -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
        yield line.split()[4]


def _loops() -> Iterator[str]:
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        file = path.read_text().strip()
        if NAME in file:
            yield f"{path.parts[3]} {file}"


def _groups() -> Iterator[str]:
    for parent, names, _ in os.walk("/sys/fs/cgroup"):
        yield from (f"{parent}/{name}" for name in names if NAME in name)


def _processes() -> Iterator[str]:
    spared = {1, os.getpid()}
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        try:
            if pid in spared or (path / "stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                continue
            words = (path / "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            continue  # it has ended
        if b"sshd" not in words:  # servers come and go
            yield f"{pid} {words.decode(errors='replace').strip()}"


def _held() -> Iterator[str]:
    for folder in LOCKS:
        for path in folder.glob("*"):
            with path.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield str(path)

"""The process table, read so that looking again costs almost nothing.

``ProcessTable("/proc").look()`` gives a ``Process`` for each pid. One small file tells each time
who lives and what changed; command line, namespaces and environment are read again only after an
exec, or while the process is so young that it may still be on its way. Reading them can hang on
a lock of that process, so ``look`` belongs in a lane, and after a miss goes to ``successor``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from backends.proc import content
from console.clean import Clean, clean
from console.errors import Unparsable
from console.model import Process
from console.parse.cmdline import arguments, environ
from console.parse.proc_stat import ProcStat, proc_stat
from console.trees import candidate

YOUNG = 5.0
"""Seconds for which a process is looked at whole each time: it may be between fork and exec."""
_NAMESPACES = ("mnt", "pid", "net")
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class _Details:
    """What only changes with an exec."""

    argv: tuple[Clean, ...] = ()
    mount_ns: int | None = None
    pid_ns: int | None = None
    net_ns: int | None = None
    inner_pid: int | None = None
    unshared: bool | None = None
    denied: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    line: bytes
    stat: ProcStat
    details: _Details
    process: Process

    def same_image(self, stat: ProcStat) -> bool:
        """Whether this is the same process and it has not called exec."""
        mine = self.stat
        return (mine.started, mine.name, mine.stack) == (stat.started, stat.name, stat.stack)


class ProcessTable:
    """The processes below one ``/proc``; remembers them from look to look."""

    def __init__(self, procfs: Path, shunned: frozenset[int] = frozenset()) -> None:
        self._procfs = str(procfs)
        self._shunned = shunned
        self._known: dict[int, _Known] = {}
        self._booted: float | None = None
        self._at: int | None = None
        self.denied = False
        """Whether namespaces of some process were not permitted to be seen."""

    def look(self) -> tuple[Process, ...]:
        """Return every process by pid; one that ends meanwhile is left out. Raises ``OSError``."""
        if self._booted is None:
            self._booted = _boot_time(content(f"{self._procfs}/stat"))
        young = float(content(f"{self._procfs}/uptime").split()[0]) - YOUNG
        known: dict[int, _Known] = {}
        with os.scandir(self._procfs) as entries:
            pids = sorted(int(entry.name) for entry in entries if entry.name.isdecimal())
        for pid in pids:
            try:
                known[pid] = self._one(pid, young)
            except (FileNotFoundError, ProcessLookupError, PermissionError, Unparsable):
                continue
        self._known = known
        self._at = None
        self.denied = any(each.details.denied for each in known.values())
        return tuple(each.process for each in known.values())

    def successor(self) -> ProcessTable:
        """Return a table for after a look that hung: it does not ask that process again."""
        stuck = () if self._at is None else (self._at,)
        return ProcessTable(Path(self._procfs), self._shunned.union(stuck))

    def _one(self, pid: int, young: float) -> _Known:
        line = content(f"{self._procfs}/{pid}/stat")
        known = self._known.get(pid)
        if known is not None and known.stat.started / _TICK < young:
            if known.line == line:
                return known
            stat = proc_stat(line)
            details = known.details if known.same_image(stat) else self._details(stat)
        else:
            stat = proc_stat(line)
            details = self._details(stat)
        return _Known(line, stat, details, self._process(stat, details))

    def _process(self, stat: ProcStat, details: _Details) -> Process:
        return Process(
            pid=stat.pid,
            parent=stat.parent,
            name=clean(stat.name),
            state=stat.state,
            argv=details.argv,
            started=(self._booted or 0.0) + stat.started / _TICK,
            cpu_seconds=stat.ticks / _TICK,
            rss=stat.pages * _PAGE,
            mount_ns=details.mount_ns,
            pid_ns=details.pid_ns,
            net_ns=details.net_ns,
            inner_pid=details.inner_pid,
            unshared=details.unshared,
            ticks=stat.started,
        )

    def _details(self, stat: ProcStat) -> _Details:
        self._at = stat.pid
        here = f"{self._procfs}/{stat.pid}"
        if stat.state in "ZX":
            return _Details()
        inner = _inner_pid(content(f"{here}/status"))
        argv: tuple[Clean, ...] = ()
        try:
            if stat.pid not in self._shunned:
                argv = arguments(content(f"{here}/cmdline"))
            mount_ns, pid_ns, net_ns = (_inode(f"{here}/ns/{name}") for name in _NAMESPACES)
            unshared = _unshared(here) if candidate(argv) else None
        except PermissionError:
            return _Details(argv, inner_pid=inner, denied=True)
        return _Details(argv, mount_ns, pid_ns, net_ns, inner, unshared)


def _boot_time(stat: bytes) -> float:
    """Return ``btime`` of ``/proc/stat``, seconds since 1970 (0 where it is missing)."""
    for line in stat.splitlines():
        if line.startswith(b"btime "):
            return float(line.split()[1])
    return 0.0


def _inode(path: str) -> int | None:
    """Return a namespace's inode; ``None``: the process has let go of it or there is no such kind.

    Raises ``PermissionError``.
    """
    try:
        return Path(path).stat().st_ino
    except PermissionError:
        raise
    except OSError:
        return None


def _inner_pid(status: bytes) -> int | None:
    for line in status.splitlines():
        if line.startswith(b"NSpid:"):
            return int(line.split()[-1])
    return None


def _unshared(here: str) -> bool:
    return environ(content(f"{here}/environ")).get("UNSHARED") == "yes"

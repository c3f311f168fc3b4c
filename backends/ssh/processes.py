"""Processes of another host that are not in its own namespaces, which is where subhosts live.

``await RemoteProcesses().look(shell, pids, again, uptime, seconds)`` reads those it has not yet
read, and those of ``again``: the unsettled, which may be on their way to an exec, and now and then
all.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from time import monotonic

from backends.ssh.shell import Shell
from console.clean import clean
from console.errors import Unparsable
from console.memo import equal, same
from console.model import Process
from console.parse.cmdline import arguments, environ
from console.parse.decimal import decimal
from console.parse.proc_stat import ProcStat, proc_stat
from console.trees import NOT_YET_INIT, candidate

YOUNG = 6.0
"""Seconds for which a process is read again each time: it may be between fork and exec."""
MOST = 2000
"""Processes that are read at most."""
_AT_ONCE = 250
"""Of them so many by one request: an answer has a largest size, and each takes 2 kB of it."""
_LEAST = 0.1
_TICKS = 100
"""Ticks a second: USER_HZ is that on every architecture still met."""
_ENTERING = frozenset(("env", "setpriv", "nsenter", "unshare"))
"""What becomes ``unshare``, which becomes the parent of a subhost's first process."""
_FILES = 3
"""``stat``, ``cmdline`` and ``status`` of each process."""
_NS = re.compile(rb"/proc/([0-9]{1,10})/ns/(mnt|pid|net) -> \w+:\[([0-9]{1,19})\]")
_RSS = re.compile(rb"^VmRSS:\s*([0-9]{1,19}) kB", re.MULTILINE)
_INNER = re.compile(rb"^NSpid:(?:\s+[0-9]+)*\s+([0-9]{1,10})\s*$", re.MULTILINE)
_BOOTED = re.compile(rb"btime ([0-9]{1,19})")

_Namespaces = Mapping[tuple[int, str], int]

_arguments = lru_cache(256)(arguments)
"""Hosts alike run the same, and subhosts of one host do."""


class RemoteProcesses:
    """What is known of the processes of one host, from look to look."""

    def __init__(self) -> None:
        self.found: tuple[Process, ...] = ()
        """All that were found, by pid."""
        self._read_at = array("d")
        """When each of them was read."""
        self._young: frozenset[int] = frozenset()
        self._booted = 0.0

    def unsettled(self) -> list[int]:
        """Return the pids of those that may have become something else since they were read.

        Each is read once more when it has settled, however late that is.
        """
        known = self.found
        started = {each.parent for each in known if each.inner_pid == 1 and not _starts(each)}
        whole = started | {each.parent for each in known if each.pid in started}
        return [
            each.pid
            for each in known
            if each.pid in self._young or (each.pid not in whole and _starts(each))
        ]

    async def look(
        self,
        shell: Shell,
        pids: Sequence[int],
        again: Iterable[int],
        uptime: float,
        seconds: float,
    ) -> None:
        """Know the processes of these pids that live, reading those of ``again`` once more.

        Raises ``Unreachable``.
        """
        pids = pids[:MOST]
        before = {each.pid: each for each in self.found}
        read_at = dict(zip(before, self._read_at, strict=True))
        wanted = sorted({*pids} - {*before} | {*pids} & {*again})
        read: dict[int, Process] = {}
        for first in range(0, len(wanted), _AT_ONCE):
            some = await self._read(shell, wanted[first : first + _AT_ONCE], seconds)
            if some is None:
                return
            read.update(some)
        now = monotonic()
        still = {*pids} - {*wanted}
        known = {pid: each for pid, each in before.items() if pid in still}
        for pid, each in read.items():
            known[pid] = _with_cpu(each, before.get(pid), now - read_at.get(pid, now))
        order = sorted(known)
        self.found = same(tuple([known[pid] for pid in order]), self.found)
        self._read_at = array("d", [read_at[pid] if pid in still else now for pid in order])
        since = self._booted + uptime
        young = {pid for pid, process in read.items() if since - process.started < YOUNG}
        self._young = frozenset(young | (still & self._young))

    async def _read(
        self, shell: Shell, pids: Sequence[int], seconds: float
    ) -> dict[int, Process] | None:
        """Return those of these pids that live; ``None``: the files could not be read."""
        request = b"people %s" % b" ".join(b"%d" % pid for pid in pids)
        said = (await shell.ask(request, seconds)).sections
        pieces = said[b"people"].data.split(shell.mark)[1:]
        booted = _BOOTED.search(said[b"booted"].data)
        self._booted = float(booted[1]) if booted else self._booted
        numbers: dict[int, int] = {}

        def one(number: int) -> int:
            """Return the same object for equal numbers: a pid is also many a parent."""
            return numbers.setdefault(number, number)

        namespaces = {
            (int(pid), kind.decode()): one(int(inode))
            for pid, kind, inode in _NS.findall(said[b"spaces"].data)
        }
        if len(pieces) != len(pids) * _FILES:
            return None
        found: dict[int, Process] = {}
        for at, pid in enumerate(pids):
            stat, cmdline, status = pieces[at * _FILES : (at + 1) * _FILES]
            try:
                found[pid] = self._process(proc_stat(stat), cmdline, status, namespaces, one)
            except Unparsable:  # it ended meanwhile
                continue
        await self._held(shell, found, seconds)
        return found

    async def _held(self, shell: Shell, found: dict[int, Process], seconds: float) -> None:
        """Find out which are overlay-boot's long-lived halves: their environment says so."""
        asked = [pid for pid, each in found.items() if candidate(each.argv)]
        if not asked:
            return
        files = b" ".join(b"/proc/%d/environ" % pid for pid in asked)
        said = (await shell.ask(b"files f %s" % files, seconds)).sections[b"f"].data
        pieces = said.split(shell.mark)[1:]
        for pid, text in zip(asked, pieces, strict=False):
            held = environ(text).get("UNSHARED") == "yes" if text else None
            found[pid] = replace(found[pid], unshared=held)

    def _process(
        self,
        stat: ProcStat,
        cmdline: bytes,
        status: bytes,
        namespaces: _Namespaces,
        one: Callable[[int], int],
    ) -> Process:
        inner = _INNER.search(status)
        rss = _RSS.search(status)
        return Process(
            pid=one(stat.pid),
            parent=one(stat.parent),
            name=clean(stat.name),
            state=stat.state,
            argv=_arguments(cmdline),
            started=self._booted + stat.started / _TICKS,
            cpu_seconds=_seconds(stat.ticks),
            rss=one(int(rss[1]) * 1024) if rss else 0,
            mount_ns=namespaces.get((stat.pid, "mnt")),
            pid_ns=namespaces.get((stat.pid, "pid")),
            net_ns=namespaces.get((stat.pid, "net")),
            inner_pid=one(int(inner[1])) if inner else None,
            ticks=one(stat.started),
        )


@lru_cache(1024)  # most have hardly done anything
def _seconds(ticks: int) -> float:
    return ticks / _TICKS


def _with_cpu(process: Process, before: Process | None, elapsed: float) -> Process:
    """Return a process with its share of a CPU since it was last read."""
    if before is None or before.started != process.started:
        return process
    used = max(process.cpu_seconds - before.cpu_seconds, 0.0)
    found = replace(process, cpu=used / max(elapsed, _LEAST) if used else 0.0)
    return equal(found, before)  # who keeps pictures keeps one of an idle one


def _starts(process: Process) -> bool:
    """Return whether this may be part of a start that goes on, yet to execute something."""
    if process.inner_pid == 1:
        return process.name in NOT_YET_INIT
    return process.name in _ENTERING or any("overlay-boot" in word for word in process.argv)


def pids(strangers: bytes) -> list[int]:
    """Return the pids of ``/proc/17 /proc/18``."""
    words = (word[6:] for word in strangers.split() if word[:6] == b"/proc/")
    return [pid for word in words if (pid := decimal(word)) is not None]

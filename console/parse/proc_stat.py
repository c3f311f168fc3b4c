"""One process from ``/proc/PID/stat``, the cheapest file that tells almost everything.

``proc_stat(b"7 (a b) c) S 1 ...")`` is the process 7 called ``a b) c``, whose parent is 1. Form:
proc_pid_stat(5).
"""

from __future__ import annotations

from typing import NamedTuple

from console.errors import Unparsable


class ProcStat(NamedTuple):
    """Fields of one line, in the kernel's units."""

    pid: int
    name: bytes
    """``comm``, raw."""
    state: str
    parent: int
    ticks: int
    """User and system time used."""
    started: int
    """Ticks after boot."""
    pages: int
    """Resident pages."""
    stack: int
    """Where the stack begins; another after each exec. 0: not permitted."""


def proc_stat(line: bytes) -> ProcStat:
    """Return the fields of a ``stat`` file. Raises ``Unparsable``."""
    head, _, tail = line.rpartition(b") ")
    pid, _, name = head.partition(b" (")
    fields = tail.split()
    try:
        return ProcStat(
            pid=int(pid),
            name=name,
            state=fields[0].decode("ascii"),
            parent=int(fields[1]),
            ticks=int(fields[11]) + int(fields[12]),
            started=int(fields[19]),
            pages=int(fields[21]),
            stack=int(fields[25]),
        )
    except (IndexError, ValueError) as error:
        text = line.decode("utf-8", "replace")
        raise Unparsable("/proc/PID/stat", text, "PID (NAME) STATE PARENT …") from error

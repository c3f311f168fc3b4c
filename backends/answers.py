"""The answers of one look, fast and slow, and the ``Facts`` they make together.

Every backend ends with ``facts(fast, slow)``, or ``Joined().facts`` where looks follow each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from backends.cabling import Cabling
from backends.confs import Configured
from backends.gaps import folded
from backends.views import Place
from console.clean import Clean
from console.facts import Evidence, Facts, View
from console.memo import Kept
from console.model import DmDevice, Gap, LoopDevice, Memory, Mount, Process
from console.trees import Tree


@dataclass(frozen=True, slots=True)
class Fast:
    """What is asked each time."""

    view: View = field(default_factory=View)
    inside: Mapping[int, View] = field(default_factory=dict)
    """By host pid of a subhost's pid 1."""
    dm: tuple[DmDevice, ...] = ()
    memory: Memory | None = None
    uptime: float | None = None
    processes: tuple[Process, ...] | None = None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Now:
    """What the fast questions just found, which the slow ones build on."""

    mounts: Sequence[Mount]
    trees: Sequence[Tree]
    networks: Mapping[int, int]
    """Network namespaces of running subhosts: inode to a pid inside."""


@dataclass(frozen=True, slots=True)
class Slow:
    """What seldom changes."""

    evidence: Evidence | None = None
    configured: Configured = field(default_factory=Configured)
    cabling: Cabling = field(default_factory=Cabling)
    loops: tuple[LoopDevice, ...] = ()
    gaps: tuple[Gap, ...] = ()


_NO_LOGS: Mapping[Clean, tuple[Clean, ...]] = {}


class Joined:
    """Joins the answers of one look after the other; what did not change stays the same object."""

    def __init__(self, remedied: Callable[[Gap], Gap] = lambda gap: gap) -> None:
        """``remedied`` gives each gap the remedy that is one there."""
        self._remedied = remedied
        self._inside: Mapping[int, View] = {}
        self._gaps: Kept[tuple[Gap, ...]] = Kept()

    def facts(self, fast: Fast, slow: Slow) -> Facts:
        """Return what one look saw, dated now."""
        gaps = (*fast.gaps, *slow.gaps)
        if fast.inside != self._inside:
            self._inside = fast.inside
        return Facts(
            time=time.time(),
            at=time.monotonic(),
            view=fast.view,
            inside=self._inside,
            evidence=slow.evidence,
            uptime=fast.uptime,
            memory=fast.memory,
            dm=fast.dm,
            loops=slow.loops,
            processes=fast.processes,
            confs=slow.configured.confs,
            autostart=slow.configured.autostart,
            logs=slow.configured.logs or _NO_LOGS,
            links=slow.cabling.links,
            netns=slow.cabling.netns,
            routing=slow.cabling.routing,
            gaps=self._gaps.of((gaps,), lambda: tuple(map(self._remedied, folded(gaps)))),
        )


def facts(fast: Fast, slow: Slow) -> Facts:
    """Return what one look saw, dated now."""
    return Joined().facts(fast, slow)


def networks(processes: Sequence[Process], inside: Sequence[Place]) -> Mapping[int, int]:
    """Return the network namespaces of running subhosts: inode to the pid of its pid 1."""
    inits = {place.pid for place in inside}
    return {
        each.net_ns: each.pid
        for each in processes
        if each.pid in inits and each.net_ns is not None
    }

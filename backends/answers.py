"""The answers of one look, fast and slow, and the ``Facts`` they make together.

Every backend ends with ``facts(fast, slow)``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from backends.cabling import Cabling
from backends.confs import Configured
from backends.gaps import folded
from backends.views import Place
from console.clean import Clean
from console.facts import Evidence, Facts, View
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
    inside: Sequence[Place]
    networks: Mapping[int, int]
    """Network namespaces of running subhosts: inode to a pid inside."""


@dataclass(frozen=True, slots=True)
class Slow:
    """What seldom changes."""

    evidence: Evidence | None = None
    configured: Configured = field(default_factory=Configured)
    cabling: Cabling = field(default_factory=Cabling)
    loops: tuple[LoopDevice, ...] = ()
    os_releases: Mapping[int, Mapping[str, Clean]] = field(default_factory=dict)
    """By host pid of a subhost's pid 1."""
    gaps: tuple[Gap, ...] = ()


def facts(fast: Fast, slow: Slow) -> Facts:
    """Return what one look saw, dated now."""
    return Facts(
        time=time.time(),
        at=time.monotonic(),
        view=fast.view,
        inside={
            pid: replace(view, os_release=slow.os_releases.get(pid, {}))
            for pid, view in fast.inside.items()
        },
        evidence=slow.evidence and replace(slow.evidence, uptime=fast.uptime),
        memory=fast.memory,
        dm=fast.dm,
        loops=slow.loops,
        processes=fast.processes,
        confs=slow.configured.confs,
        autostart=slow.configured.autostart,
        logs=slow.configured.logs or {},
        links=slow.cabling.links,
        netns=slow.cabling.netns,
        gaps=folded((*fast.gaps, *slow.gaps)),
    )


def networks(processes: Sequence[Process], inside: Sequence[Place]) -> Mapping[int, int]:
    """Return the network namespaces of running subhosts: inode to the pid of its pid 1."""
    inits = {place.pid for place in inside}
    return {
        each.net_ns: each.pid
        for each in processes
        if each.pid in inits and each.net_ns is not None
    }

"""One look after the other at subhosts that were found: how full they are, what they compute.

``measured(guests, measures(facts, ground, before, judge))`` are the subhosts with their levels and
the CPU shares of their processes; what did not change stays the very same object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from console.beneath import Ground
from console.clean import Clean
from console.facts import Facts, View
from console.memo import same
from console.model import Host, Level, Mount, Process, Subhost
from console.mounted import Found, Inside, mount_levels
from console.states import Judge


@dataclass(slots=True)
class Guest:
    """One subhost as it was measured last, and what is measured of it."""

    subhost: Subhost
    processes: tuple[Process, ...]
    """Its own, as they were read."""
    stores: tuple[Mount, ...]
    """Its root, then what else stores something and is its own, not the host's."""
    live: Clean | None
    """What names the level of its root, where its mount point does not."""
    found: Sequence[Found]
    """Its levels as they were last."""

    def hold(self, subhost: Subhost) -> None:
        """Have this stand for it, with levels of which more is told."""
        if subhost is not self.subhost:
            self.subhost = subhost
            for each, level in zip(self.found, subhost.levels, strict=True):
                each.level = level


class Measures(NamedTuple):
    """What is measured of every subhost in one look."""

    ground: Ground
    judge: Judge
    inside: Mapping[int, View]
    elapsed: float
    """Seconds since the host was looked at before; 0 when it was not."""
    used: Mapping[tuple[int, float], float]
    """CPU seconds then, by pid and start of a process."""


def measures(facts: Facts, ground: Ground, before: Host | None, judge: Judge) -> Measures:
    """Return what there is to measure; ``before`` is the host as it was at the look before."""
    return Measures(
        ground,
        judge,
        facts.inside,
        elapsed=facts.at - before.at if before else 0.0,
        used={
            (process.pid, process.started): process.cpu_seconds
            for guest in (before.subhosts if before else ())
            for process in guest.processes
        },
    )


def measured(guests: Sequence[Guest], of: Measures) -> tuple[Subhost, ...]:
    """Measure these subhosts, and return them."""
    for guest in guests:
        was = guest.subhost
        levels = same(_levels(guest, of), was.levels)
        processes = _with_cpu(guest.processes, of)
        if levels is not was.levels or processes != was.processes:
            guest.subhost = replace(was, levels=levels, processes=processes)
    return tuple([guest.subhost for guest in guests])


def _levels(guest: Guest, of: Measures) -> tuple[Level, ...]:
    view = of.inside.get(guest.subhost.pid or 0)
    if view is None:
        guest.found = ()
        return ()
    places = {} if guest.live is None else {guest.stores[0].id: guest.live}
    inside = Inside(view, places)
    found = mount_levels(guest.stores, view.statfs, of.ground, of.judge, guest.found, inside)
    guest.found = tuple(found)
    return tuple([each.level for each in found])


def _with_cpu(processes: tuple[Process, ...], of: Measures) -> tuple[Process, ...]:
    elapsed = of.elapsed
    if elapsed <= 0:
        return processes
    return tuple(
        replace(process, cpu=max(0.0, process.cpu_seconds - was) / elapsed)
        if process.cpu is None  # else it was read at other times than the host was looked at
        and (was := of.used.get((process.pid, process.started))) is not None
        else process
        for process in processes
    )

"""If everything fills: what memory would have to hold, were every store in it full.

Of 8 GiB with two tmpfs of 4 GiB and a sparse COW file of 32 GiB, all empty, 40 GiB are promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from console.beneath import RAM
from console.clean import Clean
from console.model import Host, Kind, Level, Memory
from console.plan import named


@dataclass(frozen=True, slots=True)
class Promise:
    """One store in memory, and what it may still take of it."""

    target: Clean
    """``tmpfs:/run``, ``mta/tmpfs:/run``."""
    cap: int | None
    """Bytes it may hold; ``None``: it has no limit."""
    used: int

    @property
    def open(self) -> int | None:
        """Bytes it may still take; ``None``: no limit."""
        return None if self.cap is None else max(self.cap - self.used, 0)


@dataclass(frozen=True, slots=True)
class IfFull:
    """What memory holds, and what it would have to hold in the worst case. Sizes in bytes."""

    total: int
    used: int
    """All that is not available now."""
    promises: tuple[Promise, ...]

    @property
    def caps(self) -> int:
        """Sum of the limits of all stores in memory that have one."""
        return sum(each.cap for each in self.promises if each.cap is not None)

    @property
    def worst(self) -> int:
        """What is used, and what the stores that have a limit may still take."""
        return self.used + sum(each.open for each in self.promises if each.open is not None)

    @property
    def over(self) -> bool:
        """Whether more is promised than there is."""
        return self.worst > self.total or any(each.cap is None for each in self.promises)

    @property
    def alone(self) -> tuple[Clean, ...]:
        """Stores that have the OOM killer end processes before they are full, the worst first."""
        left = self.total - self.used
        found = [each for each in self.promises if each.open is None or each.open > left]
        return tuple(each.target for each in sorted(found, key=_openness, reverse=True))


def if_full(host: Host) -> IfFull | None:
    """Return the worst case of a host; ``None``: its memory is not known."""
    if host.memory is None:
        return None
    return promised(host.memory, host)


def promised(memory: Memory, host: Host) -> IfFull:
    """Return the worst case of a host whose memory was looked at afresh."""
    return IfFull(memory.total, memory.total - memory.available, tuple(_promises(host)))


def _promises(host: Host) -> Iterator[Promise]:
    for owner, level in _in_memory(host.owned_levels):
        # Of a store that failed nothing is known; a tmpfs without a total is a ramfs.
        if level.total is not None or level.kind is Kind.TMPFS:
            yield Promise(named(Clean(owner), level.id), level.total, level.used or 0)


def _in_memory(levels: Iterable[tuple[str, Level]]) -> Iterator[tuple[str, Level]]:
    """Yield what lies right on memory: what lies on another level is counted with that."""
    return (each for each in levels if each[1].on == RAM and not each[1].always_full)


def _openness(promise: Promise) -> float:
    return float("inf") if promise.open is None else promise.open

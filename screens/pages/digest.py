"""What pages of the whole fleet need of one picture of a host, worked out once for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from console.model import Host, Level, Running, State
from screens.pages.urgency import Ranked

_STATES = tuple(State)
_RUNNING = tuple(Running)


@dataclass(frozen=True, slots=True)
class Digest:
    """One picture of a host in numbers."""

    ranked: tuple[Ranked, ...]
    """Its levels and those of its subhosts, the most urgent first."""
    levels: tuple[int, ...]
    """How many are in each ``State``, in the order of that."""
    subhosts: tuple[int, ...]
    """How many are in each ``Running``, in the order of that."""
    gaps: int
    """Questions it did not answer."""

    def count(self, state: Running) -> int:
        """Return how many subhosts are in a state."""
        return self.subhosts[_RUNNING.index(state)]

    @property
    def worst(self) -> Ranked | None:
        """The level that needs attention first."""
        return self.ranked[0] if self.ranked else None


NOTHING = Digest((), (0,) * len(_STATES), (0,) * len(_RUNNING), 0)
"""Of a host that was never seen."""


def digest(host: Host, rank: Callable[[Host, str, Level], Ranked]) -> Digest:
    """Return a host in numbers; ``rank`` tells how urgent a level of it is."""
    ranked = [rank(host, "", level) for level in host.levels]
    for subhost in host.subhosts:
        ranked += [rank(host, subhost.name, level) for level in subhost.levels]
    ranked.sort(key=itemgetter(0), reverse=True)
    states = [each.level.state for each in ranked]
    running = [subhost.state for subhost in host.subhosts]
    return Digest(
        ranked=tuple(ranked),
        levels=tuple(map(states.count, _STATES)),
        subhosts=tuple(map(running.count, _RUNNING)),
        gaps=len(host.gaps),
    )

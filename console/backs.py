"""Who stops when a level is full: what stands on it, as far down as that goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from console.beneath import RAM
from console.clean import Clean
from console.memo import Kept
from console.model import Level
from console.renewed import renewing

Footings = Sequence[tuple[Clean, Sequence[Clean]]]
"""By name what each stands on, as far as it goes down."""

_Names = Mapping[Clean, tuple[Clean, ...]]


class Standing(NamedTuple):
    """Who stands on what, by ids of levels."""

    levels: Sequence[Clean]
    """All there are."""
    stores: Footings
    """Under those of mounts."""
    mapped: Footings
    """Under those of mapped devices."""
    guests: Footings
    """Under the roots of subhosts, by name."""


class Backs:
    """Gives levels the names of those who stop when they are full, from look to look."""

    __slots__ = ("_kept", "_names")

    def __init__(self) -> None:
        self._kept: Kept[_Names] = Kept()
        self._names: _Names = {}

    def learn(self, standing: Standing) -> bool:
        """Take note of who stands on what; return whether other names follow than before."""
        before, self._names = self._names, self._kept.of(standing, lambda: _names(standing))
        return self._names != before

    def named(self, level: Level) -> Level:
        """Return a level with these names."""
        names = self._names.get(level.id, ())
        return level if level.backs == names else _with_backs(level, names)


def _names(standing: Standing) -> _Names:
    known = set(standing.levels)
    backs: dict[Clean, dict[Clean, None]] = {}
    for level, stores in (*standing.stores, *standing.mapped):
        for store in stores:
            if level in known and level != store:
                backs.setdefault(store, {})[level] = None
    for guest, stores in standing.guests:
        for store in stores:
            if store != RAM:
                backs.setdefault(store, {})[guest] = None
    return {store: tuple(names) for store, names in backs.items()}


_with_backs = renewing(Level, "backs")

"""Who stops when a level is full: what stands on it, as far down as that goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

    def __init__(self) -> None:
        self._kept: Kept[_Names] = Kept()
        self._names: _Names = {}
        self._told: dict[Clean, tuple[Level, tuple[Clean, ...], Level]] = {}
        """By id a level without names, those, and it with them."""

    def all(self, levels: Iterable[Level], standing: Standing) -> list[Level]:
        """Return all levels of a host."""
        self._names = self._kept.of(standing, lambda: _names(standing))
        before, self._told = self._told, {}
        return [self._with(level, before) for level in levels]

    def one(self, level: Level) -> Level:
        """Return one of them that is another by now, while who stands on what is the same."""
        return self._with(level, self._told)

    def _with(
        self, level: Level, before: Mapping[Clean, tuple[Level, tuple[Clean, ...], Level]]
    ) -> Level:
        names = self._names.get(level.id)
        if not names:
            return level
        known = before.get(level.id)
        if known is None or known[0] is not level or known[1] != names:
            known = level, names, _with_backs(level, names)
        self._told[level.id] = known
        return known[2]


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

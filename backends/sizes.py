"""How large stores are, which is written down only where somebody would notice a change."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final

from console.samples import Look, Room, known
from console.strip import Size

_NOTICED: Final = 0.02
"""Share by which a size must change to be written anew."""


@dataclass(frozen=True, slots=True)
class Total:
    """How large a store is from a time on."""

    host: str
    level: str
    since: int
    """Milliseconds since 1970."""
    size: Size


def resized(host: str, look: Look, before: Room | None) -> tuple[Room, list[Total]]:
    """Return the sizes of a host that are written down from a look on, and what is new of them.

    ``before`` are those from the look before; where nobody would notice, they stand.
    """
    now = look.room
    if before is not None and before.levels == now.levels and _alike(before.sizes, now.sizes):
        return before, []
    was = {} if before is None else before.each
    after = {
        level: old if (old := was.get(level)) is not None and _alike(old, new) else new
        for level, new in now.each.items()
    }
    since = int(look.moment.time * 1000)
    news = [
        Total(host, level, since, Size(*known(sizes)))
        for level, sizes in after.items()
        if was.get(level) != sizes
    ]
    return Room(now.levels, array("q", chain.from_iterable(after.values()))), news


def write(db: sqlite3.Connection, changed: Iterable[Total]) -> None:
    """Remember sizes that changed."""
    db.executemany(
        "INSERT OR REPLACE INTO totals (host, level, since, total, inodes, metadata)"
        " VALUES (?,?,?,?,?,?)",
        [(each.host, each.level, each.since, *each.size) for each in changed],
    )


def _alike(before: Iterable[int], now: Iterable[int]) -> bool:
    """Whether sizes of as many stores are as large, but for what nobody would notice."""
    return all(map(_near, before, now))


def _near(before: int, now: int) -> bool:
    if before < 0 or now < 0:
        return before == now
    return abs(before - now) <= _NOTICED * max(before, now)

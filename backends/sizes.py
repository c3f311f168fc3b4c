"""How large stores are, which is written down only where somebody would notice a change."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from console.memo import equal
from console.samples import Look, Room, alike, known
from console.strip import Size


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
    if before is not None and before.levels == now.levels and alike(before.sizes, now.sizes):
        return before, []
    was = {} if before is None else before.each
    after = {
        level: old if (old := was.get(level)) is not None and alike(old, new) else new
        for level, new in now.each.items()
    }
    since = int(look.moment.time * 1000)
    news = [
        Total(host, level, since, Size(*known(sizes)))
        for level, sizes in after.items()
        if was.get(level) != sizes
    ]
    sizes = array("q", chain.from_iterable(after.values()))
    return Room(now.levels, equal(sizes, now.sizes)), news


def write(db: sqlite3.Connection, changed: Iterable[Total]) -> None:
    """Remember sizes that changed."""
    db.executemany(
        "INSERT OR REPLACE INTO totals (host, level, since, total, inodes, metadata)"
        " VALUES (?,?,?,?,?,?)",
        [(each.host, each.level, each.since, *each.size) for each in changed],
    )

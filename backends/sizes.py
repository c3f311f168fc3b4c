"""How large stores are, which is written down only where somebody would notice a change."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from console.samples import Look, Room
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


def written(before: Room | None, now: Room) -> Room:
    """Return the sizes that are written when these are found: where it matters, the new ones."""
    if before is not None and before.levels == now.levels and _alike(before.sizes, now.sizes):
        return before
    was = {} if before is None else before.each
    sizes = (
        old if (old := was.get(level)) is not None and _alike(old, new) else new
        for level, new in now.each.items()
    )
    return Room(now.levels, array("q", chain.from_iterable(sizes)))


def totals(host: str, look: Look, before: Room | None, after: Room) -> Iterator[Total]:
    """Yield what is to be written of a host for its sizes to be known as these."""
    was = {} if before is None else before.each
    since = int(look.moment.time * 1000)
    for level, sizes in () if before is after else after.each.items():
        if was.get(level) != sizes:
            yield Total(host, level, since, Size(*[None if n < 0 else n for n in sizes]))


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

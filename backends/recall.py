"""Looking back in the history database: every host's samples of a time, and how large stores were.

Sizes change seldom, so that they stand in a table of their own, a row whenever one changed.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from backends.backlog import Looks
from console.errors import Unparsable
from console.frames import Frame, Origin, unpacked
from console.series import Sample

_SPANS: Final = ((0, 600_000), (30_000, 900_000), (300_000, 21_600_000))
"""Steps of chunks, and the milliseconds that one may reach back."""
_ORIGIN: Final = "SELECT host, clock, boot, levels FROM origins WHERE id = ?"
_FUTURE: Final = 86_400_000
_NOTICED: Final = 0.02
"""Share by which a size must change to be written anew."""

Found = dict[str, dict[str, tuple[Sample, ...]]]
"""Samples by host and level key, the oldest first."""


@dataclass(frozen=True, slots=True)
class Total:
    """How large a store is from a time on; ``None`` is not known or no such limit."""

    host: str
    level: str
    since: int
    """Milliseconds since 1970."""
    total: int | None
    inodes: int | None

    def same(self, other: Total) -> bool:
        """Whether it is as large, but for what nobody would notice."""
        return _alike(self.total, other.total) and _alike(self.inodes, other.inodes)


def between(db: sqlite3.Connection, begin: float, fine: float, end: float) -> Found:
    """Return the samples of every host from ``begin`` to ``end``; before ``fine``, one in 10 s.

    All are dated by wall time, the only one that is common to what several consoles recorded.
    """
    first, exact, last = (int(time * 1000) for time in (begin, fine, end))
    by_origin: dict[int, list[Frame]] = {}
    known: dict[int, Origin] = {}
    for number, data in _chunks(db, first, exact, last):
        if number not in known:
            row = db.execute(_ORIGIN, (number,)).fetchone() or ("", "", "", "")
            known[number] = read_origin(*map(str, row))
        by_origin.setdefault(number, []).extend(
            frame for frame in read_frames(data, known[number]) if first <= frame.time <= last
        )
    sizes = _Sizes(db)
    found: dict[str, dict[str, list[Sample]]] = {}
    for number, frames in by_origin.items():
        origin = known[number]
        _spread(origin, sorted(frames, key=_TIME), sizes, found.setdefault(origin.host, {}))
    return {
        host: {level: tuple(sorted(each, key=_TIME)) for level, each in levels.items()}
        for host, levels in found.items()
    }


def _chunks(
    db: sqlite3.Connection, first: int, exact: int, last: int
) -> Iterator[tuple[int, object]]:
    """Yield the chunks of a time, of what was sampled before ``exact`` one in ten seconds."""
    yield from (
        (number, data)
        for number, data, _ in db.execute(
            "SELECT origin, data, max(until) FROM chunks WHERE step = 0 AND until BETWEEN ? AND ?"
            " GROUP BY origin, until / 10000",
            (first, exact - 1),
        )
    )
    for step, span in _SPANS:
        begin = first if step else exact
        yield from db.execute(
            "SELECT origin, data FROM chunks WHERE step = ? AND until BETWEEN ? AND ?",
            (step, begin, last + span),
        )


def _spread(
    origin: Origin, frames: Sequence[Frame], sizes: _Sizes, into: dict[str, list[Sample]]
) -> None:
    """Add what frames of one origin tell of each level."""
    times = [frame.time / 1000 for frame in frames]
    columns = [*zip(*(frame.values for frame in frames), strict=True)]
    for at, level in enumerate(origin.levels):
        used, inodes, chunks = columns[3 * at : 3 * at + 3]
        found = into.setdefault(level, [])
        size = sizes.of(origin.host, level)
        for time, a, b, c in zip(times, used, inodes, chunks, strict=True):
            total, most = size.at(time)
            found.append(
                Sample(
                    *(time, time, a, None if b < 0 else b, None if c < 0 else c),
                    *(origin.boot, "", None, total, most),
                )
            )


_TIME = attrgetter("time")


def newest(db: sqlite3.Connection, now: float) -> float | None:
    """Return the time of the newest sample of all, in seconds since 1970."""
    found = [
        db.execute(
            "SELECT max(until) FROM chunks WHERE step = ? AND until <= ?",
            (step, int(now * 1000) + _FUTURE),
        ).fetchone()[0]
        for step, _ in _SPANS
    ]
    times = [time for time in found if isinstance(time, int)]
    return max(times) / 1000 if times else None


def totals(looks: Looks) -> Iterator[Total]:
    """Yield how large the stores of every host are, as it was seen last."""
    for host, samples in dict(looks).items():
        for level, each in samples.items():
            yield Total(host, level, int(each.time * 1000), each.total, each.inodes_total)


def write(db: sqlite3.Connection, changed: Iterable[Total]) -> None:
    """Remember sizes that changed."""
    db.executemany(
        "INSERT OR REPLACE INTO totals (host, level, since, total, inodes) VALUES (?,?,?,?,?)",
        [(each.host, each.level, each.since, each.total, each.inodes) for each in changed],
    )


def sized(
    db: sqlite3.Connection, host: str, found: Mapping[str, tuple[Sample, ...]]
) -> dict[str, tuple[Sample, ...]]:
    """Return samples of a host with the size of the store."""
    sizes = _Sizes(db, host)
    return {level: tuple(_given(sizes.of(host, level), each)) for level, each in found.items()}


def _given(size: _Size, samples: Iterable[Sample]) -> Iterator[Sample]:
    for each in samples:
        total, inodes = size.at(each.time)
        yield each if total is inodes is None else replace(each, total=total, inodes_total=inodes)


def read_origin(host: str, clock: object, boot: object, levels: object) -> Origin:
    """Whatever a damaged row holds; frames that do not fit it are passed over."""
    try:
        found = json.loads(str(levels))
    except ValueError:
        found = ()
    names = found if isinstance(found, list) else ()
    return Origin(host, str(clock), str(boot), tuple(map(str, names)))


def read_frames(data: object, origin: Origin) -> list[Frame]:
    """Return the frames of a chunk; none where it is damaged."""
    if not isinstance(data, bytes):
        return []
    try:
        return unpacked(data, len(origin.levels))
    except Unparsable:
        return []


class _Size:
    """How large one store was."""

    def __init__(self, known: Sequence[Total]) -> None:
        self._since = [each.since / 1000 for each in known]
        self._sizes = [(each.total, each.inodes) for each in known] or [(None, None)]

    def at(self, time: float) -> tuple[int | None, int | None]:
        """Return bytes and inodes; before the first known, those."""
        if len(self._sizes) == 1:
            return self._sizes[0]
        return self._sizes[max(bisect_right(self._since, time) - 1, 0)]


class _Sizes:
    """How large stores were."""

    def __init__(self, db: sqlite3.Connection, host: str | None = None) -> None:
        self._known: dict[tuple[str, str], list[Total]] = {}
        there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'totals'").fetchone()
        for row in _rows(db, host) if there else ():
            self._known.setdefault((row.host, row.level), []).append(row)

    def of(self, host: str, level: str) -> _Size:
        """Return how large one of them was."""
        return _Size(self._known.get((host, level), ()))


def _rows(db: sqlite3.Connection, host: str | None) -> Iterator[Total]:
    if host is None:
        rows = db.execute("SELECT * FROM totals ORDER BY since")
    else:
        rows = db.execute("SELECT * FROM totals WHERE host = ? ORDER BY since", (host,))
    for name, level, since, total, inodes in rows:
        if isinstance(since, int):
            yield Total(str(name), str(level), since, _size(total), _size(inodes))


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _alike(before: int | None, now: int | None) -> bool:
    if before is None or now is None:
        return before is now
    return abs(before - now) <= _NOTICED * max(before, now)

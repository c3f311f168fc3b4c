"""Looking back in the history database: every host's samples of a time, and how large stores were.

Sizes change seldom, so that they stand in a table of their own, a row whenever one changed.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Final

from backends.sizes import Total
from console.chronicle import KEPT, Measure
from console.errors import Unparsable
from console.frames import Frame, Origin, opening, unpacked
from console.series import Sample
from console.strip import Size, Strip

_SPANS: Final = ((0, 600_000), (30_000, 900_000), (300_000, 21_600_000))
"""Steps of chunks, and the milliseconds that one may reach back."""
_ORIGIN: Final = "SELECT host, clock, boot, levels FROM origins WHERE id = ?"
_FUTURE: Final = 86_400_000

_MEASURES: Final[tuple[Measure, ...]] = "used", "inodes", "chunks", "metadata"

Found = dict[str, dict[str, Sequence[Sample]]]
"""Samples by host and level key, the oldest first."""


def between(db: sqlite3.Connection, begin: float, fine: float, end: float) -> Found:
    """Return the samples of every host from ``begin`` to ``end``, fewer before ``fine``.

    There one in ten seconds is enough, and one a minute more than ``KEPT`` earlier.
    All are dated by wall time, the only one that is common to what several consoles recorded.
    """
    first, exact, last = (int(time * 1000) for time in (begin, fine, end))
    by_origin: dict[int, list[Frame]] = {}
    known: dict[int, Origin] = {}
    for number, data, read in _chunks(db, first, exact, last):
        if number not in known:
            row = db.execute(_ORIGIN, (number,)).fetchone() or ("", "", "", "")
            known[number] = read_origin(*map(str, row))
        by_origin.setdefault(number, []).extend(
            frame for frame in read(data, known[number]) if first <= frame.time <= last
        )
    sizes = _Sizes(db)
    found: dict[str, dict[str, list[Strip]]] = {}
    for number, frames in by_origin.items():
        if frames:
            origin = known[number]
            _spread(origin, _apart(frames), sizes, found.setdefault(origin.host, {}))
    return {
        host: {level: _joined(strips) for level, strips in levels.items()}
        for host, levels in found.items()
    }


_Read = Callable[[object, Origin], list[Frame]]


def _chunks(
    db: sqlite3.Connection, first: int, exact: int, last: int
) -> Iterator[tuple[int, object, _Read]]:
    """Yield the chunks of a time, not all before ``exact``, and how to read them."""
    coarse = max(exact - int(KEPT * 1000), first)
    for begin, end, every in ((first, coarse, 60_000), (coarse, exact, 10_000)):
        for number, data in db.execute(
            "SELECT origin, data FROM chunks WHERE id IN (SELECT max(id) FROM chunks"
            " WHERE step = 0 AND until BETWEEN ? AND ? GROUP BY origin, until / ?)",
            (begin, end - 1, every),
        ):
            yield number, data, _read_first
    for step, span in _SPANS:
        begin = first if step else exact
        for number, data in db.execute(
            "SELECT origin, data FROM chunks WHERE step = ? AND until BETWEEN ? AND ?",
            (step, begin, last + span),
        ):
            yield number, data, read_frames


def _apart(frames: Iterable[Frame]) -> list[Frame]:
    """Return frames by time, one of those that several consoles took at once."""
    found: list[Frame] = []
    for frame in sorted(frames, key=_TIME):
        if not found or frame.time > found[-1].time:
            found.append(frame)
    return found


def _spread(
    origin: Origin, frames: Sequence[Frame], sizes: _Sizes, into: dict[str, list[Strip]]
) -> None:
    """Add what frames of one origin tell of each level."""
    times = [frame.time / 1000 for frame in frames]
    columns = [*zip(*(frame.values for frame in frames), strict=True)]
    for at, level in enumerate(origin.levels):
        measures = dict(zip(_MEASURES, columns[4 * at : 4 * at + 4], strict=True))
        size = sizes.of(origin.host, level)
        into.setdefault(level, []).append(Strip(times, measures, origin.boot, size.at))


def _joined(strips: Sequence[Strip]) -> Sequence[Sample]:
    """Return one sequence of what several consoles, or boots, tell of a level."""
    if len(strips) == 1:
        return strips[0]
    return tuple(sorted(chain.from_iterable(strips), key=_TIME))


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


def sized(
    db: sqlite3.Connection, host: str, found: Mapping[str, tuple[Sample, ...]]
) -> dict[str, tuple[Sample, ...]]:
    """Return samples of a host with the size of the store."""
    sizes = _Sizes(db, host)
    return {level: tuple(_given(sizes.of(host, level), each)) for level, each in found.items()}


def _given(sizes: _Stages, samples: Iterable[Sample]) -> Iterator[Sample]:
    for each in samples:
        total, inodes, metadata = sizes.at(each.time)
        yield each._replace(total=total, inodes_total=inodes, metadata_total=metadata)


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


def _read_first(data: object, origin: Origin) -> list[Frame]:
    """Return the first frame of a chunk; none where it is damaged."""
    if not isinstance(data, bytes):
        return []
    try:
        return [opening(data, len(origin.levels))]
    except Unparsable:
        return []


class _Stages:
    """How large one store was."""

    def __init__(self, known: Sequence[Total]) -> None:
        self._since = [each.since / 1000 for each in known]
        self._sizes = [each.size for each in known] or [Size()]

    def at(self, time: float) -> Size:
        """Return its size; before the first known, that."""
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

    def of(self, host: str, level: str) -> _Stages:
        """Return how large one of them was."""
        return _Stages(self._known.get((host, level), ()))


def _rows(db: sqlite3.Connection, host: str | None) -> Iterator[Total]:
    if host is None:
        rows = db.execute("SELECT * FROM totals ORDER BY since")
    else:
        rows = db.execute("SELECT * FROM totals WHERE host = ? ORDER BY since", (host,))
    for name, level, since, *sizes in rows:  # of metadata a file may know nothing yet
        if isinstance(since, int):
            yield Total(str(name), str(level), since, Size(*map(_size, sizes)))


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None

"""The file that remembers levels: ``archive.append(frames)`` is on disk when it returns.

SQLite in WAL mode, so that several consoles share it and a kill loses nothing committed. A chunk
holds the frames of one origin: as sampled for an hour, one per 30 s for a day, then one per five
minutes until it is too old or the file too big.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from backends import recall
from backends.database import connected, identity, pragma, readable, transaction, translated
from backends.recall import Found, read_frames, read_origin
from backends.sizes import resized, write
from console.errors import ConsoleError
from console.frames import Frame, Origin, folded, framed, packed, samples
from console.samples import Look, Room
from console.series import Sample

_DAY: Final = 86_400_000
_VACUUM: Final = 1024
"""Free pages worth giving back to the filesystem."""

_RECENT: Final = """
    SELECT clock, boot, levels, data FROM chunks JOIN origins ON origins.id = origin
    WHERE step IN (0, 30000, 300000) AND until BETWEEN ? AND ?
    AND origin IN (SELECT id FROM origins WHERE host = ?) ORDER BY until
"""


@dataclass(frozen=True, slots=True)
class Tier:
    """How long frames stay as they are before they are thinned to the next tier (ms)."""

    step: int
    keep: int
    span: int
    """Wall time that is thinned together into one chunk per origin."""


FINE: Final = Tier(step=0, keep=3_600_000, span=900_000)
MIDDLE: Final = Tier(step=30_000, keep=_DAY, span=21_600_000)
COARSE: Final = 300_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is remembered."""

    days: float = 30.0
    size: int = 256 * 2**20
    """Bytes of the file."""


class Archive:
    """One connection, for one thread. Everything raises ``ConsoleError`` and can be repeated."""

    def __init__(self, path: Path, bounds: Bounds, clock: str) -> None:
        self._path = path
        self._bounds = bounds
        self._clock = clock
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._written: dict[str, Room] = {}
        """The sizes of each host's stores as they were written last."""

    def append(self, looks: Sequence[tuple[str, Look]]) -> None:
        """Store looks as sampled, and sizes that changed; with none, see that they could be."""
        with self._opened() as db:
            after: dict[str, Room] = {}
            if looks:
                with transaction(db):
                    for origin, found in framed(looks, self._clock):
                        insert(db, origin, FINE.step, *_chunk(found))
                    for host, look in dict(looks).items():
                        after[host], changed = resized(host, look, self._written.get(host))
                        write(db, changed)
            self._written |= after

    def recent(self, host: str, seconds: float, now: float) -> dict[str, tuple[Sample, ...]]:
        """Return the samples of ``host`` by level, oldest first."""
        with self._opened() as db:
            return _recent(db, host, (now - seconds, now + seconds), self._clock)

    def between(self, begin: float, fine: float, end: float) -> Found:
        """Return the samples of every host; see ``recall.between``."""
        with self._opened() as db:
            return recall.between(db, begin, fine, end)

    def newest(self, now: float) -> float | None:
        """Return the time of the newest sample."""
        with self._opened() as db:
            return recall.newest(db, now)

    def tidy(self, now: float) -> bool:
        """Thin or forget a little of what is old; whether there was anything to do."""
        at = int(now * 1000)
        with self._opened() as db:
            return (
                _fold(db, FINE, MIDDLE.step, at)
                or _fold(db, MIDDLE, COARSE, at)
                or _expire(db, int(at - self._bounds.days * _DAY))
                or _shrink(db, self._bounds.size, at)
            )

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
        self._db = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with translated(self._path):
                if self._db is not None and self._file != identity(self._path):
                    self.close()
                if self._db is None:
                    self._written.clear()
                    self._db = connected(self._path)
                    self._file = identity(self._path)
                yield self._db
        except ConsoleError:
            self.close()
            raise


def load_recent(
    path: Path, host: str, seconds: float, now: float, clock: str
) -> dict[str, tuple[Sample, ...]]:
    """Return what the file remembers of ``host`` without writing to it; nothing when absent."""
    with translated(path):
        if not path.exists():
            return {}
        with readable(path) as db:
            return _recent(db, host, (now - seconds, now + seconds), clock) if db else {}


def load_between(path: Path, begin: float, fine: float, end: float) -> Found:
    """Return what the file remembers of every host without writing to it."""
    with translated(path):
        if not path.exists():
            return {}
        with readable(path) as db:
            return recall.between(db, begin, fine, end) if db else {}


def load_hosts(path: Path) -> tuple[str, ...]:
    """Return the hosts that the file remembers."""
    with translated(path):
        if not path.exists():
            return ()
        with readable(path) as db:
            rows = db.execute("SELECT DISTINCT host FROM origins") if db else ()
            return tuple(str(host) for (host,) in rows)


def load_newest(path: Path, now: float) -> float | None:
    """Return the time of the newest sample; ``None`` where there is none."""
    with translated(path):
        if not path.exists():
            return None
        with readable(path) as db:
            return recall.newest(db, now) if db else None


def _chunk(frames: Sequence[Frame]) -> tuple[int, bytes]:
    return max(frame.time for frame in frames), packed(frames)


def insert(db: sqlite3.Connection, origin: Origin, step: int, until: int, data: bytes) -> None:
    """Store a chunk; its frames end with ``until``."""
    # Looked up every time: another console may have deleted an origin nothing referred to.
    key = (origin.host, origin.clock, origin.boot, json.dumps(origin.levels))
    db.execute("INSERT OR IGNORE INTO origins (host, clock, boot, levels) VALUES (?,?,?,?)", key)
    db.execute(
        "INSERT INTO chunks (step, until, origin, data) SELECT ?, ?, id, ? FROM origins"
        " WHERE host = ? AND clock = ? AND boot = ? AND levels = ?",
        (step, until, data, *key),
    )


def _recent(
    db: sqlite3.Connection, host: str, span: tuple[float, float], clock: str
) -> dict[str, tuple[Sample, ...]]:
    begin, end = span
    by_level: dict[str, dict[str, list[Sample]]] = {}
    rows = db.execute(_RECENT, (int(begin * 1000), int(end * 1000), host))
    for of_clock, boot, levels, data in rows:
        origin = read_origin(host, of_clock, boot, levels)
        for level, found in samples(origin, read_frames(data, origin), clock).items():
            by_level.setdefault(level, {}).setdefault(of_clock, []).extend(
                sample for sample in found if sample.time >= begin
            )
    return recall.sized(
        db,
        host,
        {
            level: tuple(
                chain.from_iterable(
                    # Several consoles on one machine interleave, but share its clock.
                    sorted(found, key=lambda sample: sample.at)
                    for found in by_clock.values()
                )
            )
            for level, by_clock in by_level.items()
        },
    )


def _fold(db: sqlite3.Connection, tier: Tier, step: int, now: int) -> bool:
    """Thin one host's oldest span of ``tier`` to a frame per ``step``."""
    oldest = db.execute(
        "SELECT host, until FROM chunks JOIN origins ON origins.id = origin"
        " WHERE step = ? AND until < ? ORDER BY until LIMIT 1",
        (tier.step, (now - tier.keep) // tier.span * tier.span),
    ).fetchone()
    if oldest is None:
        return False
    host, until = oldest
    begin = until // tier.span * tier.span
    with transaction(db):
        by_origin: dict[Origin, list[Frame]] = {}
        rows = db.execute(
            "SELECT chunks.id, clock, boot, levels, data FROM chunks"
            " JOIN origins ON origins.id = origin"
            " WHERE step = ? AND until >= ? AND until < ? AND host = ?",
            (tier.step, begin, begin + tier.span, host),
        ).fetchall()
        for _, clock, boot, levels, data in rows:
            origin = read_origin(host, clock, boot, levels)
            by_origin.setdefault(origin, []).extend(read_frames(data, origin))
        db.executemany("DELETE FROM chunks WHERE id = ?", [(row[0],) for row in rows])
        for origin, frames in by_origin.items():
            if frames:
                insert(db, origin, step, *_chunk(folded(frames, step)))
    return True


def _expire(db: sqlite3.Connection, oldest: int) -> bool:
    old = "FROM chunks WHERE step IN (0, 30000, 300000) AND until < ?"
    if db.execute(f"SELECT 1 {old} LIMIT 1", (oldest,)).fetchone() is None:
        return False
    with transaction(db):
        db.execute(f"DELETE {old}", (oldest,))
        db.execute("DELETE FROM origins WHERE id NOT IN (SELECT origin FROM chunks)")
        # The last before that time still says how large a store was then.
        db.execute(
            "DELETE FROM totals WHERE since < ? AND EXISTS (SELECT 1 FROM totals AS after"
            " WHERE after.host = totals.host AND after.level = totals.level"
            " AND after.since > totals.since AND after.since < ?)",
            (oldest, oldest),
        )
    return True


def _shrink(db: sqlite3.Connection, most: int, now: int) -> bool:
    """Forget the oldest twentieth while over ``most`` bytes, and give free pages back."""
    free = pragma(db, "freelist_count")
    if (pragma(db, "page_count") - free) * pragma(db, "page_size") > most:
        with transaction(db):
            # What claims to be of the future was dated by a wrong clock: it goes first.
            db.execute(
                "DELETE FROM chunks WHERE id IN (SELECT id FROM chunks"
                " ORDER BY until <= ?, until LIMIT (SELECT count(*) / 20 + 1 FROM chunks))",
                (now + _DAY,),
            )
        return True
    if free > _VACUUM:
        db.execute(f"PRAGMA incremental_vacuum({_VACUUM})").fetchall()
        return True
    return False

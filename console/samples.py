"""What a look found used in levels, as it is put down and recorded."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from console.chronicle import MOST, UNKNOWN, Measures, Moment
from console.clean import Clean
from console.model import SECTOR, Host, Kind, Level
from console.series import Sample

Number = TypeVar("Number")

_USED = len(Measures._fields)
_SIZES = 3
_NOTICED = 0.02
"""Share by which a size must change for anybody to notice."""


class Look(NamedTuple):
    """One look at the levels of a host, in flat arrays: it may wait for long to be stored."""

    moment: Moment
    levels: tuple[Clean, ...]
    used: array[int]
    """Bytes, inodes, chunks and metadata of each level in turn; -1 where not known."""
    sizes: array[int]
    """Bytes, inodes and metadata that each could hold, likewise, or nearly so."""

    @property
    def samples(self) -> dict[Clean, Sample]:
        """The same by level."""
        at, time, boot, clock = self.moment
        used, rooms = _each(known(self.used), _USED), _each(known(self.sizes), _SIZES)
        return {
            level: Sample(at, time, first or 0, inodes, chunks, boot, clock, metadata, *size)
            for level, (first, inodes, chunks, metadata), size in zip(
                self.levels, used, rooms, strict=True
            )
        }

    @property
    def room(self) -> Room:
        """What each level could hold."""
        return Room(self.levels, self.sizes)


class Room(NamedTuple):
    """What each level of a host could hold."""

    levels: tuple[Clean, ...]
    sizes: array[int]
    """As of ``Look``."""

    @property
    def each(self) -> dict[Clean, tuple[int, ...]]:
        """The same by level."""
        return dict(zip(self.levels, _each(self.sizes, _SIZES), strict=True))


class Newest:
    """The newest look at a host, of which only what changed is put down anew."""

    __slots__ = ("_lent", "_sizes", "_used", "levels")

    def __init__(self, levels: Mapping[Clean, Level]) -> None:
        self.levels = tuple(levels)
        self._used = array("q", (UNKNOWN,)) * (_USED * len(levels))
        self._sizes = array("q", (UNKNOWN,)) * (_SIZES * len(levels))
        self._lent = False
        """Whether a look that waits has what is used."""
        for place, level in enumerate(levels.values()):
            self.put(place, level)

    def put(self, place: int, level: Level) -> None:
        """Take another level of which ``measured`` holds in place of that one."""
        if self._lent:
            self._used, self._lent = self._used[:], False
        self._used[place * _USED : (place + 1) * _USED] = _array(*measures(level))
        room, where = _array(*sizes(level)), slice(place * _SIZES, (place + 1) * _SIZES)
        if not alike(self._sizes[where], room):
            self._sizes = self._sizes[:]  # looks that wait have the others
            self._sizes[where] = room

    def look(self, host: Host) -> Look:
        """Return it as that at this host."""
        self._lent = True
        moment = Moment(host.at, host.time, host.boot_id or "")
        return Look(moment, self.levels, self._used, self._sizes)


def measured(level: Level) -> bool:
    """Whether this look found how much is used, and that can change."""
    return level.used is not None and not level.always_full


def measures(level: Level) -> Measures:
    """Return what was found used in a level of which ``measured`` holds."""
    used = level.used or 0
    chunks = used // SECTOR if level.kind is Kind.DM_SNAPSHOT else None
    return Measures(used, level.inodes_used, chunks, level.metadata_used)


def sample(host: Host, level: Level) -> Sample:
    """Return what a look found used in a level of which ``measured`` holds."""
    found, (total, inodes_total, metadata_total) = measures(level), sizes(level)
    return Sample(
        at=host.at,
        time=host.time,
        used=found.used or 0,
        inodes=found.inodes,
        chunks=found.chunks,
        boot=host.boot_id or "",
        metadata=found.metadata,
        total=total,
        inodes_total=inodes_total,
        metadata_total=metadata_total,
    )


def alike(before: Iterable[int], now: Iterable[int]) -> bool:
    """Whether sizes of as many stores are as large, but for what nobody would notice."""
    return all(map(_near, before, now))


def _near(before: int, now: int) -> bool:
    if before < 0 or now < 0:
        return before == now
    return abs(before - now) <= _NOTICED * max(before, now)


def sizes(level: Level) -> tuple[int | None, int | None, int | None]:
    """Return the bytes, inodes and metadata that a level could hold."""
    total = level.limit.total if level.limit else level.total
    return total, level.inodes_total, level.metadata_total


def known(numbers: Iterable[int]) -> list[int | None]:
    """Return numbers of a look, ``None`` for those that are not known."""
    return [None if number < 0 else number for number in numbers]


def _each(flat: Iterable[Number], width: int) -> Iterator[tuple[Number, ...]]:
    """Yield the numbers of each level in turn."""
    return zip(*[iter(flat)] * width, strict=True)


def _array(*values: int | None) -> array[int]:
    return array("q", [UNKNOWN if value is None else min(max(value, 0), MOST) for value in values])

"""The recent past of all levels of one host, on one time axis that never runs backwards.

``chronicle.begin(moment)`` adds a look at the host, by which every level is as it was before;
``chronicle.put(key, measures)`` tells of one that is not. So a level at rest costs nothing,
neither time nor room, however many looks there are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from console.clean import Clean

Measure = Literal["used", "inodes", "chunks", "metadata"]

KEPT: Final = 900.0
"""Seconds it reaches back for what is drawn."""
REMEMBERED: Final = 7200.0
"""Seconds it reaches back for what is foreseen."""

_FINE: Final = 120.0
"""Newest seconds kept at ``_FINE_STEP``; older looks are thinned to ``_COARSE_STEP``, and those
older than ``KEPT`` to ``_FAINT_STEP``."""
_FINE_STEP: Final = 1.0
_COARSE_STEP: Final = 10.0
_FAINT_STEP: Final = 60.0
_SLACK: Final = 64
"""Looks added between two thinnings."""
_UNKNOWN_GAP: Final = 1.0
"""Seconds put between two looks whose clocks cannot be compared."""
INSTANT: Final = 0.001
"""Looks closer than this are one."""
UNKNOWN: Final = -1
MOST: Final = 2**62
"""Larger sizes are taken for this one: a difference of two must fit 64 bits."""


class Moment(NamedTuple):
    """When a host was looked at."""

    at: float
    """Monotonic clock of the console that looked, seconds."""
    time: float
    """Its wall clock, seconds since 1970."""
    boot: str = ""
    """Boot id of the host; empty when not known."""
    clock: str = ""
    """Which monotonic clock ``at`` was read from; empty is that of this process."""


class Measures(NamedTuple):
    """What of a level is in use; ``None``: not known, or there is no such thing."""

    used: int | None
    """Bytes."""
    inodes: int | None = None
    chunks: int | None = None
    """Of an exception store; they never fall while the store lives."""
    metadata: int | None = None
    """Blocks of a thin pool's metadata."""


NOTHING: Final = Measures(None)
_NAMES: Final[tuple[Measure, ...]] = ("used", "inodes", "chunks", "metadata")


_Column: TypeAlias = "array[int] | int | None"
"""Values from a level's first look on, of which the last holds until now; a plain number while
there was no other, ``None`` while none was known."""


class _Past:
    """One level: columns from the look of number ``start`` on."""

    __slots__ = ("_count", *_NAMES, "restart", "start")

    used: _Column
    inodes: _Column
    chunks: _Column
    metadata: _Column

    def __init__(self, start: int) -> None:
        self.start = start
        self.restart = 0.0
        """What was before on the axis is of another store."""
        self.used = self.inodes = self.chunks = self.metadata = None
        self._count = 0
        """Looks there were when something was put last, if they are still counted like that."""

    def put(self, count: int, measures: Measures, now: float) -> None:
        """Take what was found at the last of ``count`` looks."""
        if count == self._count:
            return  # two are called the same: the first counts
        self._count = count
        last = _last(self.chunks)
        if last is not None and measures.chunks is not None and measures.chunks < last:
            self.restart = now
        self.used = _put(self.used, measures.used, count)
        self.inodes = _put(self.inodes, measures.inodes, count)
        self.chunks = _put(self.chunks, measures.chunks, count)
        self.metadata = _put(self.metadata, measures.metadata, count)

    def thin(self, kept: Sequence[int]) -> None:
        """Keep what was found at these looks, of which the last is the newest."""
        first = bisect_left(kept, self.start)
        mine = [number - self.start for number in kept[first:]]
        self.start, self._count = first, 0
        for of in _NAMES:
            setattr(self, of, _thinned(getattr(self, of), mine))


def _put(column: _Column, value: int | None, count: int) -> _Column:
    """Return values with this as the last of so many."""
    if value is None and column is None:
        return None
    found = UNKNOWN if value is None else min(max(value, 0), MOST)
    if column is None and count == 1:
        return found
    if column is None or isinstance(column, int):
        first = UNKNOWN if column is None else column
        if first == found:
            return column
        column = array("q", (first,)) * (count - 1)
    elif (missing := count - 1 - len(column)) > 0:
        column.extend(column[-1:] * missing)
    column.append(found)
    return column


def _last(column: _Column) -> int | None:
    return column[-1] if isinstance(column, array) else column


def _thinned(column: _Column, kept: Sequence[int]) -> _Column:
    if not isinstance(column, array):
        return column
    last = len(column) - 1
    return _even(array("q", [column[number if number < last else last] for number in kept]))


def _even(values: array[int]) -> array[int] | int:
    """Return values, or the only one."""
    return values[0] if min(values) == max(values) else values


class Chronicle:
    """What a few hundred looks at one host found, at most, in flat arrays.

    Looks of one clock are placed by it; where the clock changes (the console was restarted after
    a reboot of its own machine) they are joined by wall time.
    """

    __slots__ = ("_boot", "_last", "_pasts", "_restart", "_thin_at", "_times")

    def __init__(self) -> None:
        self._times = array("d")
        self._pasts: dict[Clean, _Past] = {}
        self._last: Moment | None = None
        self._boot = ""
        self._restart = 0.0
        self._thin_at = _SLACK

    @classmethod
    def laid(
        cls,
        times: Sequence[float],
        columns: Mapping[Clean, Mapping[Measure, Sequence[int]]],
        boot: str,
    ) -> Chronicle:
        """Return that of looks in one boot at these wall times, by level; -1: not known.

        ``times`` only rise.
        """
        made = cls()
        made._times = array("d", times)
        made._thin_at = len(times) + _SLACK
        if times:
            made._last, made._boot = Moment(times[-1], times[-1], boot), boot
            made._pasts = {key: _laid(each, times) for key, each in columns.items()}
        return made

    def begin(self, moment: Moment) -> bool:
        """Add a look; one not newer than the last is passed over, and so is what it found."""
        last, times = self._last, self._times
        if last is None:
            times.append(0.0)
        else:
            gap = _gap(last, moment)
            if gap is not None and gap < INSTANT:
                return False
            if len(times) >= self._thin_at:
                self._thin()
            now = self._times[-1] + (gap or _UNKNOWN_GAP)
            if gap is None or (moment.boot and self._boot and moment.boot != self._boot):
                self._restart = now
            self._times.append(now)
        self._last = moment
        self._boot = moment.boot or self._boot
        return True

    def put(self, key: Clean, measures: Measures) -> None:
        """Tell what the newest look found of a level, once."""
        past = self._pasts.get(key)
        if past is None:
            past = self._pasts[key] = _Past(len(self._times) - 1)
        past.put(len(self._times) - past.start, measures, self._times[-1])

    def lapse(self, key: Clean) -> None:
        """Tell that the newest look did not find a level."""
        if key in self._pasts:
            self.put(key, NOTHING)

    def forget(self, key: Clean) -> None:
        """Drop all that is known of a level."""
        self._pasts.pop(key, None)

    def count(self, key: Clean) -> int:
        """Return how many looks there were since a level was found first, as far as is known."""
        past = self._pasts.get(key)
        return 0 if past is None else len(self._times) - past.start

    def spans(self, looks: int, seconds: float, within: float) -> bool:
        """Whether so many looks of the last ``within`` seconds span more than ``seconds``."""
        times = self._times
        first = bisect_left(times, max(times[-1] - within, self._restart)) if times else 0
        return len(times) - first >= looks and times[-1] - times[first] > seconds

    def tail(
        self, key: Clean, seconds: float, of: Measure, *, unbroken: bool
    ) -> tuple[Sequence[float], Sequence[int]]:
        """Return times (seconds, arbitrary zero) and known values of the last ``seconds``.

        ``unbroken`` leaves out what was before the host rebooted or the store was made anew.
        """
        past = self._pasts.get(key)
        column: _Column = getattr(past, of, None)
        if past is None or column is None:
            return (), ()
        begin = self._times[-1] - seconds
        if unbroken:
            begin = max(begin, self._restart, past.restart)
        first = max(bisect_left(self._times, begin), past.start)
        times = self._times[first:]
        begun = array("q", (column,)) if isinstance(column, int) else column
        values = begun[first - past.start :]
        if len(values) < len(times):
            values.extend(begun[-1:] * (len(times) - len(values)))
        if UNKNOWN not in values:
            return times, values
        known = [(t, v) for t, v in zip(times, values, strict=True) if v != UNKNOWN]
        return [t for t, _ in known], [v for _, v in known]

    def _thin(self) -> None:
        times = self._times
        now = times[-1]
        first, coarse, fine = (bisect_left(times, now - age) for age in (REMEMBERED, KEPT, _FINE))
        last = len(times) - 1
        kept = [
            i
            for begin, end, step in (
                (first, coarse, _FAINT_STEP),
                (coarse, fine, _COARSE_STEP),
                (fine, last, _FINE_STEP),
            )
            for i in range(begin, end)
            if times[i] // step != times[i + 1] // step
        ]
        kept.append(last)
        self._times = array("d", [times[i] for i in kept])
        for past in self._pasts.values():
            past.thin(kept)
        self._thin_at = len(kept) + _SLACK


def _gap(last: Moment, moment: Moment) -> float | None:
    """Return the seconds between two looks; ``None`` when no clock can tell."""
    if moment.clock == last.clock:
        return moment.at - last.at
    gap = moment.time - last.time
    return gap if gap > 0 else None


def _laid(columns: Mapping[Measure, Sequence[int]], times: Sequence[float]) -> _Past:
    past = _Past(0)
    for of in _NAMES:
        setattr(past, of, _column(columns.get(of, ())))
    chunks = columns.get("chunks", ())
    fallen = (i for i in range(len(chunks) - 1, 0, -1) if 0 <= chunks[i] < chunks[i - 1])
    past.restart = times[next(fallen, 0)]
    return past


def _column(values: Sequence[int]) -> _Column:
    """Return values within the bounds of what is stored; ``None`` where none was ever known."""
    if not values or max(values) <= UNKNOWN:
        return None
    return _even(array("q", [min(max(value, UNKNOWN), MOST) for value in values]))

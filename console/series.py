"""The recent past of one level, and how fast it fills.

``rate(series)`` of a store that takes 1 MB every second is ``1e6``, also across a restart of the
console, a step of the wall clock or the copy-up of one big file.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, Literal, NamedTuple

Measure = Literal["used", "inodes", "chunks", "metadata"]

KEPT: Final = 900.0
"""Seconds a series reaches back for what is drawn."""
REMEMBERED: Final = 7200.0
"""Seconds it reaches back for what is foreseen."""

_FINE: Final = 120.0
"""Newest seconds kept at ``_FINE_STEP``; older samples are thinned to ``_COARSE_STEP``, and those
older than ``KEPT`` to ``_FAINT_STEP``."""
_FINE_STEP: Final = 1.0
_COARSE_STEP: Final = 10.0
_FAINT_STEP: Final = 60.0
_SLACK: Final = 64
"""Samples appended between two thinnings."""
_REPEATS: Final = 32
"""Repeats of the last sample that are put in their places together."""
_UNKNOWN_GAP: Final = 1.0
"""Seconds put between two samples whose clocks cannot be compared."""
INSTANT: Final = 0.001
"""Samples closer than this are one."""
_UNKNOWN: Final = -1
MOST: Final = 2**62
"""Larger sizes are taken for this one: a difference of two must fit 64 bits."""

WINDOW: Final = 60.0
"""Seconds over which a rate is usually told."""
ENOUGH: Final = 3
"""Samples that make a rate, if they span ``LONG_ENOUGH`` seconds."""
LONG_ENOUGH: Final = 5.0
_POINTS: Final = 12
_STEP: Final = 8
_STILL: Final = 1.0
"""Bytes a second below which a level is called still."""


class Sample(NamedTuple):
    """What one look found used in one level."""

    at: float
    """Monotonic clock of the console that looked, seconds."""
    time: float
    """Its wall clock, seconds since 1970."""
    used: int
    """Bytes."""
    inodes: int | None = None
    chunks: int | None = None
    """Chunks of an exception store; they never fall while the store lives."""
    boot: str = ""
    """Boot id of the host that was looked at; empty when not known."""
    clock: str = ""
    """Which monotonic clock ``at`` was read from; empty is that of this process."""
    metadata: int | None = None
    """Blocks of a thin pool's metadata."""
    total: int | None = None
    """Bytes that could be used."""
    inodes_total: int | None = None
    metadata_total: int | None = None


class Series:
    """Up to ``REMEMBERED`` seconds of one level on one time axis that never runs backwards.

    Samples of one clock are placed by it; where the clock changes (the console was restarted
    after a reboot of its own machine) they are joined by wall time. A few hundred numbers at
    most, in flat arrays: thousands of levels cost the garbage collector nothing.
    """

    __slots__ = ("_boot", "_columns", "_last", "_repeats", "_restart", "_thin_at", "_times")

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._times = array("d")
        self._columns: dict[Measure, array[int]] = {"used": array("q")}
        """Those that were ever known."""
        self._last: Sample | None = None
        self._repeats: list[tuple[float, float]] = []
        self._boot = ""
        self._restart = 0.0
        self._thin_at = _SLACK
        for sample in samples:
            self.append(sample)

    @classmethod
    def laid(
        cls, times: Sequence[float], columns: Mapping[Measure, Sequence[int]], last: Sample
    ) -> Series:
        """Return that of samples of one boot that stand in columns; -1: not known.

        ``times`` only rise, and lie no closer than is needed; ``last`` is the sample at their end.
        """
        made = cls()
        made._times = array("d", times)
        made._columns = {
            measure: array("q", _bounded(column))
            for measure, column in columns.items()
            if measure == "used" or max(column) > _UNKNOWN
        }
        made._last, made._boot = last, last.boot
        chunks = made._columns.get("chunks", ())
        fallen = (i for i in range(len(chunks) - 1, 0, -1) if 0 <= chunks[i] < chunks[i - 1])
        made._restart = times[next(fallen, 0)]
        made._thin_at = len(times) + _SLACK
        return made

    def __len__(self) -> int:
        self._settle()
        return len(self._times)

    def repeat(self, moment: tuple[float, float]) -> None:
        """Add that at a later ``at`` and ``time`` all was as in the last sample; costs nothing."""
        self._repeats.append(moment)
        if len(self._repeats) >= _REPEATS:
            self._settle()

    def append(self, sample: Sample) -> None:
        """Add what was found; a sample not newer than the last one is passed over."""
        self._settle()
        gap = self._gap(sample)
        if gap is not None and gap < INSTANT:
            return
        now = self._times[-1] + (gap or _UNKNOWN_GAP) if self._times else 0.0
        if gap is None or self._restarted(sample):
            self._restart = now
        self._last = sample
        self._boot = sample.boot or self._boot
        self._place([now], _measures(sample))

    def tail(
        self, seconds: float, of: Measure = "used", *, unbroken: bool = False
    ) -> tuple[Sequence[float], Sequence[int]]:
        """Return times (seconds, arbitrary zero) and known values of the last ``seconds``.

        ``unbroken`` leaves out what was before the host rebooted or the store was made anew.
        """
        self._settle()
        if not self._times:
            return (), ()
        begin = self._times[-1] - seconds
        first = bisect_left(self._times, max(begin, self._restart) if unbroken else begin)
        if (column := self._columns.get(of)) is None:
            return (), ()
        times, values = self._times[first:], column[first:]
        if _UNKNOWN not in values:
            return times, values
        known = [(t, v) for t, v in zip(times, values, strict=True) if v != _UNKNOWN]
        return [t for t, _ in known], [v for _, v in known]

    def _settle(self) -> None:
        """Put repeats in their places."""
        last, repeats, self._repeats = self._last, self._repeats, []
        if last is None or not repeats:
            return
        now, before = self._times[-1], last.at
        times: list[float] = []
        for at, _ in repeats:
            if at - before >= INSTANT:
                now, before = now + (at - before), at
                times.append(now)
        self._place(times, _measures(last))
        at, time = repeats[-1]
        self._last = last._replace(at=before, time=time if at == before else last.time)

    def _place(self, times: list[float], measures: Mapping[Measure, int]) -> None:
        if len(times) > 1 and len(self._times) + len(times) >= self._thin_at:
            for each in times:  # to be thinned when it is one by one
                self._place([each], measures)
            return
        for measure in [each for each in measures if each not in self._columns]:
            self._columns[measure] = array("q", [_UNKNOWN]) * len(self._times)
        self._times.extend(times)
        for measure, column in self._columns.items():
            column.extend([measures.get(measure, _UNKNOWN)] * len(times))
        if len(self._times) >= self._thin_at:
            self._thin(times[-1])

    def _gap(self, sample: Sample) -> float | None:
        """Seconds since the last sample; ``None`` when no clock can tell."""
        last = self._last
        if last is None:
            return None
        if sample.clock == last.clock:
            return sample.at - last.at
        gap = sample.time - last.time
        return gap if gap > 0 else None

    def _restarted(self, sample: Sample) -> bool:
        if sample.boot and self._boot and sample.boot != self._boot:
            return True
        before = self._last.chunks if self._last else None
        return before is not None and sample.chunks is not None and sample.chunks < before

    def _thin(self, now: float) -> None:
        times = self._times
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
        for measure, column in self._columns.items():
            self._columns[measure] = array("q", [column[i] for i in kept])
        self._thin_at = len(kept) + _SLACK


def rate(series: Series, window: float = WINDOW, of: Measure = "used") -> float | None:
    """Return the change in bytes (or pieces) a second over the last ``window`` seconds.

    Negative when falling; ``None`` until three samples span five seconds since the host came up.
    It is the median slope between any two samples, so short-lived files do not show, after one
    jump that dwarfs every other change (the copy-up of a big file, a removal) was taken out. A
    change of pace shows once it fills a third of the window: ask for a short one as well where
    that matters.
    """
    times, values = series.tail(window, of, unbroken=True)
    if len(times) < ENOUGH or times[-1] - times[0] < LONG_ENOUGH:
        return None
    if min(values) == max(values):
        return 0.0
    level = _without_step(values)
    stride = -(-len(times) // _POINTS)
    return _median_slope(times[::-stride], level[::-stride])


def rounded(speed: float | None) -> float | None:
    """Return a rate as it is told: in three digits, and of what hardly moves that it is still."""
    if speed is None or abs(speed) < _STILL:
        return speed and 0.0
    return float(f"{speed:.3g}")


def _measures(sample: Sample) -> dict[Measure, int]:
    """Return what is known, within the bounds of what is stored."""
    found: dict[Measure, int] = {"used": _stored(sample.used)}
    if sample.inodes is not None:
        found["inodes"] = _stored(sample.inodes)
    if sample.chunks is not None:
        found["chunks"] = _stored(sample.chunks)
    if sample.metadata is not None:
        found["metadata"] = _stored(sample.metadata)
    return found


def _bounded(column: Sequence[int]) -> Sequence[int]:
    """Return values within the bounds of what is stored."""
    if min(column) >= _UNKNOWN and max(column) <= MOST:
        return column
    return [min(max(value, _UNKNOWN), MOST) for value in column]


def _stored(value: int) -> int:
    return min(max(value, 0), MOST)


def _without_step(values: Sequence[int]) -> list[int]:
    """Take out the one jump that is over ``_STEP`` times any other change, if there is one."""
    changes = [after - before for before, after in pairwise(values)]
    sizes = sorted(map(abs, changes))
    if len(sizes) <= ENOUGH or sizes[-1] <= _STEP * sizes[-2]:
        return list(values)
    jump = max(range(len(changes)), key=lambda i: abs(changes[i]))
    beyond = changes[jump] - sorted(changes)[len(changes) // 2]
    return [value if i <= jump else value - beyond for i, value in enumerate(values)]


def _median_slope(times: Sequence[float], values: Sequence[int]) -> float:
    """Return the median slope of pairs that lie well apart."""
    pairs = _apart(len(times))
    slopes = sorted([(values[j] - values[i]) / (times[j] - times[i]) for i, j in pairs])
    middle = len(slopes) // 2
    return slopes[middle] if len(slopes) % 2 else (slopes[middle - 1] + slopes[middle]) / 2


@cache
def _apart(count: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of so many points that lie well apart: neighbours say least."""
    least = max(count // 3, 1)
    return tuple((i, j) for i in range(count - least) for j in range(i + least, count))

"""Outlook: the forecast of one level from look to look, at the cost of a comparison.

A pace is worked out anew only where what was used is not what the last one let expect, or where
that is old: the nearer the end, the sooner. A level at rest is not worked on at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, floor, isfinite
from typing import Final

from console.chronicle import Measure
from console.forecast import forecast
from console.gulps import NONE
from console.model import Clock, Forecast, Kind, Level
from console.pace import Pace, pace
from console.renewed import all_but
from console.series import Series

_SELDOM: Final = 60.0
"""Seconds at most until a pace is worked out anew, where nothing surprises."""
_OFTEN: Final = 4.0
"""Seconds at least."""
_HASTE: Final = 20.0
"""Part of the time left after which it is."""
_YOUNG: Final = 8.0
"""Part of its own window after which a pace is worked out anew."""
_FAR: Final = 400.0
"""Part of the time left, at the fastest it is believed to fill, before which it is not."""
_IDLE: Final = 14_400.0
"""What would take that many seconds to fill the store is no surprise."""
_SAME: Final = 0.01
"""Share of what is left by which it may change before another time is told."""
_STEPS: Final = ((60.0, 1.0), (600.0, 5.0), (3600.0, 30.0), (86_400.0, 300.0))
"""Below so many seconds a forecast is told in steps of so many."""
_COARSEST: Final = 3600.0
_NAMED: Final = {Kind.DM_SNAPSHOT: Clock.CHUNKS, Kind.MEMORY: Clock.MEMORY}
"""What runs out where it is not bytes."""


@dataclass(slots=True)
class _Known:
    """A pace, when it was found, what was used then, and what was foreseen by it."""

    clock: Clock
    pace: Pace | None
    at: float
    used: int
    due: float
    """When it is too old."""
    forecast: Forecast | None
    left: int
    """For which that is."""


class Outlook:
    """What is foreseen of one level."""

    __slots__ = ("_fits", "_known", "told")

    def __init__(self) -> None:
        self._known: tuple[_Known, ...] = ()
        self._fits: Forecast | None = None
        """What was found last, for which it can stand."""
        self.told: Forecast | None = None
        """Newest: the same object until another is to be told."""

    def after(self, level: Level, series: Series, at: float) -> Forecast | None:
        """Return what is foreseen after a look at ``at`` that found this, in round numbers."""
        found = [self._clock(series, at, *each) for each in _clocks(level)]
        return soonest(*found)

    def tell(self, found: Forecast | None) -> Forecast | None:
        """Return a forecast; the one told last while it still fits."""
        if found is not self._fits:
            self._fits = found
            if not _fits(self.told, found):
                self.told = found
        return self.told

    def rest(self) -> None:
        """Forget what is found anew once it moves, but for what takes long to see."""
        self._known = tuple(
            [each for each in self._known if each.pace is not None and each.pace.gulps.some]
        )

    def _clock(
        self, series: Series, at: float, of: Measure, clock: Clock, used: int, left: int
    ) -> Forecast | None:
        known: _Known | None = None
        for each in self._known:  # cheaper than a generator, and done for each that moves
            if each.clock is clock:
                known = each
        if known is None or at >= known.due or _surprises(known, used, left, at):
            gulps = known.pace.gulps if known and known.pace else NONE
            found = pace(series, of, gulps, left)
            foreseen = _rounded(forecast(found, left, clock))
            others = [each for each in self._known if each is not known]
            known = _Known(clock, found, at, used, at + _patience(found, left), foreseen, left)
            self._known = (*others, known)
        elif abs(known.left - left) > _SAME * known.left:
            known.forecast, known.left = _rounded(forecast(known.pace, left, clock)), left
        return known.forecast


def soonest(*found: Forecast | None) -> Forecast | None:
    """Return the one that ends first; of none that ends, the first that is known."""
    ending = [each for each in found if each is not None and each.seconds is not None]
    if ending:
        return min(ending, key=lambda each: each.seconds or 0.0)
    return next((each for each in found if each is not None), None)


def _clocks(level: Level) -> Iterator[tuple[Measure, Clock, int, int]]:
    """Yield what of a level may run out: measure, name, used and left."""
    if level.used is not None and level.limit is not None:
        clock = _NAMED.get(level.kind, Clock.BYTES)
        yield "used", clock, level.used, level.limit.total - level.used
    if level.inodes_used is not None and level.inodes_total:
        left = level.inodes_total - level.inodes_used
        yield "inodes", Clock.INODES, level.inodes_used, left
    if level.metadata_used is not None and level.metadata_total:
        left = level.metadata_total - level.metadata_used
        yield "metadata", Clock.METADATA, level.metadata_used, left


def _surprises(known: _Known, used: int, left: int, at: float) -> bool:
    """Whether what is used is not what a pace let expect, and that matters."""
    found, since = known.pace, at - known.at
    if found is None:
        return True
    expected = known.used + found.slope * since
    room = (found.high - found.slope) * found.window / 2 + max(left, 0) * since / _IDLE
    return abs(used - expected) > room


def _patience(found: Pace | None, left: int) -> float:
    """Return for how many seconds a pace may be used."""
    if found is None:
        return 0.0
    seconds = left / found.slope / _HASTE if found.slope > 0 else _SELDOM
    young = max(found.window / _YOUNG, left / found.high / _FAR if found.high > 0 else _SELDOM)
    return max(min(seconds, young, _SELDOM), _OFTEN)


def _rounded(found: Forecast | None) -> Forecast | None:
    """Return a forecast in round numbers; its band may only become wider."""
    if found is None or found.seconds is None or found.band is None:
        return found
    low, high = found.band
    band = _round(low, floor), _round(high, ceil) if isfinite(high) else high
    return replace(found, seconds=_round(found.seconds, round), band=band)


def _round(seconds: float, how: Callable[[float], int]) -> float:
    step = next((step for below, step in _STEPS if seconds < below), _COARSEST)
    return how(seconds / step) * step


def _fits(old: Forecast | None, new: Forecast | None) -> bool:
    """Whether what was told last can stand: all is the same, but for a band that hardly moved."""
    if old is None or new is None or old.band is None or new.band is None:
        return old == new
    moved = any(abs(a - b) > _BAND * b for a, b in zip(old.band, new.band, strict=True))
    return not moved and _unbanded(old) == _unbanded(new)


_unbanded = all_but(Forecast, "band")
"""All of a forecast but its band."""
_BAND: Final = 0.1
"""Share of itself by which an end of a band may be off before another is told."""

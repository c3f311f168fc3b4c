"""Pace: how fast a store fills, by its recent past, and how far that may be off; pure.

A pace is the Theil-Sen slope (Sen 1968) over the longest recent time in which it holds: windows
grow by doubling for as long as the longer one's slope is what the shorter ones allow (Lepski's
method). How far it may be off follows from how unevenly the store grew in the parts of that
window. A jump or a removal so begins a new window by itself; and where a store is known to fill
by spurts, or to be emptied now and then, growth that those explain is no news.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, fsum, inf, log, sqrt
from operator import itemgetter
from typing import Final

from console.chronicle import REMEMBERED, Measure
from console.gulps import NONE, Gulps, Kind, gulps, steps
from console.renewed import renewing
from console.series import Series, median_slope

_ENOUGH: Final = 5
"""Samples that make a pace, if they span ``_LONG_ENOUGH`` seconds."""
_LONG_ENOUGH: Final = 7.5
_PARTS: Final = 8
"""Parts a window is cut into."""
_FINE: Final = 24
"""Parts it is cut into where it is asked whether a store swings about a line."""
_SWINGS: Final = 1.0
"""Squares of the steps between means, for each of the means' from the line, at least: 2 where
what swings is forgotten at once; some 0.6 where it adds up (von Neumann 1941)."""
_ERROR: Final = 1.2
"""Standard errors that a pace may be off."""
_LEEWAY: Final = 0.05
"""Share of itself that any pace may be off."""
_DOUBT: Final = 2.2
"""Times its error that a pace with falls must be to be growth."""
_UNEVEN: Final = 0.15
"""Falls that are a greater part of the rises make a window uneven."""
_LULL: Final = 5.0
"""Times between two spurts after which there should have been one."""
_NEWS: Final = 1.5
"""Times the largest fall that a rise must be for no fall to be expected to undo it."""
_BENT_FOR: Final = 60.0
"""Seconds that each of the parts must last in which a pace is seen to bend."""
_BEND: Final = 0.1
"""Least change of the logarithm of a pace that makes it bent."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a store fills, in units of its measure a second."""

    slope: float
    low: float
    """Between this and ``high`` it is believed to be."""
    high: float
    window: float
    """Seconds over which it was found to hold."""
    growth: float = 0.0
    """By which share of itself it grows a second; negative where it dies down."""
    ahead: float = 0.0
    """How far the top of the next tooth lies above what is used, where things are removed."""
    gulps: Gulps = NONE


_with_gulps = renewing(Pace, "gulps")
_Points = tuple[list[float], list[float]]
"""Times and values."""


def pace(
    series: Series, of: Measure = "used", known: Gulps = NONE, left: float = inf
) -> Pace | None:
    """Return the pace of a series; ``None`` until it tells one.

    ``known`` are the gulps of it that were found before; ``left`` is what room there is.
    """
    times, values = series.tail(REMEMBERED, of, unbroken=True)
    if len(times) < _ENOUGH or times[-1] - times[0] < _LONG_ENOUGH:
        return None
    if min(values) == max(values):
        return Pace(0.0, 0.0, 0.0, times[-1] - times[0], gulps=known)
    found = gulps(times, values, known)
    begin = _unheard(values, found)
    heard = found
    if begin and len(times) - begin >= _ENOUGH and times[-1] - times[begin] >= _LONG_ENOUGH:
        times, values, heard = times[begin:], values[begin:], found._replace(falls=Kind())
    return _with_gulps(_held(times, values, heard, left), found)


def _unheard(values: Sequence[float], known: Gulps) -> int:
    """Return where a rise began that is more than ever fell; 0 where there is none."""
    fall = known.falls.size
    if not fall:
        return 0
    last = low = values[-1]
    begin = 0
    for place in range(len(values) - 1, -1, -1):
        value = values[place]
        if value < low:
            low, begin = value, place
        elif value > low + fall / 2:
            break
    rise = last - low
    if not _NEWS * fall < rise < fall / _UNEVEN:
        return 0
    top = 0.0
    deepest = max([each.size for each in known.falls.seen])
    for value in values[:begin]:
        if value > top:
            top = value
        elif top - value > deepest:
            deepest = top - value
    return begin if rise > _NEWS * deepest else 0


def _held(times: Sequence[float], values: Sequence[float], known: Gulps, left: float) -> Pace:
    """Return the pace over the longest window in which it holds."""
    span = times[-1] - times[0]
    seconds = max(times[-1] - times[-_ENOUGH], _LONG_ENOUGH)
    found: Pace | None = None
    low, high = -inf, inf
    while True:
        whole = seconds * 1.2 >= span
        window = _window(times, values, span if whole else seconds, known, left)
        if found is not None and not low <= window.slope <= high:
            break
        if found is not None and window.low <= 0 < found.low and known.falls.every == inf:
            break  # a removal lies in between, the only one
        found = window
        room = 1.5 * _LEEWAY * abs(window.slope) + (window.high - window.slope) / 2
        low, high = max(low, window.low - room), min(high, window.high + room)
        if whole:
            break
        seconds *= 2
    return _bent(found, times, values, known)


def _window(
    times: Sequence[float], values: Sequence[float], seconds: float, known: Gulps, left: float
) -> Pace:
    """Return the pace over the last ``seconds``."""
    now = times[-1]
    points = _cut(times, values, seconds, _PARTS)
    changes = steps(points[1])
    falls = -sum([each for each in changes if each < 0])
    rises = points[1][-1] - points[1][0] + falls
    spurt, fall = known.spurts.size, known.falls.size
    least = 0.0
    # A spurt that ends as the others did is no news, unless what is left ends before it.
    lull = seconds < _LULL * known.spurts.every and left + rises - falls > spurt
    if lull:
        least = spurt
    if seconds < 3 * known.falls.every:
        least = max(least, fall)
    if max(falls, fall) > _UNEVEN * rises:
        return _uneven(times, values, seconds, points, known.falls, least)
    slope, off = _line(points, least)
    low = slope - off
    if slope > 0:
        small = lull and slope * (now - points[0][0]) < spurt
        low = 0.0 if small else slope / (1 + off / slope)
    return Pace(slope, low, slope + off, now - points[0][0])


def _uneven(
    times: Sequence[float],
    values: Sequence[float],
    seconds: float,
    points: _Points,
    falls: Kind,
    least: float,
) -> Pace:
    """Return the pace of a store from which things are removed again.

    That of its highest points, of its lowest, of the means, or of the line about which it swings,
    whichever lie best on a line.
    """
    now, ahead = times[-1], 0.0
    parts = min(max(int(seconds / falls.every), 3), _PARTS)
    ends = _ends(times, seconds, parts) if falls.every < inf else None
    if ends is None:
        slope, off = _line(points, least)
    else:
        at = [times[j - 1] for _, j in ends]
        tops = at, [max(values[i:j]) for i, j in ends]
        bottoms = at, [min(values[i:j]) for i, j in ends]
        means = at, [sum(values[i:j]) / (j - i) for i, j in ends]
        lines = [_line(each, least) for each in (tops, bottoms, means)]
        lines += _swinging(times, values, seconds, least)
        slope, off = min(lines, key=itemgetter(1))
        if slope > 0:
            highest = max([v + slope * (now - t) for t, v in zip(*tops, strict=True)])
            # What lay higher before one great fall is no tooth to come.
            tooth = falls.size + slope * falls.every
            ahead = min(max(highest - values[-1], 0.0), tooth)
    return Pace(slope, slope - _DOUBT * off, slope + off, now - points[0][0], ahead=ahead)


def _swinging(
    times: Sequence[float], values: Sequence[float], seconds: float, least: float
) -> Iterator[tuple[float, float]]:
    """Yield the slope of a store that swings about a line, and how far it may be off.

    What comes back to the line again and again does not add up, so the line is known well.
    """
    ends = _ends(times, seconds, _FINE)
    if ends is None or len(ends) < _FINE / 2:
        return
    at = [sum(times[i:j]) / (j - i) for i, j in ends]
    used = [sum(values[i:j]) / (j - i) for i, j in ends]
    when, mean = fsum(at) / len(at), fsum(used) / len(used)
    spread = sum([(t - when) ** 2 for t in at])
    slope = sum([(t - when) * (u - mean) for t, u in zip(at, used, strict=True)]) / spread
    rest = [u - mean - slope * (t - when) for t, u in zip(at, used, strict=True)]
    swings = sum([each * each for each in rest])
    if sum([each * each for each in steps(rest)]) < _SWINGS * swings:
        return
    off = max(_ERROR * sqrt(swings / (len(rest) - 2) / spread), least / (at[-1] - at[0]))
    yield slope, off + _LEEWAY * abs(slope)


def _line(points: _Points, least: float) -> tuple[float, float]:
    """Return the median slope of points, and how far it may be off: ``least`` in all or more."""
    at, used = points
    slope = median_slope(at, used)
    rest = [c - slope * t for c, t in zip(steps(used), steps(at), strict=True)]
    off = max(_ERROR * sqrt(sum([each * each for each in rest])), least)
    return slope, off / (at[-1] - at[0]) + _LEEWAY * abs(slope)


def _cut(times: Sequence[float], values: Sequence[float], seconds: float, parts: int) -> _Points:
    """Return the samples at the ends of so many equal parts of the last ``seconds``."""
    begin, part = times[-1] - seconds + 1e-6, seconds / parts
    first = bisect_right(times, begin)
    places = [bisect_right(times, begin + part * i, first) - 1 for i in range(parts + 1)]
    places = sorted({max(place, 0) for place in places})
    return [times[i] for i in places], [values[i] for i in places]


def _ends(times: Sequence[float], seconds: float, parts: int) -> list[tuple[int, int]] | None:
    """Return the places of the samples of each part; ``None`` where there are too few."""
    begin, part = times[-1] - seconds + 1e-6, seconds / parts
    first = bisect_right(times, begin)
    places = sorted({bisect_right(times, begin + part * i, first) for i in range(parts + 1)})
    if places[-1] - places[0] < 2 * parts or len(places) < 3:
        return None
    return list(pairwise(places))


def _bent(found: Pace, times: Sequence[float], values: Sequence[float], known: Gulps) -> Pace:
    """Return the pace with how it grows, where it grows or dies down evenly over a longer time.

    Over the newest part, the one before and the two before those an exponential has paces whose
    logarithms lie on a line.
    """
    if found.low <= 0 or found.ahead:
        return found
    now, seconds = times[-1], (times[-1] - times[0]) / 4
    gulp = 2 * max(known.spurts.size, known.falls.size)
    while seconds >= max(_BENT_FOR, found.window / 4):
        v = [values[bisect_right(times, now - seconds * n + 1e-6) - 1] for n in (0, 0.5, 1, 2, 4)]
        half, new = (v[0] - v[1]) / seconds * 2, (v[0] - v[2]) / seconds
        old, older = (v[2] - v[3]) / seconds, (v[3] - v[4]) / seconds / 2
        if new * seconds > gulp and half > 0 and old > 0 and older > 0:
            growth = _growth(half, new, old, older, seconds)
            if growth and _even(times, values, seconds):
                window = _window(times, values, seconds, NONE, inf)
                off, slope = window.high / window.slope, new * exp(growth * seconds / 2)
                return Pace(slope, min(new, slope) / off, slope * off, 4 * seconds, growth)
        seconds /= 2
    return found


def _growth(half: float, new: float, old: float, older: float, seconds: float) -> float:
    """Return by which share a second paces grow; 0 where they do not do so evenly."""
    first, second = log(new / old) / seconds, log(old / older) / seconds / 1.5
    inner = log(half / new) / seconds * 4
    if abs(first) * seconds < _BEND:
        return 0.0
    even = 0.6 <= first / second <= 1 / 0.6 if second else False
    return min(first, second, key=abs) if even and 0.5 <= inner / first <= 2 else 0.0


def _even(times: Sequence[float], values: Sequence[float], seconds: float) -> bool:
    """Whether the newest parts are no play of chance."""
    new, old = (_window(times, values, seconds * n, NONE, inf) for n in (1, 2))
    return new.high < 1.3 * new.slope and old.high < 1.8 * old.slope

"""Gulps: what comes or goes at once in a store, and how often; pure.

``gulps(times, values)`` of a store that takes a copy of 20 MB each hour and throws it away again
says spurts and falls of 20 MB, an hour apart. What happened more than once is known for a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import inf
from operator import itemgetter, sub
from typing import Final, NamedTuple

_SINGLE: Final = 0.7
"""Part of a single spurt that may come again."""
_FEW: Final = 4
"""So many of a kind speak for themselves; where there are fewer, earlier ones are thought of."""
_MOST: Final = 8
"""Of a kind that are remembered, the largest."""
_DAY: Final = 26 * 3600.0
"""Seconds for which they are: what comes daily comes a day later, or somewhat more."""
_BLURRED: Final = 90.0
"""Seconds by which the end of one may seem to move as samples are thinned."""
_FRESH: Final = 120.0
"""Seconds for which is taken as known what comes and goes at once."""


class Gulp(NamedTuple):
    """One of them."""

    ended: float
    """On the clock of the series."""
    size: float


class Kind(NamedTuple):
    """What is known of spurts, or of falls."""

    size: float = 0.0
    """Of the largest of which there was more than one."""
    every: float = inf
    """Seconds from one to the next, about."""
    seen: tuple[Gulp, ...] = ()


_NEVER: Final = Kind()


class Gulps(NamedTuple):
    """What comes and goes at once in a store, as far as that was seen before."""

    spurts: Kind = _NEVER
    """Of a single one, most of it may come again."""
    falls: Kind = _NEVER
    """A single removal need not."""
    fresh: float = -inf
    """Until when they are taken as known, on the clock of the series."""

    @property
    def some(self) -> bool:
        """Whether anything was seen to come or go at once."""
        return bool(self.spurts.seen or self.falls.seen)


NONE: Final = Gulps()


def gulps(times: Sequence[float], values: Sequence[float], known: Gulps) -> Gulps:
    """Return what comes and goes at once, by a series and what was ``known`` of it before."""
    now = times[-1]
    if now < known.fresh:
        return known
    step = min(max((now - times[0]) / 60, 4.0), 10.0)
    places = [0]
    due = times[0] + step - 0.5
    for place, when in enumerate(times):
        if when >= due:
            places.append(place)
            due = when + step - 0.5
    at, used = [times[i] for i in places], [values[i] for i in places]
    changes = steps(used)
    span = at[-1] - at[0]
    if not changes or not span:
        return known
    mean = 2 * sum([each for each in changes if each > 0]) / span
    rises = [c if c > mean * t else 0.0 for c, t in zip(changes, steps(at), strict=True)]
    ended = _runs(at, rises)[: -1 if rises[-1] else None]
    falls = _runs(at, [-c if c < 0 else 0.0 for c in changes])
    return Gulps(
        _kind(ended, known.spurts.seen, _SINGLE, at),
        _kind(falls, known.falls.seen, 0.0, at),
        now + _FRESH,
    )


def steps(values: Sequence[float]) -> list[float]:
    """Return by how much each value differs from the one before."""
    return list(map(sub, values[1:], values))


def _runs(at: Sequence[float], changes: Sequence[float]) -> list[Gulp]:
    """Return each run of changes that are not 0; when one of ``at`` it ended, and its sum."""
    found: list[Gulp] = []
    end = 0
    for some, run in groupby(changes, bool):
        sizes = list(run)
        end += len(sizes)
        if some:
            found.append(Gulp(at[end], sum(sizes)))
    return found


def _kind(new: list[Gulp], seen: Sequence[Gulp], single: float, at: Sequence[float]) -> Kind:
    """Return what all that was found within the times ``at``, and earlier, makes."""
    now, span = at[-1], at[-1] - at[0]
    begin = at[0] + _BLURRED if seen else at[0]
    before = [each for each in seen if now - _DAY < each.ended < begin]
    new = [each for each in new if each.ended >= begin]
    if new and seen:  # the oldest may have begun before these times
        ended, size = new[0]
        sizes = [each.size for each in seen if abs(each.ended - ended) < _BLURRED]
        new[0] = Gulp(ended, max(size, *sizes, 0.0))
    found = [*before, *new]
    large = _large(found)
    kept = tuple(sorted(sorted(large, key=itemgetter(1))[-_MOST:]))
    if len([each for each in large if each.ended >= begin]) >= _FEW:
        found, large = new, _large(new)
    if not found:
        return _NEVER
    if len(found) < 2:
        return Kind(single * new[0].size if new else 0.0, inf, kept)
    size = sorted([each.size for each in found])[-2]
    return Kind(size, max(span, now - large[0].ended) / len(large), kept)


def _large(found: Sequence[Gulp]) -> list[Gulp]:
    """Return those that are no small ones beside the others."""
    if len(found) < 2:
        return list(found)
    least = sorted([each.size for each in found])[-2] / 3
    return [each for each in found if each.size > least]

"""States: how a level is doing, by how full it is and by when it will be full.

A level that is 86 % full is to be acted on and stays so until it is clearly below 85 % again; so
does one that will be full in 15 minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final

from console.clean import Clean
from console.config import Thresholds
from console.memo import equal
from console.model import Confidence, Forecast, Kind, Level, State, Trend

Judge = Callable[[Kind, Clean], Thresholds]
"""Thresholds of one level, by kind and id."""

_CLEAR_PERCENT: Final = 2.0
"""Percentage points below a threshold that count as clearly out of it."""
_CLEAR_FULL: Final = 99.5
_CLEAR_TIME: Final = 1.5
"""Times a threshold in seconds that count as clearly out of it, if for long enough:"""
_CLEAR_FOR: Final = 0.5
"""of that threshold; a store that stopped filling may go on …"""
_FREED_FOR: Final = 0.05
"""… and this of it, where so much was freed that even the pace of then would not do."""


_HALFWAY: Final = 0.5
"""How far from the time told to the soonest lies the time that a level is judged by."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a level and what it rests on."""

    state: State = State.OK
    by_fill: State = State.OK
    by_time: State = State.OK
    clear_since: float | None = None
    """Since when, on the clock of the looks, the forecast gives no cause for ``by_time``."""
    ample: float = inf
    """The free share of the store at which the pace that gave ``by_time`` would be no cause."""


CALM: Final = Standing()


def state_of(level: Level, thresholds: Thresholds) -> State:
    """Return how a level is doing by the fullest of its clocks."""
    fill = level.worst_fill
    if fill is None:
        return State.OK
    if fill >= 1.0:
        return State.FULL
    if fill * 100 >= thresholds.act_percent:
        return State.ACT
    return State.WATCH if fill * 100 >= thresholds.watch_percent else State.OK


def standing(
    level: Level,
    forecast: Forecast | None,
    thresholds: Thresholds,
    before: Standing,
    now: float,
) -> Standing:
    """Return how a level is doing; its ``state`` is taken to be that of its fill.

    ``now`` is the clock of the looks, ``before`` what the look before gave.
    """
    by_fill = _worse(level.state, _held_by_fill(level, thresholds, before.by_fill))
    free = 1.0 - min(level.worst_fill or 0.0, 1.0)
    by_time, clear_since, ample = _by_time(forecast, thresholds, before, now, free)
    found = Standing(_worse(by_fill, by_time), by_fill, by_time, clear_since, ample)
    return equal(found, before)


def _held_by_fill(level: Level, thresholds: Thresholds, before: State) -> State:
    """Return the state that a level has not clearly left yet."""
    fill = level.worst_fill
    if fill is None or before.severity <= level.state.severity or before is State.LOST:
        return State.OK
    leaves = {
        State.FULL: _CLEAR_FULL,
        State.ACT: thresholds.act_percent - _CLEAR_PERCENT,
        State.WATCH: thresholds.watch_percent - _CLEAR_PERCENT,
    }
    held = (state for state, percent in leaves.items() if fill * 100 > percent)
    return next((state for state in held if state.severity <= before.severity), State.OK)


def _by_time(
    forecast: Forecast | None, thresholds: Thresholds, before: Standing, now: float, free: float
) -> tuple[State, float | None, float]:
    """Return the state a forecast gives, since when it gives no cause for that, and what would.

    An alarm is taken back once the evidence against it is as good as that which raised it: so much
    room that it would not be raised at the pace of then, or a long time without cause.
    """
    state = _due(forecast, thresholds, 1.0)
    if state.severity >= before.by_time.severity:
        return state, None, _ample(forecast, thresholds, state, free)
    if _due(forecast, thresholds, _CLEAR_TIME).severity >= before.by_time.severity:
        return before.by_time, None, before.ample
    since = now if before.clear_since is None else before.clear_since
    clear_for = _FREED_FOR if free >= before.ample else _CLEAR_FOR
    if now - since < clear_for * _seconds(thresholds, before.by_time):
        return before.by_time, since, before.ample
    return state, None, _ample(forecast, thresholds, state, free)


def _ample(forecast: Forecast | None, thresholds: Thresholds, state: State, free: float) -> float:
    """Return the free share at which this pace would no longer be cause for that state."""
    if state is State.OK or forecast is None or not (judged := _judged(forecast)):
        return inf
    return free * _CLEAR_TIME * _seconds(thresholds, state) / judged


def _seconds(thresholds: Thresholds, state: State) -> float:
    return thresholds.act_seconds if state is State.ACT else thresholds.watch_seconds


def _due(forecast: Forecast | None, thresholds: Thresholds, factor: float) -> State:
    """Return what a forecast calls for when each threshold is so many times itself."""
    if forecast is None or (seconds := _judged(forecast)) is None:
        return State.OK
    # One of low confidence raises no alarm, but may keep one up.
    if factor == 1.0 and forecast.confidence is Confidence.LOW:
        return State.OK
    if seconds <= thresholds.act_seconds * factor:
        return State.ACT
    return State.WATCH if seconds <= thresholds.watch_seconds * factor else State.OK


def _judged(forecast: Forecast) -> float | None:
    """Return the seconds until full to go by: the less sure they are, the sooner."""
    if forecast.trend is not Trend.FILLING or forecast.seconds is None:
        return None
    soonest = forecast.band[0] if forecast.band else forecast.seconds
    return forecast.seconds - _HALFWAY * (forecast.seconds - soonest)


def _worse(one: State, other: State) -> State:
    return one if one.severity >= other.severity else other

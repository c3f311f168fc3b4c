"""Forecast: when a store will be full, from the pace at which it fills; pure.

``forecast(pace(series), left)`` of a store that takes 1 MB a second and has 600 MB left says
filling, 600 seconds, between 570 and 630, high confidence.
"""

from __future__ import annotations

from math import exp, inf, log
from typing import Final

from console.model import Clock, Confidence, Forecast, Trend
from console.pace import Pace

_BENT: Final = 6.0
"""Times itself that a pace is believed to become …"""
_BENT_FOR: Final = 0.5
"""… and for which part of the time that it was seen to bend it is believed to go on."""
_HORIZON: Final = 30 * 86_400.0
"""Seconds beyond which nothing is told."""
_FAR: Final = 12 * 3600.0
"""Seconds beyond which a store is steady, even if it grew as fast as it may."""
_BEYOND: Final = 8.0, 60.0
"""Times the window, of so many seconds at least, beyond which it is likewise."""
_HIGH: Final = 1.4
"""How far apart the paces may be, to be so sure."""
_FAIR: Final = 3.0
_LASTS: Final = 10.0
"""Times as long as a pace was seen to hold that it is believed to, at most …"""
_YOUNG: Final = 150.0, 4.0
"""… and below so many seconds of that: much of what grows for no longer ends by itself."""


_FALLING, _STEADY, _UNSTEADY = map(Forecast, (Trend.FALLING, Trend.STEADY, Trend.UNSTEADY))


def forecast(found: Pace | None, left: float, clock: Clock = Clock.BYTES) -> Forecast | None:
    """Return when ``left`` more will be used up."""
    if found is None:
        return None
    left = max(left, 0.0)
    soonest = _seconds(found, left, found.high)
    if found.low <= 0 or (seconds := _seconds(found, left, found.slope)) > _HORIZON:
        if found.high < 0:
            return _FALLING
        times, least = _BEYOND
        steady = soonest > min(_FAR, times * max(found.window, least))
        return _STEADY if steady else _UNSTEADY
    latest = _seconds(found, left, found.low)
    band = soonest, min(latest, _HORIZON * 10)
    return Forecast(
        Trend.FILLING, clock, seconds, band, _confidence(found, seconds), found.growth > 0
    )


def _seconds(found: Pace, left: float, slope: float) -> float:
    if slope <= 0:
        return inf
    left = max(left - found.ahead, 0.0)
    if found.growth == 0:
        return left / slope
    # That a pace grows or dies down is believed for a while and up to a factor, then it stays.
    most = min(exp(abs(found.growth) * found.window * _BENT_FOR), _BENT)
    most = most if found.growth > 0 else 1 / most
    used = slope * (most - 1) / found.growth
    if left <= used:
        return log(1 + found.growth * left / slope) / found.growth
    return log(most) / found.growth + (left - used) / (slope * most)


def _confidence(found: Pace, seconds: float) -> Confidence:
    width, (young, soon) = found.high / found.low, _YOUNG
    if seconds > found.window * (soon if found.window < young else _LASTS) or width > _FAIR:
        return Confidence.LOW
    return Confidence.HIGH if width <= _HIGH else Confidence.FAIR

"""Which level needs attention first: the worst state, then the soonest full, then the fullest."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from console.model import Level, Trend

_HALF = 600.0
"""Seconds to full that are halfway between at once and never."""

Urgency = tuple[int, float]
"""Severity of the state; then up to 1 what comes first, the greater the sooner."""


class Ranked(NamedTuple):
    """One level of a host and how urgent it is, as far as order goes by it."""

    urgency: Urgency
    owner: str
    """Name of its subhost; empty for the host's own."""
    level: Level
    fill: float
    """Its fullest clock, 0..1; -1: none."""
    seconds: float
    """Until it is full; infinite: it does not fill."""


def ranked(level: Level, owner: str = "") -> Ranked:
    """Return a level as it is now."""
    fill = level.worst_fill
    return weighed(level, owner, -1.0 if fill is None else fill, seconds_left(level))


def weighed(level: Level, owner: str, fill: float, seconds: float) -> Ranked:
    """Return a level that counts as so full, and full in so many seconds."""
    weight = fill / 2 if seconds == inf else 0.5 + 0.5 / (1 + max(seconds, 0.0) / _HALF)
    return Ranked((level.state.severity, weight), owner, level, fill, seconds)


def seconds_left(level: Level) -> float:
    """Return seconds from the newest look until full; infinite: it does not fill."""
    forecast = level.forecast
    if forecast is None or forecast.trend is not Trend.FILLING or forecast.seconds is None:
        return inf
    return forecast.seconds


def urgency(level: Level) -> Urgency:
    """Return what puts the level that needs attention first last."""
    return ranked(level).urgency


def most_urgent_first(levels: Iterable[Level]) -> list[Level]:
    """Return levels in the order in which they need attention."""
    return sorted(levels, key=urgency, reverse=True)


def order(urgency: Urgency) -> float:
    """Return an urgency as one number, the most urgent the smallest."""
    severity, weight = urgency
    return -10.0 * severity - weight

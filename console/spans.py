"""Spans of time in words: ``95 s``, ``3.2 h``; forecasts too: ``12 min (8-21) high``."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from console.model import Forecast, Trend

_FAR = 999.5
"""Of one unit; a band that ends later has no end worth telling."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a span is told in, coarse enough for its size."""

    seconds: float
    word: str
    letter: str

    def number(self, seconds: float) -> str:
        """Return a span in this unit: whole, but for a few hours or days."""
        value = max(seconds, 0.0) / self.seconds
        exact = self.seconds > 60 and value < 9.95
        return f"{value:.1f}".removesuffix(".0") if exact else f"{value:.0f}"


_UNITS = (
    (100.0, Unit(1.0, "s", "s")),
    (100.0 * 60, Unit(60.0, "min", "m")),
    (48.0 * 3600, Unit(3600.0, "h", "h")),
)
_DAYS = Unit(86_400.0, "d", "d")


def unit(seconds: float) -> Unit:
    """Return what a span is told in."""
    return next((each for most, each in _UNITS if seconds < most), _DAYS)


def span(seconds: float) -> str:
    """Return a span in words."""
    told = unit(seconds)
    return f"{told.number(seconds)} {told.word}"


def ends(band: tuple[float, float], told: Unit) -> tuple[str, str]:
    """Return both ends of a band; the later one is empty where it has no end worth telling."""
    low, high = band
    far = not isfinite(high) or high / told.seconds > _FAR
    return told.number(low), "" if far else told.number(high)


def until(forecast: Forecast) -> str:
    """Return when a store will be full, with band and confidence, or where it is heading."""
    if forecast.trend is not Trend.FILLING or forecast.seconds is None:
        return forecast.trend.value
    told = unit(forecast.seconds)
    between = ""
    if forecast.band is not None:
        low, high = ends(forecast.band, told)
        between = f"({low}-{high})" if high else f"({low}+)"
    sure = forecast.confidence.value if forecast.confidence else ""
    return " ".join(filter(None, (span(forecast.seconds), between, sure)))


def until_short(forecast: Forecast) -> str:
    """Return the same in few characters: ``12m``."""
    if forecast.trend is not Trend.FILLING or forecast.seconds is None:
        return forecast.trend.value
    told = unit(forecast.seconds)
    return f"{told.number(forecast.seconds)}{told.letter}"

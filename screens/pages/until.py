"""The column that tells when a level will be full: ``12 min (8-21) high``; ``12m`` if narrow."""

from __future__ import annotations

from console.model import Confidence, Level, State, Trend
from console.spans import until as told
from console.spans import until_short
from screens.page import Column, Tone, Words

COLUMN = Column("full", "FULL IN", 9, grow=2, most=20)
_TONES = {
    State.OK: Tone.PLAIN,
    State.WATCH: Tone.WATCH,
    State.ACT: Tone.ACT,
    State.FULL: Tone.BAD,
    State.LOST: Tone.BAD,
}


def until(level: Level, order: float) -> Words:
    """Return when a level will be full, for a column that is sorted by ``order``."""
    forecast = level.forecast
    if level.state is State.FULL:
        return Words("now", Tone.BAD, order)
    if level.state is State.LOST or forecast is None:
        return Words("-", Tone.DIM, order)
    if forecast.trend is not Trend.FILLING:
        return Words(forecast.trend.value, Tone.DIM, order)
    doubt = "?" if forecast.confidence is Confidence.LOW else ""
    short = f"{until_short(forecast)}{doubt}"
    return Words(told(forecast), _TONES[level.state], order, short=short)

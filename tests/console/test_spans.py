"""How spans of time and forecasts are said."""

from __future__ import annotations

from math import inf

import pytest

from console.model import Clock, Confidence, Forecast, Trend
from console.spans import span, until, until_short


def filling(
    seconds: float, band: tuple[float, float] | None, sure: Confidence | None = Confidence.HIGH
) -> Forecast:
    return Forecast(Trend.FILLING, Clock.BYTES, seconds, band, sure)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3.0, "0 s"),
        (0.0, "0 s"),
        (95.4, "95 s"),
        (100.0, "2 min"),
        (720.0, "12 min"),
        (6000.0, "1.7 h"),
        (7200.0, "2 h"),
        (36_000.0, "10 h"),
        (200_000.0, "2.3 d"),
        (86_400.0 * 40, "40 d"),
    ],
)
def test_a_span(seconds: float, said: str) -> None:
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("forecast", "said", "short"),
    [
        (filling(720, (480, 1260)), "12 min (8-21) high", "12m"),
        (filling(45, (30, 70)), "45 s (30-70) high", "45s"),
        (filling(9000, (6480, 14_040), Confidence.FAIR), "2.5 h (1.8-3.9) fair", "2.5h"),
        (filling(720, (480, inf), Confidence.LOW), "12 min (8+) low", "12m"),
        (filling(45, (30, 86_400)), "45 s (30+) high", "45s"),
        (filling(720, None, None), "12 min", "12m"),
        (Forecast(Trend.STEADY), "steady", "steady"),
        (Forecast(Trend.UNSTEADY), "unsteady", "unsteady"),
    ],
)
def test_a_forecast_fits_its_column(forecast: Forecast, said: str, short: str) -> None:
    assert (until(forecast), until_short(forecast)) == (said, short)
    assert len(said) <= 20
    assert len(short) <= 8

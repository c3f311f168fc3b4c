"""What holds of every forecast, whatever a store did."""

from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.chronicle import MOST
from console.forecast import forecast
from console.model import Forecast, Trend
from console.pace import Pace, pace
from console.series import Sample, Series

PASTS = st.lists(
    st.tuples(st.floats(0.5, 40), st.integers(-(2**36), 2**36) | st.integers(-9, 9)),
    min_size=5,
    max_size=120,
)


def walked(past: list[tuple[float, int]], scale: int = 1, shift: int = 0) -> Series:
    """Return a store that changes so, never below 0."""
    at, used, samples = 0.0, 2**40, []
    for seconds, change in past:
        at, used = at + seconds, used + change
        samples.append(Sample(at, at, used * scale + shift))
    return Series(samples)


@given(PASTS, st.floats(0, 2.0**45))
@settings(deadline=None)
def test_numbers_are_numbers(past: list[tuple[float, int]], left: float) -> None:
    told = forecast(pace(walked(past)), left)
    if told is None:
        return
    assert (told.trend is Trend.FILLING) == (told.seconds is not None) == (told.band is not None)
    if told.seconds is not None and told.band is not None:
        assert isfinite(told.seconds)
        assert told.confidence is not None
        assert 0 <= told.band[0] <= told.seconds * (1 + 1e-9)
        assert told.seconds <= told.band[1] * (1 + 1e-9)


@given(PASTS, st.integers(1, 1000), st.integers(0, 2**40), st.floats(1, 2.0**40))
@settings(deadline=None)
def test_neither_unit_nor_what_lies_below_matters(
    past: list[tuple[float, int]], scale: int, shift: int, left: float
) -> None:
    plain = forecast(pace(walked(past)), left)
    other = forecast(pace(walked(past, scale, shift)), left * scale)
    assert _seconds(plain) == pytest.approx(_seconds(other), rel=1e-6)


@given(PASTS, st.floats(1, 2.0**40), st.floats(1, 1000))
@settings(deadline=None)
def test_more_room_never_ends_sooner(
    past: list[tuple[float, int]], left: float, times: float
) -> None:
    found = pace(walked(past))
    assert _seconds(forecast(found, left)) <= _seconds(forecast(found, left * times)) * (1 + 1e-9)


@given(
    st.builds(
        lambda slope, low, high, window, growth, ahead: Pace(
            slope, slope * low, slope * high, window, growth, ahead
        ),
        st.floats(1e-3, 1e9),
        st.floats(0.1, 1),
        st.floats(1, 10),
        st.floats(1, 7200),
        st.floats(-0.1, 0.1),
        st.floats(0, 1e9),
    ),
    st.floats(0, 1e12),
    st.floats(0, 1e12),
)
def test_a_bent_pace_too_is_later_with_more_room(found: Pace, left: float, more: float) -> None:
    assert _seconds(forecast(found, left)) <= _seconds(forecast(found, left + more)) + 1e-6


def test_sizes_beyond_what_is_stored_break_nothing() -> None:
    found = pace(Series(Sample(n * 2.0, 0.0, MOST - 10 + n) for n in range(40)))
    assert found is not None


def _seconds(told: Forecast | None) -> float:
    return float("inf") if told is None or told.seconds is None else told.seconds

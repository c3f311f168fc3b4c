"""When a store will be full: constant writers, steps, teeth, bends."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from console.forecast import forecast
from console.model import Clock, Confidence, Forecast, Trend
from console.pace import Pace, pace
from console.series import Sample, Series

KIB, MIB, GIB = 2**10, 2**20, 2**30
STEP = 2.0


def series(used: Callable[[float], float], seconds: float, step: float = STEP) -> Series:
    """Return what looks at a store find that holds ``used`` at each second."""
    times = [n * step for n in range(int(seconds / step) + 1)]
    return Series(Sample(at, at, int(used(at))) for at in times)


def foreseen(found: Series, total: float) -> Forecast | None:
    """Return the forecast of a store of so many bytes."""
    _, values = found.tail(1e9)
    return forecast(pace(found), total - values[-1])


def filling(found: Series, total: float) -> Forecast:
    """Return the forecast of a store that fills."""
    told = foreseen(found, total)
    assert told is not None
    assert told.trend is Trend.FILLING
    assert told.seconds is not None
    assert told.band is not None
    assert told.band[0] <= told.seconds <= told.band[1]
    return told


@given(
    rate=st.floats(4 * KIB, 500 * MIB),
    minutes=st.floats(1, 600),
    grain=st.sampled_from([1, 4 * KIB, 64 * KIB]),
    after=st.floats(30, 900),
)
@settings(deadline=None)
def test_from_30_s_on_a_constant_writers_end_is_within_a_tenth_and_in_the_band(
    rate: float, minutes: float, grain: int, after: float
) -> None:
    assume(rate * STEP > 4 * grain)
    end = after + minutes * 60
    told = filling(series(lambda at: MIB + rate * at // grain * grain, after), MIB + rate * end)
    true = end - after // STEP * STEP
    assert told.seconds == pytest.approx(true, rel=0.1)
    assert told.band is not None
    assert told.band[0] <= true <= told.band[1]


@pytest.mark.parametrize("samples", range(5))
def test_nothing_is_told_that_was_not_earned(samples: int) -> None:
    assert (
        foreseen(Series(Sample(n * STEP, 0.0, n * MIB) for n in range(samples)), GIB) is None
        if (samples)
        else pace(Series()) is None
    )


@pytest.mark.parametrize("seconds", [30, 600, 7200])
def test_a_flat_store_is_steady(seconds: float) -> None:
    assert foreseen(series(lambda _: GIB, seconds), 2 * GIB) == Forecast(Trend.STEADY)


@pytest.mark.parametrize("after", [10, 16, 30, 60, 120, 300])
@pytest.mark.parametrize("total", [2 * MIB, 64 * MIB, GIB])
def test_one_copy_up_promises_no_end(after: float, total: int) -> None:
    step = series(lambda at: MIB + (600 * KIB if at > 60 else 0), 60 + after)
    told = foreseen(step, total)
    assert told is not None
    assert told.seconds is None or told.confidence is Confidence.LOW


def test_a_pace_begins_anew_after_a_removal() -> None:
    writer = series(lambda at: GIB + at * MIB - (700 * MIB if at > 800 else 0), 860)
    assert filling(writer, 2 * GIB).seconds == pytest.approx(
        (2 * GIB - GIB - 160 * MIB) / MIB, rel=0.1
    )


def test_a_writer_that_begins_is_noticed_within_half_a_minute() -> None:
    begun = series(lambda at: GIB + max(at - 600, 0) * MIB, 630)
    assert filling(begun, GIB + 330 * MIB).seconds == pytest.approx(300, rel=0.1)


def test_a_writer_that_ends_is_noticed_within_half_a_minute() -> None:
    ended = series(lambda at: GIB + min(at, 600) * MIB, 630)
    told = foreseen(ended, 2 * GIB)
    assert told is not None
    assert told.trend is not Trend.FILLING


@pytest.mark.parametrize("period", [60, 300, 900])
def test_a_log_that_is_rotated_never_ends_sooner_than_its_upper_envelope(period: int) -> None:
    kept, tooth, total = 2 * MIB, 50 * MIB, GIB

    def used(at: float) -> float:
        return 100 * MIB + kept * (at // period) + tooth * (at % period) / period

    envelope = kept / period
    for seconds in range(3 * period, 7200, max(period * 3 // 7, 200)):
        told = foreseen(series(used, seconds), total)
        assert told is not None
        if told.seconds is not None:
            left = (total - 100 * MIB - tooth - kept * seconds / period) / envelope
            assert told.seconds > left / 2
            assert told.seconds > 3600


def test_a_log_that_keeps_nothing_is_never_full() -> None:
    tooth = series(lambda at: 100 * MIB + at % 120 * MIB, 3000)
    told = foreseen(tooth, 230 * MIB)
    assert told is not None
    assert told.trend in {Trend.STEADY, Trend.UNSTEADY}


def test_bursts_are_taken_together() -> None:
    bursts = series(lambda at: 10 * MIB * (at // 60 + min(at % 60 / 6, 1)), 1830)
    assert filling(bursts, 310 * MIB + 200 * MIB).seconds == pytest.approx(1200, rel=0.3)


def test_a_rise_that_no_fall_there_ever_was_can_undo_is_news() -> None:
    def queue(at: float) -> float:
        """Jams at two times, by 100 MiB, and clears; then jams for good."""
        jammed = max(at % 3600 - 2000, 0.0) if at < 7200 else at - 7200
        return GIB + MIB / 4 * min(jammed, 400.0 if at < 7200 else inf)

    def clears(at: float) -> float:
        return GIB if at < 7200 and at % 3600 > 2500 else queue(at)

    told = foreseen(series(clears, 7200 + 300), 2 * GIB)
    assert told is not None
    assert told.trend is not Trend.FILLING
    told = filling(series(clears, 7200 + 1000), 2 * GIB)
    assert told.seconds == pytest.approx(4096 - 1000, rel=0.2)


def test_a_spurt_that_will_not_end_before_the_store_does_is_news() -> None:
    def copies(at: float) -> float:
        """Copies of 200 MiB within ten minutes, one each forty minutes."""
        return 200 * MIB * (at // 2400 + min(at % 2400 / 600, 1.0))

    past = series(copies, 2 * 2400 + 200)
    for left, low, high in ((2 * GIB, 5 * 3600, 9 * 3600), (100 * MIB, 200, 400)):
        told = forecast(pace(past, left=left), left)
        assert told is not None
        assert told.seconds is not None
        assert low < told.seconds < high


def test_noise_about_a_level_is_not_growth() -> None:
    for seed in range(20):
        chance = Random(seed)  # noqa: S311  a made-up load
        noise = series(lambda _, c=chance: GIB + c.gauss(0, 20 * MIB), 1200)  # type: ignore[misc]
        told = foreseen(noise, 2 * GIB)
        assert told is not None
        assert told.trend is not Trend.FILLING


def test_what_swings_about_a_line_does_not_hide_it() -> None:
    for seed in range(10):
        chance = Random(seed)  # noqa: S311  a made-up load
        leaks = series(
            lambda at, c=chance: GIB + at * MIB / 8 + c.gauss(0, 10 * MIB),  # type: ignore[misc]
            1200,
        )
        told = filling(leaks, GIB + 6000 * MIB / 8)
        assert told.seconds == pytest.approx(4800, rel=0.2)
        assert told.confidence is not Confidence.LOW


def test_what_lay_above_one_great_removal_is_no_tooth_to_come() -> None:
    def log(at: float) -> float:
        """Grows, with small files that come and go each minute; emptied at 3000."""
        kept = 900 * MIB if at < 3000 else 0
        return kept + at * MIB / 40 + 4 * MIB * (at % 60 > 40)

    for after in range(3600, 6000, 400):
        told = foreseen(series(log, after), GIB)
        assert told is not None
        assert told.seconds is None or told.seconds > 3 * 3600


def test_a_bend_is_believed_for_half_as_long_as_it_was_seen() -> None:
    growth = 1 / 3600
    for window, soon in ((60.0, 59_000), (3600.0, 36_800), (36_000.0, 13_450)):
        told = forecast(Pace(1.0, 0.9, 1.1, window, growth), 60_000)
        assert told is not None
        assert told.seconds == pytest.approx(soon, rel=0.02)


def test_what_grows_ever_faster_ends_before_its_pace_says() -> None:
    doubling = 300.0
    runaway = series(lambda at: 64 * MIB * exp(0.693 * at / doubling), 1200)
    told = filling(runaway, 64 * MIB * exp(0.693 * 1500 / doubling))
    assert told.accelerating
    assert told.seconds == pytest.approx(300, rel=0.15)


def test_what_falls_is_falling() -> None:
    assert foreseen(series(lambda at: GIB - at * MIB, 300), 2 * GIB) == Forecast(Trend.FALLING)


def test_a_full_store_that_is_still_written_is_full_now() -> None:
    found = pace(series(lambda at: at * MIB, 300))
    told = forecast(found, -5.0, Clock.INODES)
    assert told is not None
    assert (told.seconds, told.clock) == (0.0, Clock.INODES)


def test_how_sure_it_is_grows_with_time() -> None:
    sure = [
        filling(series(lambda at: at * MIB, seconds), 3600 * MIB).confidence
        for seconds in (20, 900)
    ]
    assert sure == [Confidence.LOW, Confidence.HIGH]

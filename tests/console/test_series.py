"""Rates and sparklines of recorded levels."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.chronicle import KEPT
from console.series import Sample, Series, rate
from console.sparkline import heights

MB = 10**6
GB = 10**9


def writer(
    pace: float,
    count: int,
    *,
    at: float = 0.0,
    time: float = 1e9,
    base: int = GB,
    every: float = 2.0,
) -> list[Sample]:
    return [
        Sample(at + i * every, time + i * every, base + round(pace * i * every))
        for i in range(count)
    ]


@given(
    pace=st.floats(min_value=1e3, max_value=1e9),
    every=st.floats(min_value=0.5, max_value=6.0),
    count=st.integers(min_value=12, max_value=600),
    falling=st.booleans(),
)
def test_a_constant_writer_has_its_rate_within_five_percent(
    pace: float, every: float, count: int, falling: bool
) -> None:
    sign = -1 if falling else 1
    series = Series(writer(sign * pace, count, every=every, base=10**13))
    assert rate(series) == pytest.approx(sign * pace, rel=0.05)


@given(noise=st.randoms(use_true_random=True))
def test_noise_on_a_writer_does_not_move_its_rate(noise: Random) -> None:
    samples = [Sample(i * 2.0, i * 2.0, GB + i * 2 * MB + noise.randrange(MB)) for i in range(60)]
    assert rate(Series(samples)) == pytest.approx(MB, rel=0.05)


def test_no_rate_before_three_samples_span_five_seconds() -> None:
    samples = writer(MB, 4, every=2.0)
    assert rate(Series(samples[:2])) is None
    assert rate(Series(samples[:3])) is None
    assert rate(Series(samples)) == pytest.approx(MB)
    assert rate(Series([samples[0], samples[3]])) is None
    assert rate(Series()) is None


@given(place=st.integers(1, 28), jump=st.sampled_from([-900 * MB, 50 * MB, 40 * GB]))
def test_one_jump_is_not_a_rate(place: int, jump: int) -> None:
    moving = [
        Sample(s.at, s.time, s.used + (jump if i >= place else 0))
        for i, s in enumerate(writer(MB, 30, base=50 * GB))
    ]
    assert rate(Series(moving)) == pytest.approx(MB, rel=0.05)
    still = [Sample(i * 2.0, i * 2.0, GB + (jump if i >= place else 0)) for i in range(30)]
    assert rate(Series(still)) == 0.0


def test_bursts_count_as_their_mean() -> None:
    samples = [Sample(i * 2.0, i * 2.0, i // 4 * 8 * MB) for i in range(90)]
    assert rate(Series(samples)) == pytest.approx(MB, rel=0.2)


def test_a_file_that_comes_and_goes_is_not_a_rate() -> None:
    samples = [Sample(i * 2.0, i * 2.0, GB + (300 * MB if 12 <= i < 15 else 0)) for i in range(30)]
    assert rate(Series(samples)) == 0.0


@given(jump=st.floats(min_value=-1e9, max_value=1e9), place=st.integers(1, 29))
def test_a_step_of_the_wall_clock_does_not_show(jump: float, place: int) -> None:
    samples = [
        Sample(s.at, s.time + (jump if i >= place else 0), s.used)
        for i, s in enumerate(writer(MB, 30))
    ]
    assert rate(Series(samples)) == pytest.approx(MB)


def test_a_new_clock_is_joined_by_wall_time() -> None:
    before = [Sample(s.at, s.time, s.used, clock="old") for s in writer(MB, 10, at=5000.0)]
    after = writer(MB, 3, at=3.0, time=1e9 + 22, base=GB + 22 * MB)
    series = Series([*before, *after])
    assert rate(series) == pytest.approx(MB)
    assert len(series.tail(60)[0]) == 13


@pytest.mark.parametrize("wall", [1e9 - 500, 1e9 + 1e9])
def test_clocks_that_cannot_be_joined_start_the_rate_anew(wall: float) -> None:
    before = [Sample(s.at, s.time, s.used, clock="old") for s in writer(MB, 10, at=5000.0)]
    after = writer(2 * MB, 5, at=3.0, time=wall, base=GB + 100 * MB)
    assert rate(Series([*before, *after[:2]])) is None
    assert rate(Series([*before, *after])) == pytest.approx(2 * MB)


def test_a_reboot_gives_no_negative_rate() -> None:
    before = [Sample(s.at, s.time, s.used, boot="a") for s in writer(MB, 20)]
    after = [Sample(s.at, s.time, s.used, boot="b") for s in writer(MB, 10, at=50.0, base=MB)]
    series = Series(before)
    for done, sample in enumerate(after, 1):
        series.append(sample)
        found = rate(series)
        assert found is None if done < 4 else found == pytest.approx(MB)
    assert heights(series, 10, 60.0, None)[0] > 0, "what was before is still drawn"


def test_an_exception_store_made_anew_gives_no_negative_rate() -> None:
    series = Series(Sample(i * 2.0, i * 2.0, i * MB, chunks=i) for i in range(30))
    series.append(Sample(60.0, 60.0, 0, chunks=0))
    assert rate(series) is None


def test_an_unknown_boot_is_not_a_reboot() -> None:
    samples = [
        Sample(s.at, s.time, s.used, boot="a" if i % 3 else "")
        for i, s in enumerate(writer(MB, 20))
    ]
    assert rate(Series(samples)) == pytest.approx(MB)


def test_inodes_have_a_rate_too_and_need_not_be_known() -> None:
    samples = [Sample(i * 2.0, i * 2.0, 5, i * 10 if i % 5 else None) for i in range(30)]
    series = Series(samples)
    assert rate(series, of="inodes") == pytest.approx(5)
    assert rate(series, of="chunks") is None
    assert rate(series) == 0.0


@given(
    st.lists(
        st.builds(
            Sample,
            at=st.floats(-1e6, 1e12),
            time=st.floats(-1e6, 1e12),
            used=st.integers(-(2**70), 2**70),
            inodes=st.none() | st.integers(-5, 2**70),
            chunks=st.none() | st.integers(0, 2**70),
            boot=st.sampled_from(["", "a", "b"]),
            clock=st.sampled_from(["", "x"]),
        ),
        max_size=80,
    )
)
def test_no_samples_break_it(samples: list[Sample]) -> None:
    series = Series(samples)
    times, _ = series.tail(float("inf"))
    assert list(times) == sorted(times)
    rate(series)
    assert all(-1 <= height <= 7 for height in heights(series, 20, 600.0, None))


def test_it_stays_small_and_reaches_back() -> None:
    series = Series(writer(MB, 50_000, every=0.25))
    assert len(series) < 400
    times, values = series.tail(KEPT)
    assert times[-1] - times[0] > KEPT - 60
    assert rate(series) == pytest.approx(MB)
    assert list(values) == sorted(values)


@given(noise=st.randoms(use_true_random=True))
def test_a_flat_line_with_noise_is_drawn_flat(noise: Random) -> None:
    total = 64 * GB
    flat = Series(
        Sample(i * 2.0, i * 2.0, 30 * GB + noise.randrange(100 * MB)) for i in range(400)
    )
    assert heights(flat, 30, 780.0, total) == (0,) * 30
    assert heights(Series(writer(0.0, 400)), 30, 780.0, None) == (0,) * 30


def test_a_rise_fills_the_height() -> None:
    line = heights(Series(writer(MB, 400)), 8, 780.0, 2 * GB)
    assert line == (0, 1, 2, 3, 4, 5, 6, 7)
    fall = heights(Series(writer(-MB, 400, base=2 * GB)), 8, 780.0, 2 * GB)
    assert fall[0] == 7
    assert fall[-1] <= 1
    assert list(fall) == sorted(fall, reverse=True)


def test_where_nothing_is_known_nothing_is_drawn() -> None:
    assert heights(Series(), 5, 60.0, 100) == (-1,) * 5
    samples = [*writer(0.0, 10), *writer(0.0, 10, at=300.0)]
    line = heights(Series(samples), 16, 320.0, GB)
    assert line[0] == 0
    assert -1 in line
    assert line[-1] == 0
    assert line.index(-1) > 1, "a short silence is bridged"

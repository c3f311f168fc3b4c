"""What comes and goes at once, and for how long that is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from console.chronicle import REMEMBERED
from console.gulps import NONE, Gulps, gulps
from console.series import Sample, Series
from tests.console.hosts import MIB

HOUR = 3600.0


def copies(sizes: list[int], every: float) -> Iterator[Sample]:
    """A store that takes a copy of so many MiB within five minutes and throws the last away."""
    used = 100 * MIB
    at = 0.0
    for size in sizes:
        for n in range(round(every / 10)):
            at += 10.0
            if every - n * 10 <= 300:
                used += size * MIB // 30
            yield Sample(at, at, used)
        used = 100 * MIB


def found(looks: Iterator[Sample], known: Gulps = NONE) -> Gulps:
    """Return what is known of such a store in the end, asked at each tenth look."""
    series = Series()
    for number, look in enumerate(looks):
        series.append(look)
        if number % 10 == 9:
            times, values = series.tail(REMEMBERED, unbroken=True)
            known = gulps(times, values, known)
    return known


def test_what_came_more_than_once_may_come_again() -> None:
    known = found(copies([60, 30, 60, 60], HOUR / 2))
    assert 55 * MIB < known.spurts.size < 65 * MIB
    assert HOUR / 4 < known.spurts.every < HOUR
    assert 55 * MIB < known.falls.size < 65 * MIB


def test_a_single_removal_need_not_come_again() -> None:
    known = found(copies([60, 0], HOUR / 2))
    assert (known.falls.size, known.falls.every) == (0.0, inf)
    assert 35 * MIB < known.spurts.size < 50 * MIB


def test_the_large_are_remembered_for_a_day_whatever_small_came_since() -> None:
    known = found(copies([60, 60, 0], 3 * HOUR))
    assert 55 * MIB < known.spurts.size < 65 * MIB
    assert known.spurts.every > HOUR
    later = found(copies([60, 60, *[1] * 60], HOUR / 4))
    assert 55 * MIB < later.spurts.size < 65 * MIB
    forgotten = found(copies([60, 60, *[1] * 110], HOUR / 4))
    assert forgotten.spurts.size < 5 * MIB


def test_a_lone_large_one_is_remembered_until_the_next_whatever_small_came_since() -> None:
    once = [60, *[1] * 12]
    assert found(copies(once, HOUR / 2)).spurts.size < 5 * MIB
    twice = found(copies([*once, 60, 0], HOUR / 2))
    assert 55 * MIB < twice.spurts.size < 65 * MIB
    daily = found(copies([60, *[0] * 10, 60, 0], 2 * HOUR))
    assert 55 * MIB < daily.spurts.size < 65 * MIB


def test_what_was_found_a_moment_ago_is_taken_as_known() -> None:
    known = found(copies([60, 60], HOUR / 2))
    assert gulps([known.fresh - 1.0], [7], known) is known


@given(st.lists(st.tuples(st.floats(0.01, 500), st.integers(0, 2**62)), min_size=1, max_size=60))
def test_it_takes_any_series(looks: list[tuple[float, int]]) -> None:
    times, values, at = [], [], 0.0
    for gap, value in looks:
        at += gap
        times.append(at)
        values.append(value)
    known = gulps(times, values, NONE)
    for kind in (known.spurts, known.falls):
        assert kind.size >= 0
        assert kind.every > 0
        assert list(kind.seen) == sorted(kind.seen)

"""Forecasts from look to look: what they cost, which clock is told, and when another is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from console.chronicle import Measure
from console.clean import Clean
from console.gulps import Gulps
from console.levels import memory_level
from console.model import Clock, Confidence, Forecast, Kind, Level, Limit, Trend
from console.outlook import Outlook, soonest
from console.pace import Pace, pace
from console.series import Sample, Series
from tests.console.hosts import GIB, MIB, judge, memory

STORE = replace(
    memory_level(memory(GIB), judge), kind=Kind.TMPFS, limit=Limit(GIB, Clean("own size"))
)


def told(level: Level, looks: Iterator[Sample]) -> list[Forecast | None]:
    """Return what is foreseen of a level after each look."""
    series, found, forecasts = Series(), Outlook(), []
    for look in looks:
        series.append(look)
        seen = replace(level, used=look.used, inodes_used=look.inodes, metadata_used=look.metadata)
        forecasts.append(found.tell(found.after(seen, series, look.at)))
    return forecasts


def writing(
    pace: float, count: int, *, inodes: float | None = None, metadata: float | None = None
) -> Iterator[Sample]:
    for n in range(count):
        at = 2.0 * n
        yield Sample(
            at,
            at,
            int(MIB + pace * at),
            None if inodes is None else int(10 + inodes * at),
            metadata=None if metadata is None else int(10 + metadata * at),
        )


@pytest.mark.parametrize(
    ("kind", "clock"),
    [
        (Kind.TMPFS, Clock.BYTES),
        (Kind.DM_SNAPSHOT, Clock.CHUNKS),
        (Kind.MEMORY, Clock.MEMORY),
        (Kind.OVERLAY, Clock.BYTES),
    ],
)
def test_what_bytes_are_is_named(kind: Kind, clock: Clock) -> None:
    *_, last = told(replace(STORE, kind=kind), writing(MIB, 60))
    assert last is not None
    assert (last.trend, last.clock) == (Trend.FILLING, clock)


def test_the_shortest_clock_is_told() -> None:
    store = replace(STORE, inodes_total=100_000, metadata_total=1000)
    *_, last = told(store, writing(100.0, 100, inodes=5.0, metadata=1.0))
    assert last is not None
    assert last.clock is Clock.METADATA
    assert last.seconds == pytest.approx(1000 - 10 - 198, rel=0.05)
    *_, last = told(store, writing(100.0, 100, inodes=900.0, metadata=1.0))
    assert last is not None
    assert last.clock is Clock.INODES


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the times at which a pace is worked out from now on."""
    found: list[float] = []

    def counted(series: Series, of: Measure, known: Gulps, left: float) -> Pace | None:
        found.append(series.tail(1.0)[0][-1])
        return pace(series, of, known, left)

    monkeypatch.setattr("console.outlook.pace", counted)
    return found


def test_the_nearer_the_end_the_more_often_a_pace_is_worked_out(worked: list[float]) -> None:
    told(STORE, writing(3 * MIB, 100))
    near = len(worked)
    worked.clear()
    told(STORE, writing(1000.0, 100))
    assert len(worked) < 20 < near


def test_a_pace_is_not_worked_out_while_nothing_surprises(worked: list[float]) -> None:
    looks = [*writing(MIB / 4, 300)]
    forecasts = told(STORE, iter(looks))
    assert len(worked) < 60
    assert len({id(each) for each in forecasts}) < 150
    worked.clear()
    surprise = looks[-1]._replace(at=600.0, used=looks[-1].used + 100 * MIB)
    told(STORE, iter([*looks, surprise]))
    assert worked[-1] == 600.0


def test_seconds_are_told_in_steps_and_the_band_is_never_too_narrow() -> None:
    for forecast in told(STORE, writing(MIB / 5, 200)):
        if forecast is not None and forecast.seconds is not None and forecast.band is not None:
            assert forecast.seconds % (300 if forecast.seconds > 3600 else 30) == 0
            low, high = forecast.band
            assert low < forecast.seconds < high


def test_the_soonest_of_several_is_told() -> None:
    far = Forecast(Trend.FILLING, Clock.BYTES, 600.0, (500.0, 700.0), Confidence.HIGH)
    near = replace(far, seconds=60.0, clock=Clock.MEMORY)
    steady, unsteady = Forecast(Trend.STEADY), Forecast(Trend.UNSTEADY)
    assert soonest(far, steady, None, near) is near
    assert soonest(None, steady, unsteady) is steady
    assert soonest(None, None) is soonest() is None

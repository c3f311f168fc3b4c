"""The recent past of every level: rates, what was recorded, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from console.chronicle import KEPT
from console.clean import Clean
from console.config import Thresholds
from console.model import Clock, Forecast, Host, Kind, Level, State, Trend
from console.series import Sample
from console.trends import Trends, level_key
from tests.console.diary import Diary
from tests.console.hosts import (
    BASE,
    FILL,
    GIB,
    MIB,
    NAME,
    facts,
    host,
    judge,
    statfs,
    with_subhost,
)


def at(second: float, used: int = MIB, text: str = BASE) -> Host:
    """Return a host with so much used of its root at that second."""
    fill = {**FILL, "/": statfs(GIB, used), "/t": statfs(GIB, used)}
    return host(replace(facts(text, fill), at=second, time=1000.0 + second))


def rates(found: Host) -> dict[str, float | None]:
    return {each.id: each.rate for each in found.levels}


def of(found: Host, id_: str) -> Level:
    return next(each for each in found.levels if each.id == id_)


async def test_a_rate_takes_some_samples() -> None:
    trends = Trends(None)
    seen = [await trends.followed(at(2.0 * n, MIB * (1 + n)), judge) for n in range(6)]
    assert [of(each, "fs:/").rate for each in seen[:2]] == [None, None]
    assert rates(seen[-1]) == {"fs:/": 524_000.0, "fs:/srv": 0.0, "mem": 0.0}
    assert len(trends.series[NAME, level_key("", Clean("fs:/"))]) == 6


async def test_less_than_a_byte_a_second_is_still() -> None:
    trends = Trends(None)
    for n in range(30):
        found = await trends.followed(at(2.0 * n, MIB + n), judge)
    assert rates(found)["fs:/"] == 0.0


async def test_levels_of_subhosts_have_their_own_past() -> None:
    trends = Trends(None)
    for n in range(6):
        found = await trends.followed(host(replace(with_subhost(), at=2.0 * n)), judge)
    (mta,) = found.subhosts
    assert [each.rate for each in mta.levels] == [0.0] * 3
    assert {key for _, key in trends.series} >= {
        "mta/overlay:/srv/mta/live",
        "mta/tmpfs:/run",
        "fs:/",
    }


def overlaid(n: int, apart: int = 0) -> Host:
    """Return a host at look ``n`` on which a subhost's overlay lies on a store that fills."""
    found = host(replace(with_subhost(), at=2.0 * n))
    below = replace(of(found, "fs:/srv"), used=MIB * n)
    (mta,) = found.subhosts
    assert mta.levels[0].on == below.id
    live = replace(
        below, id=mta.levels[0].id, kind=Kind.OVERLAY, used=MIB * n + apart, on=below.id
    )
    levels = tuple(below if each.id == below.id else each for each in found.levels)
    return replace(found, levels=levels, subhosts=(replace(mta, levels=(live,)),))


async def test_what_is_as_full_as_what_it_lies_on_fares_as_that() -> None:
    trends, name = Trends(None), level_key("mta", Clean("overlay:/srv/mta/live"))
    for n in range(100):
        found = await trends.followed(overlaid(n), judge)
    below, (live,) = of(found, "fs:/srv"), found.subhosts[0].levels
    assert below.forecast is not None
    assert below.forecast.trend is Trend.FILLING
    assert (live.rate, live.forecast) == (below.rate, below.forecast)
    assert trends.series[NAME, name] == trends.series[NAME, level_key("", below.id)]
    for n in range(100, 105):
        found = await trends.followed(overlaid(n, apart=GIB * (n - 100)), judge)
    below, (live,) = of(found, "fs:/srv"), found.subhosts[0].levels
    assert below.rate == pytest.approx(MIB / 2, rel=0.01)
    assert live.rate == pytest.approx((GIB + MIB) / 2, rel=0.01)
    assert len(trends.series[NAME, name]) == 4  # it was the same at the first of these five


async def test_what_was_recorded_is_recalled_once_and_counts() -> None:
    past = {Clean("fs:/"): tuple(Sample(float(n), 1000.0 + n, n * MIB) for n in range(0, 60, 2))}
    diary = Diary(past)
    trends = Trends(diary)
    found = await trends.followed(at(60.0, 60 * MIB), judge)
    assert rates(found)["fs:/"] == pytest.approx(MIB, rel=0.01)
    await trends.followed(at(62.0, 62 * MIB), judge)
    assert diary.asked == [NAME]


async def test_each_look_is_recorded_as_one() -> None:
    diary = Diary()
    seen = replace(at(4.0), time=9.0)
    await Trends(diary).followed(seen, judge)
    (samples,) = diary.recorded
    assert set(samples) == {"fs:/", "fs:/srv", "mem"}
    assert {(each.at, each.time) for each in samples.values()} == {(4.0, 9.0)}
    assert (samples[Clean("fs:/")].used, samples[Clean("fs:/")].inodes) == (MIB, 10)


async def test_images_and_stores_without_numbers_have_no_past() -> None:
    diary = Diary()
    text = (
        BASE + "30 26 7:0 / /image ro - squashfs /dev/loop0 ro\n31 26 0:9 / /ram rw - ramfs r rw\n"
    )
    fill = {**FILL, "/image": statfs(MIB, MIB), "/ram": statfs(0, 0, inodes=0, inodes_used=0)}
    found = await Trends(diary).followed(host(facts(text, fill)), judge)
    assert {"fs:/image", "tmpfs:/ram"} <= {each.id for each in found.levels}
    assert set(diary.recorded[0]) == {"fs:/", "fs:/srv", "mem"}


async def test_a_level_that_cannot_be_measured_any_more_has_no_rate() -> None:
    trends = Trends(None)
    for n in range(6):
        found = await trends.followed(at(2.0 * n, MIB * (1 + n)), judge)
    lost = replace(found, at=12.0, levels=(replace(of(at(12.0), "fs:/"), used=None),))
    assert rates(await trends.followed(lost, judge)) == {"fs:/": None}


async def test_levels_that_vanish_are_forgotten_in_time() -> None:
    trends = Trends(None)
    key = (NAME, level_key("", Clean("tmpfs:/t")))
    await trends.followed(at(0.0, text=BASE + "30 26 0:30 / /t rw - tmpfs t rw\n"), judge)
    assert key in trends.series
    await trends.followed(at(KEPT), judge)
    assert key in trends.series
    await trends.followed(at(KEPT + 1), judge)
    assert set(trends.series) == {(NAME, id_) for id_ in ("fs:/", "fs:/srv", "mem")}


async def test_a_host_that_is_gone_does_not_touch_another() -> None:
    trends = Trends(None)
    await trends.followed(replace(at(0.0), name=Clean("other")), judge)
    await trends.followed(at(10 * KEPT), judge)
    assert (Clean("other"), Clean("mem")) in trends.series


def test_trouble_is_the_recorders() -> None:
    diary = Diary()
    diary.trouble = "history: disk full"
    assert Trends(diary).trouble == "history: disk full"
    assert Trends(None).trouble is None


# Forecasts


def writing(second: float, used: int, available: int = GIB, text: str = BASE) -> Host:
    """Return a host with so much used of its root and so much memory available."""
    fill = {**FILL, "/": statfs(GIB, used), "/t": statfs(2 * GIB, used)}
    return host(replace(facts(text, fill, available=available), at=second, time=1000.0 + second))


async def watched(looks: Iterable[Host]) -> list[Host]:
    trends = Trends(None)
    return [await trends.followed(look, judge) for look in looks]


async def test_a_store_that_fills_is_foreseen_and_its_state_follows() -> None:
    seen = await watched(at(2.0 * n, MIB * (1 + n)) for n in range(400))
    first, later, last = (of(seen[n], "fs:/") for n in (2, 180, 399))
    assert first.forecast is None
    assert later.forecast is not None
    assert (later.forecast.trend, later.forecast.clock) == (Trend.FILLING, Clock.BYTES)
    assert later.forecast.seconds == pytest.approx((1023 - 180) * 2, rel=0.03)
    assert later.state is State.WATCH
    assert later.fill == pytest.approx(0.177, abs=0.01)
    assert (last.state, of(seen[-1], "fs:/srv").state) == (State.WATCH, State.OK)


async def test_the_shortest_clock_is_told() -> None:
    def look(n: int) -> Host:
        of_inodes = {**FILL, "/": statfs(GIB, MIB * n, inodes=1000, inodes_used=10 + 2 * n)}
        return host(replace(facts(BASE, of_inodes), at=2.0 * n))

    seen = await watched(map(look, range(200)))
    told = of(seen[-1], "fs:/").forecast
    assert told is not None
    assert told.clock is Clock.INODES
    assert told.seconds == pytest.approx(592, rel=0.03)
    assert of(seen[-1], "fs:/").state is State.ACT


async def test_what_lies_in_memory_ends_with_it() -> None:
    text = BASE + "30 26 0:30 / /t rw - tmpfs t rw\n31 26 0:9 / /ram rw - ramfs r rw\n"

    def look(n: int) -> Host:
        fill = {"/ram": statfs(0, 0, inodes=0, inodes_used=0), "/t": statfs(2 * GIB, MIB * n)}
        seen = facts(text, {**FILL, **fill}, available=GIB - 2 * MIB * n)
        return host(replace(seen, at=2.0 * n))

    *_, last = await watched(map(look, range(250)))
    memory, tmpfs, ramfs = (of(last, id_) for id_ in ("mem", "tmpfs:/t", "tmpfs:/ram"))
    assert memory.forecast is not None
    assert (memory.forecast.clock, memory.state) == (Clock.MEMORY, State.ACT)
    assert memory.forecast.seconds == pytest.approx(1024 - 498, rel=0.05)
    assert tmpfs.forecast == ramfs.forecast == memory.forecast
    assert (tmpfs.state, ramfs.state, ramfs.used) == (State.ACT, State.ACT, None)
    assert of(last, "fs:/").forecast == Forecast(Trend.STEADY)


async def test_what_is_told_stays_the_same_object_while_it_fits() -> None:
    looks = [at(2.0 * n, MIB * (1 + n)) for n in range(200)]
    seen = await watched([*looks, replace(looks[-1], at=400.0), replace(looks[-1], at=402.0)])
    forecasts = [of(each, "fs:/").forecast for each in seen[100:]]
    assert len({id(each) for each in forecasts}) < len(forecasts) / 3
    assert seen[-1].levels[0] is seen[-2].levels[0]


async def test_a_store_without_size_stays_the_same_object() -> None:
    text = BASE + "31 26 0:9 / /ram rw - ramfs r rw\n"
    seen = host(facts(text, {**FILL, "/ram": statfs(0, 0, inodes=0, inodes_used=0)}))
    *_, before, after = await watched(replace(seen, at=2.0 * n) for n in range(50))
    assert of(after, "tmpfs:/ram") is of(before, "tmpfs:/ram")


async def test_thresholds_are_those_of_the_level() -> None:
    asked: list[tuple[Kind, str]] = []

    def strict(kind: Kind, level_id: Clean) -> Thresholds:
        asked.append((kind, level_id))
        return Thresholds(watch_seconds=10.0, act_seconds=1.0)

    trends = Trends(None)
    for n in range(100):
        found = await trends.followed(at(2.0 * n, MIB * (1 + n)), strict)
    assert of(found, "fs:/").state is State.OK
    assert len(asked) == len(set(asked)), "once each"

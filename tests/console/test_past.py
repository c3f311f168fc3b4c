"""Where what was comes from: a console's own last minutes, before that the recorded history."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from backends.archive import Archive, Bounds
from backends.history import Past as Reading
from console.clean import Clean
from console.config import Thresholds
from console.errors import ConsoleError
from console.model import Clock, Host, Kind, Level, Limit, Running, State
from console.past import Levels, Live
from console.record import Record
from console.reel import reel
from console.remembered import parted
from console.samples import Look
from console.series import Sample
from console.states import Judge, state_of
from console.trends import Trends
from tests.console.diary import Diary
from tests.console.hosts import facts, host
from tests.console.looked import looked

WEB, DB = Clean("web1"), Clean("db1")
NOW = 1.79e9
GIB = 1 << 30


def judge(kind: Kind, level: Clean) -> Thresholds:
    return Thresholds(watch_percent=60.0)


def judge_of(host: Clean) -> Judge:
    return judge


def look(time: float, used: int) -> Look:
    seen = Sample(time - NOW, time, used, total=4 * GIB)

    return looked(
        {
            Clean("mem"): seen,
            Clean("dm:live-rw"): seen._replace(chunks=used // 512),
            Clean("mta/tmpfs:/run"): seen._replace(total=None, inodes=95, inodes_total=100),
        }
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a history of two hosts: an hour a sample a minute, then one every two seconds."""
    path = tmp_path / "subdeck" / "history.db"
    times = [*(NOW - 60 * n for n in range(60, 5, -1)), *(NOW - 2 * n for n in range(30, -1, -1))]
    with closing(Archive(path, Bounds(), "clock")) as archive:
        for number, time in enumerate(times):
            looks = [(WEB, look(time, number * 40 << 20)), (DB, look(time + 0.3, 5))]
            archive.append(looks)
    return path


async def test_the_history_shows_levels_at_any_time(path: Path) -> None:
    past = Levels(Reading(path, 60.0), judge_of)
    here = await reel(past, None)
    assert here.moment.time == NOW + 0.3
    web, db = sorted(here.view.contacts, key=lambda each: each.name, reverse=True)
    assert (web.name, db.name) == (WEB, DB)
    assert web.host
    levels = {level.id: level for level in web.host.levels}
    assert {id_: level.kind for id_, level in levels.items()} == {
        "mem": Kind.MEMORY,
        "dm:live-rw": Kind.DM_SNAPSHOT,
    }
    assert levels[Clean("mem")].fill == pytest.approx(85 * 40 / 4096)
    assert levels[Clean("mem")].state is State.WATCH
    (mta,) = web.host.subhosts
    assert (mta.name, mta.state) == ("mta", Running.RUNNING)
    assert mta.levels[0].inode_fill == 0.95
    series = here.view.series[WEB, Clean("mta/tmpfs:/run")]
    assert len(series) == 31 + 9
    assert await here.step(-1)
    assert here.moment.time == NOW - 2 + 0.3
    assert not await (await reel(past, None)).step(1)


async def test_steps_go_on_beyond_what_was_read_at_once(path: Path) -> None:
    here = await reel(Levels(Reading(path, 60.0), judge_of), NOW - 3000)
    seen = [here.moment.time]
    for _ in range(40):
        assert await here.step(1)
        seen.append(here.moment.time)
    assert seen == [pytest.approx(NOW - 3060 + 60 * number + 0.3) for number in range(41)]


def fleet_level(id_: str, kind: Kind, used: int, **more: object) -> Level:
    bare = Level(Clean(id_), kind, None, None, (), used, GIB, None, None, None, State.OK, "")
    return replace(bare, limit=Limit(GIB, Clean("its size")), **more)  # type: ignore[arg-type]


def living(number: int) -> Host:
    """Return a host whose metadata, and not its data, will soon be full."""
    mib = 1 << 20
    levels = (
        fleet_level("mem", Kind.MEMORY, 300 * mib),
        fleet_level("tmpfs:/srv", Kind.TMPFS, (300 + number) * mib, on=Clean("mem")),
        fleet_level("fs:/", Kind.FILESYSTEM, 700 * mib, inodes_used=5, inodes_total=900),
        fleet_level(
            *("dm:pool", Kind.THIN_POOL, 100 * mib),
            metadata_used=400 + 5 * number,
            metadata_total=1024,
        ),
    )
    time = NOW + 2.0 * number
    judged = tuple(
        replace(each, state=state_of(each, judge(each.kind, each.id))) for each in levels
    )
    return replace(host(facts("", {})), name=WEB, levels=judged, time=time, at=2.0 * number)


async def test_what_was_foreseen_is_foreseen_again(tmp_path: Path) -> None:
    path = tmp_path / "subdeck" / "history.db"
    diary, live = Diary(), []
    trends = Trends(diary)
    with closing(Archive(path, Bounds(), "clock")) as archive:
        for number in range(60):
            live.append(await trends.followed(living(number), judge))
            looks = [(WEB, looked(diary.recorded[-1]))]
            archive.append(looks)
    here = await reel(Levels(Reading(path, 60.0), judge_of), NOW + 100)
    for number in (50, 51, 52, 51):
        (found,) = here.view.contacts
        assert found.host
        was = {each.id: each for each in live[number].levels}
        for level in found.host.levels:
            assert (level.kind, level.state) == (was[level.id].kind, was[level.id].state)
            assert level.rate == pytest.approx(was[level.id].rate, rel=0.02)
            again, then = level.forecast, was[level.id].forecast
            assert again and then and (again.trend, again.clock) == (then.trend, then.clock)
            assert again.seconds == pytest.approx(then.seconds, rel=0.05)
        pool = next(each for each in found.host.levels if each.id == "dm:pool")
        assert pool.metadata_fill == pytest.approx((400 + 5 * number) / 1024)
        assert pool.forecast and pool.forecast.clock is Clock.METADATA
        await here.step(-1 if number == 52 else 1)


async def test_a_history_that_knows_of_no_metadata_learns_of_it(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE totals DROP COLUMN metadata")
        db.commit()
    here = await reel(Levels(Reading(path, 60.0), judge_of), None)
    web = next(each for each in here.view.contacts if each.name == WEB)
    assert web.host and web.host.levels[0].fill
    sample = Sample(9.0, NOW + 2, 5, total=9, metadata=3, metadata_total=4)
    pool = looked({Clean("dm:pool"): sample})
    with closing(Archive(path, Bounds(), "clock")) as archive:
        archive.append([(WEB, pool)])
        recalled = archive.recent(WEB, 60.0, NOW + 2)
    assert (recalled["dm:pool"][-1].metadata, recalled["dm:pool"][-1].metadata_total) == (3, 4)
    again = await reel(Levels(Reading(path, 60.0), judge_of), NOW + 2)
    levels = {each.id: each for one in again.view.contacts if one.host for each in one.host.levels}
    assert levels[Clean("dm:pool")].metadata_fill == 0.75


async def test_where_nothing_was_recorded_it_says_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ConsoleError, match="nothing was recorded"):
        await reel(Levels(Reading(path, 60.0), judge_of), NOW - 86_400)
    with pytest.raises(ConsoleError, match="nothing was recorded"):
        await reel(Levels(Reading(tmp_path / "none.db", 60.0), judge_of), None)
    with pytest.raises(ConsoleError, match="nothing was seen yet"):
        await reel(Live(Record(), None, judge_of), None)


async def test_a_history_that_knows_no_sizes_is_read_all_the_same(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE totals")
        db.commit()
    reading = Reading(path, 60.0)
    here = await reel(Levels(reading, judge_of), None)
    hosts = [contact.host for contact in here.view.contacts]
    assert all(host and host.levels[0].used and host.levels[0].fill is None for host in hosts)
    assert set(await reading.hosts()) == {WEB, DB}


def test_a_size_is_written_when_it_changes(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT host, level, total, inodes FROM totals ORDER BY 1, 2").fetchall()
    assert rows == [
        (host, level, total, inodes)
        for host in (DB, WEB)
        for level, total, inodes in (
            ("dm:live-rw", 4 * GIB, None),
            ("mem", 4 * GIB, None),
            ("mta/tmpfs:/run", None, 100),
        )
    ]


def test_a_level_key_is_taken_apart() -> None:
    keys = ("mem", "overlay:/opt/mta/live", "mta/tmpfs:/run", "mta/mem", "dm:live-rw")
    assert [parted(Clean(key)) for key in keys] == [
        ("", "mem"),
        ("", "overlay:/opt/mta/live"),
        ("mta", "tmpfs:/run"),
        ("mta", "mem"),
        ("", "dm:live-rw"),
    ]

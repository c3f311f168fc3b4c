"""Where what was comes from: a console's own last minutes, before that the recorded history."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from backends.archive import Archive, Bounds
from backends.history import Past as Reading
from backends.recall import totals
from console.clean import Clean
from console.errors import ConsoleError
from console.frames import framed
from console.model import Kind, Running, State
from console.past import Levels, Live
from console.record import Record
from console.reel import reel
from console.remembered import parted
from console.series import Sample

WEB, DB = Clean("web1"), Clean("db1")
NOW = 1.79e9
GIB = 1 << 30


def look(time: float, used: int) -> Mapping[Clean, Sample]:
    seen = Sample(time - NOW, time, used, total=4 * GIB)

    return {
        Clean("mem"): seen,
        Clean("dm:live-rw"): replace(seen, chunks=used // 512),
        Clean("mta/tmpfs:/run"): replace(seen, total=None, inodes=95, inodes_total=100),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a history of two hosts: an hour a sample a minute, then one every two seconds."""
    path = tmp_path / "subdeck" / "history.db"
    times = [*(NOW - 60 * n for n in range(60, 5, -1)), *(NOW - 2 * n for n in range(30, -1, -1))]
    with closing(Archive(path, Bounds(), "clock")) as archive:
        for number, time in enumerate(times):
            looks = [(WEB, look(time, number * 40 << 20)), (DB, look(time + 0.3, 5))]
            frames = [framed(host, "clock", samples) for host, samples in looks]
            archive.append(frames, totals(looks))
    return path


async def test_the_history_shows_levels_at_any_time(path: Path) -> None:
    past = Levels(Reading(path, 60.0))
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
    here = await reel(Levels(Reading(path, 60.0)), NOW - 3000)
    seen = [here.moment.time]
    for _ in range(40):
        assert await here.step(1)
        seen.append(here.moment.time)
    assert seen == [pytest.approx(NOW - 3060 + 60 * number + 0.3) for number in range(41)]


async def test_where_nothing_was_recorded_it_says_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ConsoleError, match="nothing was recorded"):
        await reel(Levels(Reading(path, 60.0)), NOW - 86_400)
    with pytest.raises(ConsoleError, match="nothing was recorded"):
        await reel(Levels(Reading(tmp_path / "none.db", 60.0)), None)
    with pytest.raises(ConsoleError, match="nothing was seen yet"):
        await reel(Live(Record(), None), None)


async def test_a_history_that_knows_no_sizes_is_read_all_the_same(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE totals")
        db.commit()
    reading = Reading(path, 60.0)
    here = await reel(Levels(reading), None)
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

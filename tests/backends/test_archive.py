"""The history file: thinning, bounds and reading back across clocks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from backends.archive import Archive, Bounds, load_recent
from console.clean import Clean
from console.samples import Look
from console.series import Sample, Series, rate
from tests.console.looked import looked

MB = 10**6
DAY = 86_400.0
NOW = 1.8e9
HERE = "this clock"
MEM = Clean("mem")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "subdeck" / "history.db"


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    with closing(Archive(path, Bounds(days=10), HERE)) as opened:
        yield opened


def fill(archive: Archive, begin: float, end: float, every: float = 2.0, host: str = "h") -> None:
    """Record one level that takes 1 MB/s, in batches of a minute."""
    batch: list[tuple[str, Look]] = []
    steps = round((end - begin) / every)
    for i in range(steps):
        time = begin + i * every
        used = round(time - NOW + 100 * DAY) * MB
        batch.append((host, looked({MEM: Sample(time - NOW + 1e6, time, used, i)})))
        if len(batch) * every >= 60:
            archive.append(batch)
            batch = []
    archive.append(batch)


def tidied(archive: Archive, now: float) -> int:
    rounds = 0
    while archive.tidy(now):
        rounds += 1
    return rounds


def chunks(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT count(*) FROM chunks").fetchone()[0])


def test_an_hour_stays_as_sampled_and_a_day_at_half_minutes(archive: Archive) -> None:
    fill(archive, NOW - 3 * 3600, NOW)
    before = archive.recent("h", 3600.0, NOW)
    assert tidied(archive, NOW) > 0
    assert tidied(archive, NOW) == 0
    assert archive.recent("h", 3600.0, NOW) == before
    old = [s for s in archive.recent("h", DAY, NOW)[MEM] if s.time < NOW - 1.5 * 3600]
    assert max(b.time - a.time for a, b in pairwise(old)) == 30
    assert len(old) <= 1.5 * 3600 / 30 + 7, "one more where two spans meet"
    assert rate(Series(old)) == pytest.approx(MB)


def test_older_than_a_day_is_kept_at_five_minutes_and_then_forgotten(archive: Archive) -> None:
    fill(archive, NOW - 2 * DAY, NOW - 1.7 * DAY, every=20.0)
    tidied(archive, NOW)
    found = archive.recent("h", 5 * DAY, NOW)[MEM]
    assert max(b.time - a.time for a, b in pairwise(found)) == 300
    assert len(found) <= 0.3 * DAY / 300 + 3
    assert tidied(archive, NOW + 9 * DAY) > 0
    assert archive.recent("h", 50 * DAY, NOW) == {}


def test_thinning_keeps_what_was_full_for_a_moment(archive: Archive) -> None:
    useds = [5, 5, 99, 5, 5]
    archive.append(
        [("h", looked({MEM: Sample(1e6 + i, NOW + i, used)})) for i, used in enumerate(useds)]
    )
    tidied(archive, NOW + 2 * 3600)
    assert max(s.used for s in archive.recent("h", DAY, NOW)[MEM]) == 99


def test_hosts_do_not_mix(archive: Archive) -> None:
    fill(archive, NOW - 7200, NOW - 6900, host="a")
    fill(archive, NOW - 7200, NOW - 7100, host="b")
    tidied(archive, NOW)
    assert len(archive.recent("a", DAY, NOW)[MEM]) > len(archive.recent("b", DAY, NOW)[MEM])


def test_the_file_stays_within_its_size_and_loses_the_oldest(path: Path) -> None:
    size = 256 * 1024
    with closing(Archive(path, Bounds(days=100, size=size), HERE)) as archive:
        fill(archive, NOW + 50 * DAY, NOW + 50 * DAY + 600)
        for hour in range(30):
            begin = NOW + hour * 3600
            fill(archive, begin, begin + 3600, host=f"host{hour}" * 40)
        now = NOW + 30 * 3600
        with closing(sqlite3.connect(path)) as db:
            db.execute(
                "UPDATE chunks SET data = CAST(data || zeroblob(9000) AS BLOB) WHERE step = 0"
            )
            db.commit()
        tidied(archive, now)
        assert len(archive.recent("host29" * 40, 600.0, now)[MEM]) > 0
        assert archive.recent("host0" * 40, 40 * 3600.0, now) == {}
        assert archive.recent("h", 60 * DAY, now) == {}, "a wrong clock's future goes first"
    with closing(sqlite3.connect(path)) as db:
        used, free = (db.execute(f"PRAGMA {p}").fetchone()[0] for p in PAGES)
    assert (used - free) * 4096 <= size
    assert free <= 1024


PAGES = ("page_count", "freelist_count")


def test_a_rate_goes_on_after_the_machine_of_the_console_rebooted(path: Path) -> None:
    with closing(Archive(path, Bounds(), "clock of yesterday")) as archive:
        archive.append(
            [
                ("h", looked({MEM: Sample(9e6 + i, NOW + i, i * MB, boot="b")}))
                for i in range(0, 30, 2)
            ]
        )
    found = load_recent(path, "h", 900.0, NOW + 30, HERE)[MEM]
    assert found[0].clock == "clock of yesterday"
    assert found[0].boot == "b"
    series = Series(found)
    assert rate(series) == pytest.approx(MB)
    for i in range(40, 50, 2):
        series.append(Sample(10.0 + i, NOW + i, i * MB, boot="b"))
        assert rate(series) == pytest.approx(MB)


def test_samples_of_a_wrong_wall_clock_do_not_come_back_for_ever(archive: Archive) -> None:
    fill(archive, NOW + 300 * DAY, NOW + 300 * DAY + 60)
    assert archive.recent("h", 900.0, NOW) == {}


def test_sizes_are_written_anew_where_the_file_is_another(archive: Archive, path: Path) -> None:
    looks = [("h", looked({MEM: Sample(1e6 + i, NOW + i, 5, total=9)})) for i in range(2)]
    archive.append(looks[:1])
    path.unlink()
    archive.append(looks[1:])
    (found,) = archive.recent("h", 60.0, NOW)[MEM]
    assert (found.time, found.total) == (NOW + 1, 9)

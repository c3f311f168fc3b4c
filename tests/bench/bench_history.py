"""What remembering 1000 levels at 2 s costs: ``python -m tests.bench.bench_history [hours]``.

Plays hours of a fleet of 100 hosts with 10 levels each into a real file, batch by batch as the
recorder does, and thins it as time goes by. Prints the disk a day takes, the share of one CPU,
and the time it takes to load 15 minutes of everything. Half of the levels always move and one in
five is quite random; the rest stand still.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from timeit import timeit

from backends.archive import COARSE, FINE, MIDDLE, Archive, Bounds, insert
from backends.database import connected, transaction
from backends.history import History, Past
from console.clean import Clean
from console.config import Thresholds
from console.frames import framed, packed
from console.past import Levels
from console.reel import reel
from console.samples import Look
from console.series import Sample, Series, rate
from console.sparkline import heights
from console.states import Judge
from tests.bench.budget import Figure
from tests.console.looked import looked

HOSTS, LEVELS, EVERY, BATCH = 100, 10, 2.0, 4.0
SPAN = 15 * 60
CLOCK = "bench"
MIB = 2**20


def look(chance: Random, host: int, at: float) -> dict[Clean, Sample]:
    """One look at a host whose levels rise by a pace of their own, jitter, or stand still."""
    found = {}
    for i in range(LEVELS):
        used = 10**9 + host * 10**7
        if i < 3:
            used += int(at * (host + 1) * 4096 * chance.random()) // 4096 * 4096
        elif i < 5:
            used = chance.randrange(10**10)
        found[Clean(f"tmpfs:/srv/level{i}")] = Sample(
            at, 1.8e9 + at, used, 1000 + int(at) * (i < 3), None, "boot"
        )
    return found


def timed(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def played(archive: Archive, hours: float) -> tuple[float, float]:
    """Record so many hours; the CPU seconds spent framing and storing, and thinning."""
    chance = Random(1)  # noqa: S311 - a reproducible load, nothing secret
    storing = thinning = 0.0
    batch: list[tuple[str, Look]] = []
    looks = 0
    for tick in range(round(hours * 3600 / EVERY)):
        at = tick * EVERY
        fleet = [(f"host{n}", looked(look(chance, n, at))) for n in range(HOSTS)]
        batch += fleet
        looks += 1
        if looks * EVERY >= BATCH:
            storing += timed(partial(archive.append, batch))
            batch, looks = [], 0
            thinning += timed(partial(tidied, archive, 1.8e9 + at))
    return storing, thinning


def tidied(archive: Archive, now: float) -> None:
    while archive.tidy(now):
        pass


def by_step(path: Path) -> dict[int, float]:
    """Bytes a chunk row of each tier takes, per second of the time it covers."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT step, sum(length(data) + 40), max(until) - min(until)"
            " FROM chunks GROUP BY step"
        ).fetchall()
    return {step: size / max(span / 1000, 1) for step, size, span in rows}


async def loaded(path: Path) -> tuple[float, float, int]:
    """Wall seconds to load 15 minutes of every host, until they are series, and samples read."""
    history = History(path, every=3600.0, patience=60.0)
    await history.flush()
    begin = time.perf_counter()
    found = [await history.recent(Clean(f"host{n}"), SPAN) for n in range(HOSTS)]
    read = time.perf_counter() - begin
    for levels in found:
        for samples in levels.values():
            Series(samples)
    whole = time.perf_counter() - begin
    await history.close()
    return read, whole, sum(len(s) for levels in found for s in levels.values())


def recorded_week(path: Path, now: float) -> None:
    """Record a week of the fleet as thinning leaves it: every 5 min, 30 s, and 2 s at the end."""
    chance = Random(1)  # noqa: S311 - a reproducible load, nothing secret
    tiers = ((COARSE, 300.0, 7 * 86_400, 86_400, 21_600), (MIDDLE.step, 30.0, 86_400, 3600, 900))
    with closing(connected(path)) as db:
        for step, every, since, until, span in (*tiers, (FINE.step, EVERY, 3600, 0, BATCH)):
            with transaction(db):
                for host in range(HOSTS):
                    for begin in range(round((since - until) / span)):
                        first = now - since + begin * span - 1.8e9
                        times = (first + n * every for n in range(round(span / every)))
                        looks = (looked(look(chance, host, at)) for at in times)
                        seen = [(f"host{host}", each) for each in looks]
                        for origin, frames in framed(seen, CLOCK):
                            insert(db, origin, step, frames[-1].time, packed(frames))


def judge_of(host: Clean) -> Judge:
    return lambda kind, level: Thresholds()


async def opened(path: Path, when: float) -> float:
    """Wall seconds until the levels of all hosts at a time of that week can be looked at."""
    begin = time.perf_counter()
    assert len((await reel(Levels(Past(path, 60.0), judge_of), when)).view.contacts) == HOSTS
    return time.perf_counter() - begin


def main(hours: float = 3.0) -> list[Figure]:
    """Measure, print it all, return what has a budget."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subdeck" / "history.db"
        with closing(Archive(path, Bounds(), CLOCK)) as archive:
            storing, thinning = played(archive, hours)
            size = sum(file.stat().st_size for file in path.parent.iterdir())
            day = report_size(path, size, hours)
        print(f"CPU: store {storing / hours / 36:.2f} %, thin {thinning / hours / 36:.2f} %")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subdeck" / "history.db"
        recorded_now(path)
        read, whole, count = asyncio.run(loaded(path))
        print(
            f"15 min of {HOSTS * LEVELS} levels: {count} samples read in {read:.2f} s,"
            f" series in {whole:.2f} s"
        )
    report_series()
    with tempfile.TemporaryDirectory() as folder:
        path, now = Path(folder) / "subdeck" / "history.db", time.time()
        recorded_week(path, now)
        week = max(asyncio.run(opened(path, now - ago)) for ago in (10, 7200, 6 * 86_400))
    return [
        Figure("history: a week opened for replay", week, "s", 1),
        Figure("history: a day of 100 hosts on disk", day / MIB, "MiB", 60),
        Figure("history: CPU to store and thin", (storing + thinning) / hours / 36, "%", 1),
    ]


def report_size(path: Path, size: int, hours: float) -> float:
    """Print what the file takes, return the bytes of a day."""
    rates = by_step(path)
    hour, day = rates[FINE.step] * FINE.keep / 1000, 86_400
    half_minutes = rates.get(MIDDLE.step, 0.0) * day
    print(f"file with its log after {hours:g} h: {size / MIB:.1f} MiB")
    print(
        f"as sampled, one hour: {hour / MIB:.1f} MiB; at 30 s, one day: {half_minutes / MIB:.1f}"
    )
    print(
        f"a day on disk: {(hour + half_minutes) / MIB:.1f} MiB; each further day about"
        f" {half_minutes * MIDDLE.step / COARSE / MIB:.1f} MiB"
    )
    return hour + half_minutes


def recorded_now(path: Path) -> None:
    """Fifteen minutes up to this moment."""
    chance = Random(2)  # noqa: S311 - a reproducible load, nothing secret
    end = time.time()
    with closing(Archive(path, Bounds(), CLOCK)) as archive:
        for begin in range(0, SPAN, int(BATCH)):
            batch = []
            for at in (begin + EVERY, begin + 2 * EVERY):
                for n in range(HOSTS):
                    samples = {
                        level: Sample(s.at, end - SPAN + at, s.used, s.inodes, None, s.boot)
                        for level, s in look(chance, n, at).items()
                    }
                    batch.append((f"host{n}", looked(samples)))
            archive.append(batch)


def report_series() -> None:
    chance = Random(3)  # noqa: S311 - a reproducible load, nothing secret
    moving = Series(
        Sample(i * 2.0, i * 2.0, i * 2 * 10**6 + chance.randrange(10**5)) for i in range(450)
    )
    still = Series(Sample(i * 2.0, i * 2.0, 5) for i in range(450))
    news = [Sample(900 + i * 2.0, 900 + i * 2.0, i) for i in range(2000)]
    append = timed(lambda: deque(map(still.append, news), maxlen=0)) / len(news)
    still = Series(Sample(i * 2.0, i * 2.0, 5) for i in range(450))
    for name, work in (
        ("rate, moving", partial(rate, moving)),
        ("rate, still", partial(rate, still)),
        ("sparkline", partial(heights, moving, 30, 900.0, None)),
    ):
        print(f"{name}: {timeit(work, number=500) / 500 * 1e6:.1f} us")
    print(
        f"append: {append * 1e6:.1f} us; for 10,000 every 2 s = {append * 1e4 / 2 * 100:.1f} % CPU"
    )


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))

"""Fill traces made by rule that were held out, until the method was changed with them in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import pi, sin
from random import Random

from tests.bench.forecast.families import (
    DAY,
    HOUR,
    KIB,
    MIB,
    MINUTE,
    STEP,
    Case,
    Growth,
    Trace,
    still,
    traces,
    writer,
)


def once_held_out() -> Iterator[Trace]:
    """Yield the traces of families that were held out once."""
    for number, family in enumerate(_ONCE_HELD_OUT):
        yield from traces(family, 1_000_000 + 1000 * number)
    for number, family in enumerate(_THEN_HELD_OUT):
        yield from traces(family, 2_000_000 + 1000 * number)


def _moody() -> list[Case]:
    """A writer that is idle, slow or fast for as long as it pleases."""

    def growth(chance: Random, pace: float, stays: float) -> Growth:
        while True:
            mood = chance.choice([0.0, 0.3, 1.0, 2.5])
            seconds = chance.gammavariate(2.0, stays / 2)
            yield from writer(chance, pace * mood, chance.choice([16, 256]) * KIB, seconds)

    def case(fills: float, stays: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, 0.7 * total / fills, stays)

    return [
        ("40 min, by the minute", 4, case(40 * MINUTE, MINUTE)),
        ("2 h, by 5 min", 8, case(2 * HOUR, 5 * MINUTE)),
        ("5 h, by 3 min", 16, case(5 * HOUR, 3 * MINUTE)),
        ("8 h, by 20 min", 24, case(8 * HOUR, 20 * MINUTE)),
    ]


def _builds() -> list[Case]:
    """Jobs that unpack and build for minutes, clean up and leave a little behind."""

    def growth(chance: Random, size: float, every: float, leaves: float) -> Growth:
        while True:
            yield from still(chance.expovariate(1 / every))
            whole, grown = size * chance.uniform(0.4, 1.6), 0.0
            for step in writer(chance, whole / 240, 512 * KIB, 240):
                grown += step
                yield step
            yield from still(chance.uniform(10, 120))
            yield -grown * (1 - leaves)

    def case(size: float, every: float, leaves: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, size * total, every, leaves)

    return [
        ("small ones, clean", 24, case(0.08, 10 * MINUTE, 0.0)),
        ("large ones, clean", 24, case(0.2, 40 * MINUTE, 0.0)),
        ("leave a tenth", 24, case(0.1, 4 * MINUTE, 0.1)),
        ("leave a third", 24, case(0.06, 6 * MINUTE, 0.3)),
    ]


def _runaway() -> list[Case]:
    """A quiet store with a slow log, in which something goes wrong at some time."""

    def growth(chance: Random, slow: float, fast: float, after: float) -> Growth:
        yield from writer(chance, slow, 8 * KIB, after)
        yield from writer(chance, fast, 128 * KIB)

    def case(fills: float, after: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(
            chance, 0.7 * total / (4 * DAY), 0.65 * total / fills, after
        )

    return [
        ("8 min", 3, case(8 * MINUTE, HOUR)),
        ("25 min", 4, case(25 * MINUTE, 90 * MINUTE)),
        ("90 min", 8, case(90 * MINUTE, 2 * HOUR)),
        ("5 h", 12, case(5 * HOUR, 3 * HOUR)),
    ]


def _spool() -> list[Case]:
    """A queue: what comes in goes out soon after, until it jams for a while or for good."""

    def growth(chance: Random, comes: float, jams: float, ends: float) -> Growth:
        waiting = clears = 0.0
        begins = chance.expovariate(1 / jams) if jams else ends
        at = 0.0
        while True:
            at += STEP
            came = comes * STEP * chance.gammavariate(0.7, 1 / 0.7)
            jammed = at > ends or begins < at < clears
            if at >= begins and clears < begins:
                clears = begins + chance.uniform(2, 12) * MINUTE
            elif clears and at > clears:
                begins = at + chance.expovariate(1 / jams)
                clears = 0.0
            went = 0.0 if jammed else min(waiting, comes * STEP * 4)
            waiting += came - went
            yield came - went

    def case(fills: float, jams: float, ends: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, 0.7 * total / fills, jams, ends)

    return [
        ("jams for good, 30 min", 6, case(30 * MINUTE, 90 * MINUTE, 3 * HOUR)),
        ("jams for good, 2 h", 10, case(2 * HOUR, HOUR, 4 * HOUR)),
        ("jams for good, 4 h", 14, case(4 * HOUR, 30 * MINUTE, 6 * HOUR)),
        ("clears each time", 24, case(2 * HOUR, 40 * MINUTE, 99 * HOUR)),
    ]


def _backups() -> list[Case]:
    """Large even copies at long intervals, which are kept or replace the one before."""

    def growth(chance: Random, size: float, every: float, kept: int) -> Growth:
        copies: list[float] = []
        while True:
            yield from still(every * chance.uniform(0.6, 1.4))
            whole = size * chance.uniform(0.8, 1.2)
            yield from writer(chance, whole / (8 * MINUTE), MIB, 8 * MINUTE)
            copies.append(whole)
            if len(copies) > kept:
                yield -copies.pop(0)

    def case(size: float, every: float, kept: int) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, size * total, every, kept)

    return [
        ("two are kept", 24, case(0.12, 2 * HOUR, 2)),
        ("one is kept", 24, case(0.25, HOUR, 1)),
        ("all are kept, each 40 min", 16, case(0.05, 40 * MINUTE, 99)),
        ("all are kept, each 2 h", 24, case(0.08, 2 * HOUR, 99)),
    ]


def _cache() -> list[Case]:
    """A cache that throws out a part of what it holds once that is much; some is pinned."""

    def growth(chance: Random, comes: float, most: float, pinned: float) -> Growth:
        loose = 0.0
        while True:
            came = comes * STEP * chance.gammavariate(0.5, 2.0)
            loose += came * (1 - pinned)
            went = loose * chance.uniform(0.1, 0.5) if loose > most else 0.0
            loose -= went
            yield came - went

    def case(comes: float, most: float, pinned: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, 0.7 * total / comes, most * total, pinned)

    return [
        ("pins nothing", 24, case(2 * HOUR, 0.3, 0.0)),
        ("pins a tenth", 24, case(90 * MINUTE, 0.15, 0.1)),
        ("pins a third", 16, case(2 * HOUR, 0.1, 0.33)),
        ("pins a twentieth", 24, case(30 * MINUTE, 0.25, 0.05)),
    ]


def _archive() -> list[Case]:
    """A log busier by day, squeezed every now and then into a copy, of which some are kept."""

    def growth(chance: Random, size: float, every: float, squeezed: float, kept: int) -> Growth:
        copies: list[float] = []
        at, log = chance.uniform(0, DAY), 0.0
        due = at + every
        while True:
            at += STEP
            line = size / every * STEP * (1 + 0.8 * sin(2 * pi * at / DAY)) * chance.expovariate(1)
            log += line
            yield line
            if at >= due:
                copy = log * squeezed
                yield from writer(chance, copy / 180, 64 * KIB, 180)
                copies.append(copy)
                yield -log - (copies.pop(0) if len(copies) > kept else 0.0)
                log, due = 0.0, at + 180 + every

    def case(
        size: float, every: float, squeezed: float, kept: int
    ) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, size * total, every, squeezed, kept)

    return [
        ("each day, all are kept", 72, case(0.35, DAY, 0.15, 99)),
        ("each 6 h, two are kept", 48, case(0.2, 6 * HOUR, 0.2, 2)),
        ("each hour, all are kept", 24, case(0.1, HOUR, 0.3, 99)),
        ("never in time", 24, case(0.9, 12 * HOUR, 0.1, 99)),
    ]


_ONCE_HELD_OUT = (_moody, _builds, _runaway)
"""Until the method had failed one of them, and was changed."""
_THEN_HELD_OUT = (_spool, _backups, _cache, _archive)
"""Likewise, later."""

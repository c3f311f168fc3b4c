"""Fill traces made by rule that are held out: neither a constant nor a rule was chosen by them."""

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
    traces,
    writer,
)


def held_out() -> Iterator[Trace]:
    """Yield the traces of families that the method was never chosen by."""
    for number, family in enumerate(_HELD_OUT):
        yield from traces(family, 3_000_000 + 1000 * number)


def _dumps() -> list[Case]:
    """Core dumps of a service that crashes now and then or in a loop; a timer removes old ones."""

    def case(
        size: float, apart: float, cleaned: float, most: float, loops: float
    ) -> Callable[[Random, int], Growth]:
        return lambda chance, total: _crashing(
            chance, size * total, apart, cleaned, most * total, loops
        )

    return [
        ("now and then, cleaned", 36, case(0.03, 2 * HOUR, HOUR, 9.0, 99 * HOUR)),
        ("a loop, capped", 24, case(0.02, 3 * HOUR, 2 * HOUR, 0.3, 8 * HOUR)),
        ("a loop for good", 24, case(0.012, 2 * HOUR, 6 * HOUR, 9.0, 9 * HOUR)),
        ("a slow loop for good", 24, case(0.002, 4 * HOUR, 8 * HOUR, 9.0, 6 * HOUR)),
        ("too often for the timer", 30, case(0.02, 25 * MINUTE, 8 * HOUR, 9.0, 99 * HOUR)),
    ]


def _crashing(
    chance: Random, size: float, apart: float, cleaned: float, most: float, loops: float
) -> Growth:
    """Dumps of about a size, later one after the other; at most so much of them is kept."""
    dumps: list[tuple[float, float]] = []
    at, sweep = 0.0, cleaned
    crash = chance.expovariate(1 / apart)
    while True:
        at += STEP
        yield 64 * STEP * chance.expovariate(1.0)
        if at >= crash:
            whole = size * chance.uniform(0.7, 1.3)
            seconds = chance.uniform(4, 20)
            grown = 0.0
            for step in writer(chance, whole / seconds, 256 * KIB, seconds):
                grown += step
                yield step
            at += seconds
            dumps.append((at, grown))
            crash = at + (chance.uniform(20, 40) if at > loops else chance.expovariate(1 / apart))
            while sum(whole for _, whole in dumps) > most:
                yield -dumps.pop(0)[1]
                at += STEP
        if at >= sweep:
            sweep += cleaned
            old = sum(whole for made, whole in dumps if made < at - 3 * cleaned)
            dumps = [each for each in dumps if each[0] >= at - 3 * cleaned]
            yield -old


def _ledger() -> list[Case]:
    """A database: its log grows until a checkpoint empties it; a long reader may forbid that."""

    def growth(chance: Random, comes: float, log_most: float, kept: float, stuck: float) -> Growth:
        at, log = 0.0, 0.0
        reader = chance.expovariate(1 / (3 * HOUR))
        done = 0.0
        while True:
            at += STEP
            busy = 1 + 0.5 * sin(2 * pi * at / DAY)
            wrote = comes * STEP * busy * chance.gammavariate(0.6, 1 / 0.6)
            log += wrote
            went = 0.0
            if at >= reader and done < reader:
                done = reader + chance.uniform(3, 25) * MINUTE
            if log > log_most and not reader <= at < done and at < stuck:
                went, log = log, 0.0
                if at >= done > reader:
                    reader = at + chance.expovariate(1 / (3 * HOUR))
            yield wrote + kept * wrote - went

    def case(
        fills: float, log_most: float, kept: float, stuck: float
    ) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(
            chance, 0.7 * total / fills, log_most * total, kept, stuck
        )

    return [
        ("keeps nothing", 24, case(3 * HOUR, 0.05, 0.0, 99 * HOUR)),
        ("keeps a fifth", 30, case(3 * HOUR, 0.03, 0.2, 99 * HOUR)),
        ("keeps half", 24, case(5 * HOUR, 0.08, 0.5, 99 * HOUR)),
        ("a reader that never ends", 24, case(90 * MINUTE, 0.04, 0.02, 7 * HOUR)),
        ("likewise, slowly", 36, case(8 * HOUR, 0.02, 0.02, 10 * HOUR)),
    ]


def _mirror() -> list[Case]:
    """A mirror synced at intervals, by little or much, and trimmed each night, or not enough."""

    def growth(chance: Random, size: float, every: float, trims: float) -> Growth:
        at, came = 0.0, 0.0
        night = chance.uniform(0.3, 1.0) * DAY
        sync = every * chance.random()
        while True:
            at += STEP
            if at >= sync:
                whole = size * chance.lognormvariate(-0.3, 0.8)
                seconds = chance.uniform(2, 15) * MINUTE
                for step in writer(chance, whole / seconds, MIB, seconds):
                    came += step
                    yield step
                at += seconds
                sync = max(sync + every, at)
            if at >= night:
                night += DAY
                parts, gone = 30, came * trims
                for _ in range(parts):
                    yield -gone / parts
                at += parts * STEP
                came -= gone
            yield 0.0

    def case(size: float, every: float, trims: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, size * total, every, trims)

    return [
        ("each hour, all is trimmed", 60, case(0.015, HOUR, 1.0)),
        ("each hour, half is trimmed", 60, case(0.025, HOUR, 0.5)),
        ("each 20 min, hardly trimmed", 48, case(0.01, 20 * MINUTE, 0.1)),
        ("each 3 h, never trimmed", 60, case(0.06, 3 * HOUR, 0.0)),
        ("each 6 h, all is trimmed", 60, case(0.08, 6 * HOUR, 1.0)),
    ]


_HELD_OUT = (_dumps, _ledger, _mirror)

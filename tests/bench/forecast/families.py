"""Fill traces made by rule, which the method was tuned on: ``corpus()``.

Each trace is one store looked at every two seconds, until it is full or its time is over. Sizes
are bytes; every trace has the chatter of a store that is in use: small files that come and go.
The seeds are fixed: the corpus is the same everywhere and for ever.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, log, pi, sin
from random import Random

STEP = 2.0
KIB, MIB = 2**10, 2**20
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
PAGE = 4096


@dataclass(frozen=True, slots=True)
class Trace:
    """What was used of one store, sample by sample."""

    family: str
    name: str
    total: int
    used: array[int]
    """Bytes, ``STEP`` seconds apart; ends where the store is full."""
    step: float = STEP

    @property
    def full(self) -> float | None:
        """When it was full, seconds from its begin; ``None``: it never was."""
        return (len(self.used) - 1) * self.step if self.used[-1] >= self.total else None

    @property
    def seconds(self) -> float:
        """How long it was looked at."""
        return (len(self.used) - 1) * self.step


Growth = Iterator[float]
"""By how many bytes a store changes, sample by sample."""


def corpus() -> Iterator[Trace]:
    """Yield the traces of the families that the method was tuned on."""
    for number, family in enumerate(_FAMILIES):
        yield from traces(family, 1000 * (number + 1))


Case = tuple[str, float, Callable[[Random, int], Growth]]
"""Name, hours at most, and what it grows by."""


def traces(family: Callable[[], list[Case]], seed: int) -> Iterator[Trace]:
    """Yield the traces of a family."""
    for number, (name, hours, grows) in enumerate(family()):
        chance = Random(seed + number)  # noqa: S311  the same everywhere, nothing secret
        total = chance.choice([128, 256, 512, 1024, 2048, 4096]) * MIB
        used = _played(chance, total, hours, grows(chance, total))
        yield Trace(family.__name__.strip("_"), name, total, used)


def _played(chance: Random, total: int, hours: float, growth: Growth) -> array[int]:
    """Let a store that is a fifth to two fifths full grow; whole pages, never beyond its size."""
    level = total * chance.uniform(0.2, 0.4)
    chatter = _chatter(chance)
    found = array("q")
    for _ in range(round(hours * HOUR / STEP)):
        level = max(level + next(growth, 0.0), 0.0)
        used = int(level + next(chatter)) // PAGE * PAGE
        found.append(min(used, total))
        if used >= total:
            break
    return found


def _chatter(chance: Random) -> Iterator[float]:
    """Small files that come and go: a few at a time, some KiB each, for seconds to minutes."""
    files: list[tuple[int, float]] = []
    every = chance.uniform(5, 60)
    tick = 0
    while True:
        tick += 1
        if chance.random() < STEP / every:
            files.append((tick + round(chance.expovariate(1 / 20)), chance.uniform(4, 200) * KIB))
        files = [file for file in files if file[0] > tick]
        yield sum(size for _, size in files)


def still(seconds: float) -> Growth:
    """Nothing happens for so long."""
    for _ in range(round(seconds / STEP)):
        yield 0.0


def writer(chance: Random, pace: float, grain: float, seconds: float = DAY) -> Growth:
    """A writer of so many bytes a second that writes ``grain`` bytes at a time."""
    owed = 0.0
    for _ in range(round(seconds / STEP)):
        owed += pace * STEP * chance.uniform(0.7, 1.3)
        written = owed // grain * grain
        owed -= written
        yield written


def _after(pause: float, then: Growth) -> Growth:
    yield from still(pause)
    yield from then


# The families


def _constant() -> list[Case]:
    def case(fills: float, pause: float, grain: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: _after(pause, writer(chance, 0.7 * total / fills, grain))

    def ends(chance: Random, total: int) -> Growth:
        yield from still(40 * MINUTE)
        yield from writer(chance, 0.25 * total / (25 * MINUTE), 64 * KIB, 25 * MINUTE)

    return [
        ("6 min", 1, case(6 * MINUTE, 25 * MINUTE, MIB)),
        ("20 min", 2, case(20 * MINUTE, 40 * MINUTE, 256 * KIB)),
        ("1 h", 4, case(HOUR, 35 * MINUTE, 2 * MIB)),
        ("3 h", 8, case(3 * HOUR, 10 * MINUTE, 512 * KIB)),
        ("8 h", 14, case(8 * HOUR, 0.0, 128 * KIB)),
        ("a copy that ends", 12, ends),
    ]


def _bursts() -> list[Case]:
    def growth(chance: Random, pace: float, period: float, share: float) -> Growth:
        while True:
            busy = period * share * chance.uniform(0.5, 1.5)
            idle = period * (1 - share) * chance.expovariate(1.0)
            yield from writer(chance, pace / share, 64 * KIB, busy)
            yield from still(idle)

    def case(fills: float, period: float, share: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, 0.7 * total / fills, period, share)

    def harmless(chance: Random, total: int) -> Growth:
        while True:
            size = total * chance.uniform(0.01, 0.04)
            yield from writer(chance, size / 20, 64 * KIB, 20)
            yield from still(chance.uniform(30, 300))
            yield -size
            yield from still(chance.expovariate(1 / 900))

    return [
        ("1 h, each 45 s", 4, case(HOUR, 45, 0.25)),
        ("2 h, each 2 min", 8, case(2 * HOUR, 120, 0.15)),
        ("4 h, each 90 s", 12, case(4 * HOUR, 90, 0.1)),
        ("6 h, each 4 min", 16, case(6 * HOUR, 240, 0.2)),
        ("9 h, each 5 min", 24, case(9 * HOUR, 300, 0.1)),
        ("harmless", 12, harmless),
    ]


def _sawtooth() -> list[Case]:
    def growth(chance: Random, tooth: float, period: float, keeps: float) -> Growth:
        while True:
            seconds = period * chance.uniform(0.85, 1.15)
            grown = 0.0
            for step in writer(chance, tooth / period, 16 * KIB, seconds):
                grown += step
                yield step
            yield -grown * (1 - keeps * chance.uniform(0.7, 1.3))

    def case(tooth: float, period: float, keeps: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, tooth * total, period, keeps)

    return [
        ("each 2 min, bounded", 12, case(0.1, 120, 0.0)),
        ("each 10 min, bounded", 12, case(0.25, 600, 0.0)),
        ("each hour, bounded", 24, case(0.4, HOUR, 0.0)),
        ("each 3 min, leaks", 12, case(0.06, 180, 0.15)),
        ("each 8 min, leaks", 16, case(0.15, 480, 0.12)),
        ("each 30 min, leaks", 24, case(0.2, 30 * MINUTE, 0.2)),
    ]


def _steps() -> list[Case]:
    def growth(chance: Random, size: float, every: float) -> Growth:
        while True:
            yield from still(chance.expovariate(1 / every))
            yield size * chance.uniform(0.3, 1.7)

    def case(size: float, every: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, size * total, every)

    return [
        ("600 KiB now and then", 24, lambda chance, _: growth(chance, 600 * KIB, 40 * MINUTE)),
        ("1 %, each minute", 6, case(0.01, 60)),
        ("1 %, each 3 min", 12, case(0.01, 180)),
        ("3 %, each 8 min", 16, case(0.03, 480)),
        ("4 %, each 25 min", 24, case(0.04, 25 * MINUTE)),
        ("3 %, each 3 h", 24, case(0.03, 3 * HOUR)),
    ]


def _exponential() -> list[Case]:
    def growth(chance: Random, begin: float, doubling: float, pause: float) -> Growth:
        yield from still(pause)
        pace, factor = begin, exp(log(2) * STEP / doubling)
        while True:
            pace *= factor
            yield pace * STEP * chance.uniform(0.8, 1.2)

    def case(doubling: float, pause: float, head: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(
            chance, 0.7 * total * log(2) / doubling / head, doubling, pause
        )

    return [
        ("doubles in 2 min", 3, case(2 * MINUTE, 30 * MINUTE, 200)),
        ("doubles in 5 min", 4, case(5 * MINUTE, 20 * MINUTE, 500)),
        ("doubles in 12 min", 6, case(12 * MINUTE, 10 * MINUTE, 500)),
        ("doubles in 30 min", 10, case(30 * MINUTE, 0, 200)),
        ("doubles in 80 min", 16, case(80 * MINUTE, 0, 30)),
    ]


def _diurnal() -> list[Case]:
    def growth(chance: Random, swing: float, trend: float) -> Growth:
        phase, before, at = chance.uniform(0, 2 * pi), 0.0, 0.0
        begin = sin(phase)
        while True:
            at += STEP
            height = swing * (sin(2 * pi * at / DAY + phase) - begin) / 2 + trend * at
            height += chance.gauss(0, swing * 0.003)
            yield height - before
            before = height

    def case(swing: float, trend: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(chance, swing * total, trend * total / DAY)

    return [
        ("by 20 %", 36, case(0.2, 0.0)),
        ("by 40 %", 36, case(0.4, 0.0)),
        ("by 50 %", 48, case(0.5, 0.0)),
        ("by 30 %, fills in a day", 48, case(0.3, 0.55)),
        ("by 20 %, fills in half a day", 36, case(0.2, 1.2)),
    ]


def _noise() -> list[Case]:
    def growth(chance: Random, wide: float, memory: float, leak: float) -> Growth:
        """An AR(1) process that forgets in ``memory`` seconds, and a leak."""
        keeps = exp(-STEP / memory)
        level = before = at = 0.0
        while True:
            at += STEP
            level = keeps * level + chance.gauss(0, wide * (1 - keeps**2) ** 0.5)
            yield level + leak * at - before
            before = level + leak * at

    def case(wide: float, memory: float, leak: float) -> Callable[[Random, int], Growth]:
        return lambda chance, total: growth(
            chance, wide * total, memory, 0.7 * total / leak if leak else 0.0
        )

    return [
        ("white", 24, case(0.02, 0.5, 0)),
        ("forgets in a minute", 24, case(0.04, MINUTE, 0)),
        ("forgets in 20 min", 24, case(0.05, 20 * MINUTE, 0)),
        ("white, leaks in 2 h", 4, case(0.01, 0.5, 2 * HOUR)),
        ("a minute, leaks in 5 h", 8, case(0.02, MINUTE, 5 * HOUR)),
        ("a minute, leaks in 40 min", 3, case(0.01, MINUTE, 40 * MINUTE)),
    ]


_FAMILIES = (_constant, _bursts, _sawtooth, _steps, _exponential, _diurnal, _noise)

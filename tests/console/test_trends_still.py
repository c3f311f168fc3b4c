"""What did not change is followed at hardly any cost, and yet as if each look were put down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from console.chronicle import KEPT, Chronicle, Measures, Moment
from console.clean import Clean
from console.model import SECTOR, Boot, Host, Kind, Level, Style
from console.samples import measured, sample
from console.series import Series, rate
from console.trends import Trends
from tests.console.diary import Diary
from tests.console.hosts import BASE, FILL, MIB, NAME, facts, host, judge

PLAIN = host(facts(BASE, FILL))
(ROOT, SRV, MEM) = PLAIN.levels
COW = replace(ROOT, id=Clean("dm:cow"), kind=Kind.DM_SNAPSHOT)
LEVELS: list[list[Level | None]] = [
    [ROOT, replace(ROOT, used=5 * MIB), replace(ROOT, used=5 * MIB, inodes_used=9), None],
    [SRV, replace(SRV), replace(SRV, used=None)],
    [COW, replace(COW, used=MIB // 2), replace(COW, used=70 * MIB)],
    [MEM],
]
"""Of each level what a look may find; ``None``: it is not there."""
BOOTS = [
    Boot(Style.DISK, Clean("6.1"), None, None, 1.0, boot_id=Clean(name), image=None)
    for name in "ab"
]


STEPS = (0.0, 0.0004, 0.5, 2.0, 2.0, 2.0, 10.0, 29.0, 31.0)
SPELLS = st.lists(
    st.tuples(
        st.tuples(*(st.integers(0, len(each) - 1) for each in LEVELS)),
        st.sampled_from((0, 0, 0, 1)),
        st.sampled_from(STEPS),
        st.sampled_from((1, 1, 3, 40)),
    ),
    min_size=1,
    max_size=6,
)
"""Spells of stillness: which levels there are, under which boot, seconds a look, how many."""


def looks(spells: list[tuple[tuple[int, ...], int, float, int]]) -> Iterator[Host]:
    """Yield the looks at a host that goes through these."""
    at = 0.0
    for which, boot, step, count in spells:
        found = (each[number] for each, number in zip(LEVELS, which, strict=True))
        levels = tuple(level for level in found if level is not None)
        for _ in range(count):
            at += step
            yield replace(PLAIN, levels=levels, boot=BOOTS[boot], at=at, time=5.0 + at)


class Plainly:
    """Puts every level down at every look, on a time axis of its own, with no regard to cost."""

    def __init__(self) -> None:
        self.chronicles = {each.id: Chronicle() for each in (ROOT, SRV, COW, MEM)}
        self.seen: dict[Clean, float] = {}
        """When each was there last."""
        self.told: dict[Clean, list[tuple[float, float | None]]] = {}
        self.passed_over = False
        """Whether the newest look does not count."""

    def begin(self, seen: Host) -> None:
        """Take note of a look and put down what it found."""
        found = {level.id: level for level in seen.levels if level.used is not None}
        for key, chronicle in self.chronicles.items():
            moment = Moment(seen.at, seen.time, seen.boot_id or "")
            self.passed_over = not chronicle.begin(moment)
            if self.passed_over:
                continue
            if level := found.get(key):
                used = level.used or 0
                chunks = used // SECTOR if level.kind is Kind.DM_SNAPSHOT else None
                chronicle.put(key, Measures(used, level.inodes_used, chunks))
                self.seen[key] = seen.at
            elif key in self.seen:
                chronicle.lapse(key)
                if seen.at - self.seen[key] > KEPT:
                    chronicle.forget(key)
                    del self.seen[key]

    def series(self, key: Clean) -> Series:
        """Return what was put down of a level."""
        return Series.within(self.chronicles[key], key)

    def rates(self, seen: Host, level: Level) -> set[float | None]:
        """Return the rates that follow, now and a moment ago."""
        speed = rate(self.series(level.id))
        plain = speed and (0.0 if abs(speed) < 1 else float(f"{speed:.3g}"))
        told = self.told.setdefault(level.id, [])
        told.append((seen.at, plain))
        return {each for at, each in told if at > seen.at - 5.1}


STILL = (0, 0, 0, 0)


@given(SPELLS)
@example([(STILL, 0, 0.5, 3), (STILL, 1, 0.0, 1), (STILL, 1, 10.0, 1)])  # a boot passed over
@example([(STILL, 0, 2.0, 40), ((1, 0, 0, 0), 0, 0.0, 1), ((1, 0, 0, 0), 0, 2.0, 40)])
async def test_rates_and_history_are_what_they_would_be(
    spells: list[tuple[tuple[int, ...], int, float, int]],
) -> None:
    diary, plainly = Diary(), Plainly()
    trends = Trends(diary)
    for look in looks(spells):
        plainly.begin(look)
        told = await trends.followed(look, judge)
        for level, found in zip(told.levels, look.levels, strict=True):
            expected = {None} if found.used is None else plainly.rates(look, found)
            assert level.rate in expected or (plainly.passed_over and level.rate is None)
            past = {"rate": level.rate, "forecast": level.forecast, "state": level.state}
            assert level == replace(found, **past)  # type: ignore[arg-type]  # fields by name
        there = {each.id: sample(look, each) for each in look.levels if measured(each)}
        assert plainly.passed_over or diary.recorded[-1] == there
    for key in plainly.seen:
        both = trends.series[NAME, key], plainly.series(key)
        for measure in ("used", "inodes", "chunks"):
            mine, plain = (each.tail(KEPT, measure, unbroken=True) for each in both)
            assert tuple(map(list, mine)) == tuple(map(list, plain))


async def test_what_is_still_is_the_same_object() -> None:
    trends = Trends(None)
    for n in range(50):
        told = await trends.followed(replace(PLAIN, at=2.0 * n), judge)
    later = await trends.followed(replace(PLAIN, at=100.0), judge)
    assert later.levels is told.levels
    assert {level.rate for level in later.levels} == {0.0}

"""Whatever changes from look to look, what is carried along changes nothing but the work."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, replace

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from console.clean import Clean
from console.derive import Memo, derive
from console.facts import Facts, View
from console.model import Host, Netns, State
from console.trends import Trends
from screenshots import world
from tests.console.hosts import (
    BASE,
    FILL,
    GIB,
    MIB,
    NAME,
    facts,
    judge,
    memory,
    statfs,
    with_subhost,
)

PARTS = [field.name for field in fields(Facts) if field.name not in {"time", "at"}]
HOSTS = [
    world.facts(0),
    world.facts(7),
    with_subhost(),
    replace(
        facts(BASE + "30 26 0:30 / /t rw - tmpfs tmpfs rw\n", {**FILL, "/t": statfs(GIB, MIB)}),
        netns=(Netns(Clean("mta"), 9),),
    ),
    Facts(time=0.0, at=0.0, processes=None),
]
"""Hosts that have something of everything, or nothing."""


@st.composite
def looks(draw: st.DrawFn) -> list[Facts]:
    """Return looks at a host, each the one before with some parts of others."""
    seen = draw(st.sampled_from(HOSTS))
    found = [seen]
    for _ in range(draw(st.integers(1, 8))):
        other = draw(st.sampled_from(HOSTS))
        for part in draw(st.lists(st.sampled_from(PARTS), max_size=3)):
            seen = replace(seen, **{part: getattr(other, part)})
        seen = draw(st.sampled_from((_same, _copied, _fuller, _tighter, _older, _busier)))(seen)
        seen = replace(seen, at=seen.at + draw(st.sampled_from((0.0, 2.0))))
        found.append(seen)
    return found


def _same(seen: Facts) -> Facts:
    return seen


def _copied(seen: Facts) -> Facts:
    return deepcopy(seen)


def _fuller(seen: Facts) -> Facts:
    filled = {
        at: replace(each, free=max(each.free - MIB, 0), available=max(each.available - MIB, 0))
        for at, each in list(seen.view.statfs.items())[:1]
    }
    return replace(seen, view=View(seen.view.mounts, {**seen.view.statfs, **filled}))


def _tighter(seen: Facts) -> Facts:
    left = seen.memory.available if seen.memory else GIB
    return replace(seen, memory=memory(left // 3))


def _older(seen: Facts) -> Facts:
    return replace(seen, uptime=(seen.uptime or 0.0) + 2.0)


def _busier(seen: Facts) -> Facts:
    return replace(
        seen,
        processes=seen.processes
        and tuple(replace(each, cpu_seconds=each.cpu_seconds + 1) for each in seen.processes),
    )


@given(looks())
@example([HOSTS[0], replace(HOSTS[0], processes=HOSTS[2].processes)])  # begun elsewhere
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_change_is_missed(seen: list[Facts]) -> None:
    memo = Memo()
    lazy: Host | None = None
    fresh: Host | None = None
    for look in seen:
        lazy, fresh = derive(NAME, look, lazy, judge, memo), derive(NAME, look, fresh, judge)
        assert lazy == fresh


async def told(seen: list[Facts]) -> Host:
    """Follow a host, what is told standing for what was found or not; return it as told last."""
    memo, held, plain = Memo(), Trends(None), Trends(None)
    lazy: Host | None = None
    fresh: Host | None = None
    for look in seen:
        lazy = await held.followed(derive(NAME, look, lazy, judge, memo), judge)
        memo.told(lazy)
        fresh = await plain.followed(derive(NAME, look, fresh, judge), judge)
        assert lazy == fresh
    assert lazy
    return lazy


@given(looks())
@settings(suppress_health_check=[HealthCheck.too_slow])
async def test_what_is_told_may_stand_for_what_was_found(seen: list[Facts]) -> None:
    await told(seen)


SPELLS = st.lists(
    st.tuples(st.sampled_from((0, 0, 1, 5, 20, -40)), st.sampled_from((1, 3, 12, 40))),
    min_size=1,
    max_size=6,
)
"""How many MiB a store takes more in each look, and in how many looks."""


def filled(spells: list[tuple[int, int]]) -> list[Facts]:
    """Return looks at a host whose root fills like that."""
    seen, used = with_subhost(), GIB // 2
    found: list[Facts] = []
    for more, count in spells:
        for _ in range(count):
            used = min(max(used + more * MIB, 0), GIB)
            root = next(each.id for each in seen.view.mounts if each.point == "/")
            if more:
                view = View(seen.view.mounts, {**seen.view.statfs, root: statfs(GIB, used)})
                seen = replace(seen, view=view)
            seen = replace(seen, at=seen.at + 2.0, time=seen.time + 2.0)
            found.append(seen)
    return found


@given(SPELLS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
async def test_an_alarm_comes_and_goes_as_if_each_level_were_found_anew(
    spells: list[tuple[int, int]],
) -> None:
    await told(filled(spells))


async def test_an_alarm_by_time_does_not_count_as_one_by_fill() -> None:
    """It ends when the store no longer fills, though it is told of what is found again."""
    level, *_ = (await told(filled([(5, 40)]))).levels
    assert level.state is State.ACT
    level, *_ = (await told(filled([(5, 40), (0, 900)]))).levels
    assert level.state is State.OK

"""From facts to the picture of a host, and how two pictures share what did not change."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from console.clean import Clean
from console.derive import Memo, derive
from console.errors import Problem
from console.facts import Facts, View
from console.model import Gap, Host, Netns, State, Style
from screenshots import world
from tests.console.hosts import (
    BASE,
    FILL,
    GIB,
    MIB,
    NAME,
    facts,
    host,
    judge,
    level,
    memory,
    statfs,
    with_subhost,
)

PARTS = [field.name for field in fields(Host)]


def seen(step: int, before: Host | None = None) -> Host:
    return derive(Clean("local"), world.facts(step), before, judge)


def test_a_whole_host() -> None:
    found = seen(0)
    assert found.boot is not None
    assert (found.boot.style, found.state) == (Style.DRACUT_DM, State.ACT)
    assert [each.id for each in found.levels] == [
        "dm:live-rw",
        "fs:/",
        "tmpfs:/run",
        "tmpfs:/tmp",
        "fs:/srv",
        "mem",
    ]
    assert [(each.name, each.state.value) for each in found.subhosts] == [
        ("dns", "stopped"),
        ("mta", "running"),
        ("old", "broken"),
        ("web", "running"),
    ]
    assert [image.name for image in found.images] == ["edge-42.img"]
    assert (found.time, found.at) == (world.START, 0.0)


def test_each_level_tells_who_stops_with_it() -> None:
    backs = {each.id: each.backs for each in seen(0).levels}
    assert backs == {
        "dm:live-rw": ("fs:/",),
        "fs:/": (),
        "tmpfs:/run": (),
        "tmpfs:/tmp": (),
        "fs:/srv": ("mta", "web"),
        "mem": ("fs:/", "tmpfs:/run", "tmpfs:/tmp", "dm:live-rw"),
    }


def test_only_levels_and_subhosts_are_backed() -> None:
    found = facts(BASE + "30 26 0:30 / /t rw - tmpfs t rw\n", FILL)
    assert level(found, "mem").backs == ()


def test_what_was_not_seen_stays_told() -> None:
    gap = Gap(Clean("memory"), Clean("no answer"), problem=Problem.HUNG)
    found = host(replace(facts(BASE, FILL, available=None), gaps=(gap,)))
    assert (found.memory, found.gaps, found.boot, found.images) == (None, (gap,), None, ())


def test_nothing_at_all_is_a_host_too() -> None:
    found = host(Facts(time=0.0, at=0.0))
    assert (found.levels, found.subhosts, found.state) == ((), (), State.OK)


def test_a_namespace_belongs_to_the_subhost_that_is_alive() -> None:
    names = tuple(Netns(Clean(name), 9) for name in ("mta", "web"))
    found = host(replace(with_subhost(), netns=names))
    assert [(each.name, each.owner) for each in found.netns] == [("mta", "mta"), ("web", None)]


@pytest.mark.parametrize(
    ("used", "state"),
    [(100 * MIB, State.OK), (800 * MIB, State.WATCH), (900 * MIB, State.ACT), (GIB, State.FULL)],
)
def test_the_state_of_a_host_is_that_of_its_worst_level(used: int, state: State) -> None:
    assert host(facts(BASE, {**FILL, "/": statfs(GIB, used)}, available=4 * GIB)).state is state


def test_the_state_of_a_subhosts_level_counts() -> None:
    calm = with_subhost()
    inside = calm.inside[1702]
    full = replace(inside, statfs={**inside.statfs, 202: statfs(50 * MIB, 50 * MIB)})
    assert host(replace(calm, inside={1702: full})).state is State.FULL


def test_what_did_not_change_is_the_same_object() -> None:
    memo, facts = Memo(), world.facts(5)
    before = derive(Clean("local"), facts, None, judge, memo)
    after = derive(Clean("local"), replace(facts, at=99.0, time=1.0), before, judge, memo)
    changed = {part for part in PARTS if getattr(after, part) is not getattr(before, part)}
    assert changed == {"subhosts", "time", "at"}  # its processes have a share of the CPU now
    calm = derive(Clean("local"), replace(facts, at=199.0, time=2.0), after, judge, memo)
    changed = {part for part in PARTS if getattr(calm, part) is not getattr(after, part)}
    assert changed == {"time", "at"}


def test_what_changed_is_new() -> None:
    before, after = seen(5), seen(6, seen(5))
    assert after.levels != before.levels
    assert after.memory != before.memory


def test_an_unknown_process_table_is_not_an_empty_one() -> None:
    before = host(with_subhost())
    later = replace(with_subhost(), processes=None, inside={}, at=99.0)
    after = derive(NAME, later, before, judge)
    assert after.subhosts == before.subhosts
    assert [each.processes for each in after.netns] == [None] * len(after.netns)
    assert derive(NAME, later, None, judge).subhosts == ()


def test_an_unknown_mount_table_leaves_the_levels_as_they_were() -> None:
    before = host(facts(BASE, FILL))
    after = derive(NAME, Facts(time=9.0, at=9.0), before, judge)
    assert after.levels == before.levels != ()


def test_a_namespace_knows_how_many_processes_are_in_it() -> None:
    looked = with_subhost()
    assert looked.processes
    inside = tuple(replace(each, net_ns=9) for each in looked.processes)
    names = (Netns(Clean("mta"), 9), Netns(Clean("web"), 10))
    found = host(replace(looked, processes=inside, netns=names))
    assert [each.processes for each in found.netns] == [len(inside), 0]


# What is carried from look to look


def looks() -> list[Facts]:
    """Return a host that fills, is bound by memory, gets a mount, loses one and is mute once."""
    small = "40 26 0:40 / /t rw - tmpfs tmpfs rw\n"
    one, other = facts(BASE, FILL), facts(BASE + small, {**FILL, "/t": statfs(GIB, MIB)})
    fuller = replace(
        one, view=View(one.view.mounts, {**one.view.statfs, 26: statfs(GIB, 2 * MIB)})
    )
    tight = replace(other, memory=memory(10 * MIB))
    mute = replace(other, view=View(other.view.mounts, {}))
    return [one, fuller, one, other, tight, other, mute, other, replace(one, memory=None), one]


def test_what_is_carried_from_look_to_look_changes_nothing() -> None:
    memo = Memo()
    for seen in looks():
        assert derive(NAME, seen, None, judge, memo) == derive(NAME, seen, None, judge)


def test_a_level_is_the_same_object_while_nothing_about_it_changes() -> None:
    one, fuller, *_ = looks()
    memo = Memo()
    before = {each.id: each for each in derive(NAME, one, None, judge, memo).levels}
    after = {each.id: each for each in derive(NAME, fuller, None, judge, memo).levels}
    assert after[Clean("fs:/srv")] is before[Clean("fs:/srv")]
    assert after[Clean("fs:/")].used == 2 * MIB

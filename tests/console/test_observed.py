"""What a host shows of what was wished."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import Problem
from console.jobs import Job, JobState
from console.model import Gap, Host, Overlay, Running
from console.observed import blind, miscabled, missing, subhost, ungrown
from console.plan import Verb
from console.recabling import recabling
from tests.console.cables.sites import cable, link
from tests.console.cables.sites import host as cabled
from tests.console.handwork import MTA, RUNNING, STOPPED
from tests.console.hosts import BASE, FILL, GIB, facts, host

UP, DOWN = host(RUNNING), host(STOPPED)


def with_subhost(base: Host, **changes: object) -> Host:
    (mta,) = base.subhosts
    return replace(base, subhosts=(replace(mta, **changes),))  # type: ignore[arg-type]


NONE = replace(DOWN, subhosts=())
BROKEN = with_subhost(DOWN, state=Running.BROKEN, residue=(Clean("netns mta"),))
BOOTS = with_subhost(DOWN, autostart=True)
STARTING = with_subhost(UP, state=Running.STARTING)
DIED = with_subhost(DOWN, log=(Clean("no such file"),))


@pytest.mark.parametrize(
    ("verb", "shown", "lacking"),
    [
        (Verb.START, UP, None),
        (Verb.START, DOWN, "mta is stopped"),
        (Verb.START, DIED, "mta is stopped; its log ends with: no such file"),
        (Verb.START, STARTING, "mta is starting"),
        (Verb.START, NONE, "mta is not there"),
        (Verb.RESTART, UP, "mta is still the one that ran before"),
        (Verb.RESTART, with_subhost(UP, pid=7), None),
        (Verb.RESTART, DOWN, "mta is stopped"),
        (Verb.UPGRADE, UP, "mta is still the one that ran before"),
        (Verb.UPGRADE, with_subhost(UP, pid=7), None),
        (Verb.UPGRADE, DOWN, "mta is stopped"),
        (
            Verb.UPGRADE,
            with_subhost(
                UP, pid=7, configured_lower=Clean("/2"), overlay=Overlay((Clean("/"),), None, None)
            ),
            "mta does not run on /2",
        ),
        (Verb.STOP, DOWN, None),
        (Verb.STOP, NONE, None),
        (Verb.STOP, UP, "mta is running"),
        (Verb.STOP, BROKEN, "mta is broken; left behind: netns mta"),
        (Verb.REPAIR, DOWN, None),
        (Verb.REPAIR, UP, None),
        (Verb.REPAIR, BROKEN, "mta is broken; left behind: netns mta"),
        (Verb.ENABLE, BOOTS, None),
        (Verb.ENABLE, DOWN, "mta is not among those started at boot"),
        (Verb.DISABLE, DOWN, None),
        (Verb.DISABLE, BOOTS, "mta is among those started at boot"),
        (Verb.KILL, UP, None),
        (Verb.SHARE, UP, None),
        ("mount", NONE, None),
    ],
)
def test_what_is_lacking(verb: str, shown: Host, lacking: str | None) -> None:
    assert missing(verb, MTA, shown, before=1702) == lacking


def test_two_of_one_name_are_told_apart_by_their_configuration() -> None:
    (mta,) = UP.subhosts
    other = replace(mta, config=Clean("/opt/mta/mta.conf"), state=Running.STOPPED)
    both = replace(UP, subhosts=(mta, other))
    assert subhost(both, MTA) is mta
    assert subhost(both, MTA, Clean("/opt/mta/mta.conf")) is other
    assert missing(Verb.STOP, MTA, both, config=Clean("/opt/mta/mta.conf")) is None


def test_what_an_earlier_look_saw_is_known_as_such() -> None:
    assert blind(UP) is None
    late = Gap(Clean("processes"), Clean("no answer"), problem=Problem.HUNG)
    other = replace(late, probe=Clean("memory"))
    assert blind(replace(UP, gaps=(other,))) is None
    assert blind(replace(UP, gaps=(other, late))) == "no answer"


@pytest.mark.parametrize(
    ("level", "total", "inodes", "lacking"),
    [
        ("fs:/", GIB, None, None),
        ("fs:/", GIB + 1, None, f"fs:/ holds {GIB} bytes in all"),
        ("fs:/", None, 1001, "fs:/ holds 1000 inodes in all"),
        ("fs:/", None, 1000, None),
        ("dm:gone", GIB, None, "dm:gone is not there"),
        ("dm:gone", None, None, None),
    ],
)
def test_a_level_has_grown_when_it_is_seen_so_large(
    level: str, total: int | None, inodes: int | None, lacking: str | None
) -> None:
    words = (Clean("1"), Clean("mail1"), Clean("grow"), Clean(""), Clean("alice@b"))
    job = Job(*words, JobState.DONE, level=Clean(level), total=total, inodes=inodes)
    assert ungrown(job, host(facts(BASE, FILL))) == lacking


LINKS = (
    *(link(10, "br0", "bridge"), *cable(0, "mta", 50, master="br0"), *cable(1, "mta", 51)),
    link(60, "mta0.5", "vlan", peer=(50, ""), vlan=5, master="br0"),
)


@pytest.mark.parametrize(
    ("words", "lacking"),
    [
        ("bridge br0", None),
        ("bridge br1", "mta0 is in br0"),
        ("no-bridge", "mta0 is in br0"),
        ("vlan 5", None),
        ("vlan 5 br0", None),
        ("vlan 5 br1", "there is no VLAN 5 on mta0 in br1"),
        ("vlan 7", "there is no VLAN 7 on mta0"),
        ("no-vlan 7", None),
        ("no-vlan 5", "mta0.5 is still there"),
        (f"mac {LINKS[2].mac}", None),
        ("mac 2:0:0:0:0:9", f"the MAC address of eth0 is {LINKS[2].mac}"),
        ("up", None),
    ],
)
def test_whether_a_cable_is_as_it_was_to_become(words: str, lacking: str | None) -> None:
    shown = cabled(LINKS, {"mta": "br0= = ="})
    assert miscabled(MTA, recabling("eth0", words.split()), shown) == lacking
    assert miscabled(MTA, None, shown) is None
    down = cabled([replace(each, up=False) for each in LINKS], {"mta": "br0= = ="})
    assert miscabled(MTA, recabling("eth0", ("up",)), down) == "mta0 is down"
    assert miscabled(MTA, recabling("eth1", ("no-bridge",)), shown) is None
    assert miscabled(MTA, recabling("eth2", ("up",)), shown) == "mta2 is not there"

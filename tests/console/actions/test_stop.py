"""What a stop is made of, and when there is none."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions import stop
from console.actions.verbs import hindrance, planned
from console.clean import Clean
from console.model import Cable, Netns, Running
from console.operations import line
from console.plan import Plan, Tier, Verb, Wish
from console.shell import script
from console.survey import Kin, Lineage, Survey
from tests.console.actions.ground import NAME, host, link, subhost, survey

LINEAGE = Lineage(
    first=Kin(70, 500, Clean(".reaper")),
    unshare=Kin(69, 499, Clean("unshare")),
    holder=Kin(60, 400, Clean("overlay-boot")),
    supervised=True,
    net_ns=11,
    pid_ns=12,
    mount_ns=13,
)
UP = subhost(state=Running.RUNNING, pid=70, services=(Clean("networking"), Clean("ssh")))
LOOKED = replace(survey("BASE=.\n"), lineage=LINEAGE)
WISH = Wish(Verb.STOP, NAME, patience=7)


def commands(plan: Plan) -> list[str]:
    return [line(each) for step in plan.steps for each in step.operations]


def obstacles(guest: object = UP, looked: Survey = LOOKED) -> list[str]:
    return [each.text for each in planned(host(guest), WISH, looked).obstacles]  # type: ignore[arg-type]


def test_it_asks_before_it_forces() -> None:
    plan = planned(host(UP), WISH, LOOKED)
    assert commands(plan) == [
        "stop_service 70 500 ssh 7",
        "stop_service 70 500 networking 7",
        "ask 70 500 7",
        "slay 70 500 10 12",
        "dismiss 69 499 10",
        "dismiss 60 400 10",
        "drop_cgroup mta",
        "drop_netns mta 11",
    ]
    assert [line(check.operation) for check in plan.checks] == ["alive 70 500"]
    assert (plan.tier, plan.obstacles, plan.notes) == (Tier.INTERRUPTS, (), ())
    assert plan.boot_id == LOOKED.boot_id


def test_no_step_of_it_is_said_to_be_taken_back() -> None:
    assert all(
        [line(each) for each in step.undo] == ["stays"]
        for step in planned(host(UP), WISH, LOOKED).steps
    )


def test_without_a_holder_the_rest_is_the_same() -> None:
    orphan = replace(LOOKED, lineage=replace(LINEAGE, holder=None, supervised=False))
    plan = planned(host(replace(UP, state=Running.BROKEN)), WISH, orphan)
    assert "dismiss 60 400 10" not in commands(plan)
    assert "drop_netns mta 11" in commands(plan)
    assert plan.notes[0].startswith("its holder is gone")


def test_what_overlay_boot_started_is_told_of() -> None:
    theirs = replace(LOOKED, lineage=replace(LINEAGE, supervised=False))
    assert "overlay-boot" in planned(host(UP), WISH, theirs).notes[0]


def test_cables_are_removed_by_name_and_index() -> None:
    own = replace(link("mta0", "veth"), index=8, peer_netns=Clean("mta"))
    others = (
        replace(link("mta00x", "veth"), index=9, peer_netns=Clean("mta")),
        replace(link("mta1", "veth"), index=10, peer_netns=Clean("other")),
        replace(own, index=11, netns=Clean("mta")),
    )
    cable = Cable(Clean("mta2"), Clean("eth2"), None, None, None, True)
    guest = replace(UP, cables=(cable, replace(cable, outer=Clean("x; id"))))
    plan = planned(host(guest, links=(own, *others)), WISH, LOOKED)
    assert [each for each in commands(plan) if "link" in each] == [
        "drop_link mta0 8",
        "see_link_go mta2",
    ]


def test_one_that_is_dying_has_lost_its_network_already() -> None:
    dying = replace(LOOKED, lineage=replace(LINEAGE, net_ns=None, pid_ns=None, mount_ns=None))
    there = replace(host(UP), netns=(Netns(NAME, 77),))
    made = commands(planned(there, WISH, dying))
    assert "drop_netns mta 77" in made
    assert "slay 70 500 10 0" in made


@pytest.mark.parametrize(
    ("guest", "words"),
    [
        (subhost(), "mta is not running"),
        (subhost(state=Running.BROKEN), "no process of mta runs"),
        (subhost(state=Running.STARTING), "mta is being started"),
        (subhost("other"), "there is no subhost mta on web1"),
    ],
)
def test_there_is_nothing_to_stop(guest: object, words: str) -> None:
    assert obstacles(guest) == [words]
    found = hindrance(host(guest), NAME, Verb.STOP)  # type: ignore[arg-type]
    assert found
    assert found.text == words


@pytest.mark.parametrize("name", ["-rf", "a b", "x;id", "a/b", "thirteen-char"])
def test_names_that_nothing_is_run_with(name: str) -> None:
    guest = replace(UP, name=Clean(name))
    (found,) = planned(host(guest), replace(WISH, subhost=Clean(name)), LOOKED).obstacles
    assert "is not 1 to 12 of" in found.text


def test_what_is_missing_there() -> None:
    poor = replace(LOOKED, root=False, tools=LOOKED.tools - {"timeout", "ip"}, lineage=None)
    assert obstacles(UP, poor) == [
        "we are not root there",
        "ip is not installed",
        "timeout is not installed",
        "mta has ended just now",
    ]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\0")))
def test_no_service_is_more_than_a_word(service: str) -> None:
    guest = replace(UP, services=(Clean(service),))
    made = planned(host(guest), WISH, LOOKED)
    for operation in (each for step in made.steps for each in step.operations):
        assert shlex.split(line(operation)) == list(operation.argv)
    assert not [each for each in commands(made) if each.startswith("stop_service 70 500 -")]


def test_the_script_has_what_it_uses() -> None:
    text = script(planned(host(UP), WISH, LOOKED)).decode()
    assert "\nslay() {" in text
    assert "drop_repeated" not in text


def test_restart_uses_the_same_steps() -> None:
    made = stop.steps(host(UP), UP, WISH, LOOKED)
    assert made == planned(host(UP), WISH, LOOKED).steps
    assert stop.steps(host(UP), UP, WISH, replace(LOOKED, lineage=None)) == ()

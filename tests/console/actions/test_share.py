from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions.verbs import planned
from console.clean import Clean
from console.model import Overlay, Running
from console.operations import line
from console.plan import Plan, Tier, Verb, Wish
from console.survey import Found, PathFact, Survey
from tests.console.actions.ground import NAME, fact, host
from tests.console.actions.test_stop import LINEAGE, LOOKED, UP

LIVE = Clean("/opt/mta/live")
GUEST = replace(UP, overlay=Overlay((Clean("/"),), Clean("/u"), Clean("/w"), LIVE))
FOLDER = Clean("/srv/my data")
SEEN = replace(LOOKED, paths={LIVE: fact(LIVE), FOLDER: fact(FOLDER)})


def plan(
    verb: Verb, folder: str = FOLDER, inside: str = "/srv/x y", looked: Survey = SEEN
) -> Plan:
    wish = Wish(verb, NAME, share=(Clean(folder), Clean(inside)))
    return planned(host(GUEST), wish, looked)


def test_share() -> None:
    made = plan(Verb.SHARE)
    assert not made.obstacles
    (step,) = made.steps
    assert [line(each) for each in step.operations] == [
        "share 60 400 '/srv/my data' /opt/mta/live '/srv/x y' -c",
        r"shared 70 '/srv/x\040y'",
    ]
    assert [line(each) for each in step.undo] == [
        r"take_back_share '/opt/mta/live/srv/x\040y' 60 400 '/srv/my data' /opt/mta/live "
        "'/srv/x y' -c 70"
    ]
    assert made.tier is Tier.REVERSIBLE


def test_unshare() -> None:
    made = plan(Verb.UNSHARE)
    assert not made.obstacles
    (step,) = made.steps
    assert [line(each) for each in step.operations] == [
        "take_share 60 400 '/srv/my data' /opt/mta/live '/srv/x y' -c 70",
        r"not_shared 70 '/srv/x\040y'",
    ]
    assert made.tier is Tier.INTERRUPTS


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (PathFact(Found.MISSING), "/srv/my data does not exist"),
        (PathFact(Found.FILE, FOLDER), "/srv/my data is no folder"),
        (PathFact(Found.LINK, Clean("/etc")), "/srv/my data is no folder"),
        (PathFact(Found.FOLDER, Clean("/etc")), "/srv/my data is a way to /etc"),
    ],
)
def test_what_is_no_folder(found: PathFact, words: str) -> None:
    made = plan(Verb.SHARE, looked=replace(SEEN, paths={LIVE: fact(LIVE), FOLDER: found}))
    assert [each.text for each in made.obstacles] == [words]


def test_who_has_no_supervisor() -> None:
    for line_, words in (
        (replace(LINEAGE, supervised=False), "it was started by overlay-boot"),
        (replace(LINEAGE, holder=None), "its supervisor is gone"),
        (None, "its supervisor is gone"),
    ):
        made = plan(Verb.SHARE, looked=replace(SEEN, lineage=line_))
        assert made.obstacles[0].text.startswith(words)
        assert not made.steps


def test_without_a_live_or_a_wish() -> None:
    made = plan(Verb.SHARE, looked=replace(SEEN, paths={FOLDER: fact(FOLDER)}))
    assert "it is not known where" in made.obstacles[0].text
    assert (
        "no folder is named"
        in planned(host(GUEST), Wish(Verb.SHARE, NAME), SEEN).obstacles[0].text
    )
    broken = replace(GUEST, state=Running.BROKEN)
    wish = Wish(Verb.SHARE, NAME, share=(FOLDER, Clean("/x")))
    assert [each.text for each in planned(host(broken), wish, SEEN).obstacles] == ["mta is broken"]


@given(st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=20))
def test_any_name_is_one_word_or_an_obstacle(name: str) -> None:
    folder, inside = f"/srv/{name}", f"/in/{name}"
    known = replace(SEEN, paths={LIVE: fact(LIVE), Clean(folder): fact(folder)})
    made = plan(Verb.SHARE, folder, inside, known)
    for operation in (each for step in made.steps for each in (*step.operations, *step.undo)):
        assert shlex.split(line(operation)) == list(operation.argv)
    if not made.obstacles:
        assert made.steps[0].operations[0].argv[3] == folder

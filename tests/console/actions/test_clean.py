from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.verbs import planned
from console.clean import Clean
from console.model import Overlay, Running
from console.operations import line
from console.plan import Plan, Verb, Wish
from console.survey import Found, PathFact
from tests.console.actions.ground import CONF, NAME, host, planned_on, subhost, survey

TEXT = "BASE=.\nLOWER=/srv/image\n"


def said(plan: Plan) -> list[str]:
    return [each.text for each in plan.obstacles]


def test_the_plan() -> None:
    plan = planned_on(TEXT, verb=Verb.CLEAN)
    assert not plan.obstacles
    (step,) = plan.steps
    assert [line(each) for each in step.operations] == ["drop_repeated /opt/mta/root /srv/image"]
    assert step.why == "delete files of /opt/mta/root that are the same in /srv/image"
    digest = survey(TEXT).conf_digest
    assert [line(check.operation) for check in plan.checks] == [
        "free mta",
        f"idle {CONF}",
        f"same {CONF} {digest}",
    ]


def test_it_says_when_attributes_are_not_compared() -> None:
    looked = survey(TEXT)
    bare = replace(looked, tools=looked.tools - {"getfattr"})
    plan = planned(host(), Wish(Verb.CLEAN, NAME), bare)
    assert any("getfattr" in note for note in plan.notes)
    assert not any("getfattr" in note for note in planned_on(TEXT, verb=Verb.CLEAN).notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("BASE=.\nLOWER=!where\n", "a command decides where its layers are"),
        ("BASE=.\nUPPER=!where\n", "a command decides where its layers are"),
        ("BASE=.\nUPPER=x\nLOWER=x\n", "UPPER is LOWER: there is no overlay"),
        ("BASE=.\nUPPER=a\u240ab\n", "/opt/mta/a\u240ab cannot be shown exactly"),
    ],
)
def test_layers_that_cannot_be_compared(text: str, words: str) -> None:
    assert said(planned_on(text, verb=Verb.CLEAN)) == [words]


def test_a_layer_that_is_not_there() -> None:
    plan = planned_on(TEXT, {"LOWER": PathFact(Found.MISSING)}, verb=Verb.CLEAN)
    assert said(plan) == ["/srv/image is no folder"]


def test_one_that_runs() -> None:
    running = subhost(state=Running.RUNNING, pid=7)
    plan = planned(host(running), Wish(Verb.CLEAN, NAME), survey(TEXT))
    assert said(plan) == ["mta is running"]


def test_one_that_another_runs_on() -> None:
    overlay = Overlay((Clean("/opt/mta/root"),), Clean("/u"), Clean("/w"), Clean("/l"))
    other = subhost("web", state=Running.RUNNING, pid=7, overlay=overlay)
    plan = planned(host(subhost(), other), Wish(Verb.CLEAN, NAME), survey(TEXT))
    assert said(plan) == ["web runs on /opt/mta/root"]
    still = replace(other, state=Running.STOPPED)
    assert not planned(host(subhost(), still), Wish(Verb.CLEAN, NAME), survey(TEXT)).obstacles

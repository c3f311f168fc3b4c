"""Plans and outcomes as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from console.clean import Clean
from console.cli.plans import (
    Outcome,
    obstructed,
    outcome_json,
    plan_head,
    plan_json,
    plan_text,
)
from console.jobs import Job, JobState
from console.operations import Operation
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Where
from console.shell import digest, script

WEB, MTA = Clean("web"), Clean("mta")
PLAN = Plan(
    Verb.STOP,
    WEB,
    MTA,
    Tier.INTERRUPTS,
    Clean("boot-1"),
    Clean("/srv/mta/mta.conf"),
    checks=(Check(Operation(("test", "-e", "/proc/7")), Clean("it has ended")),),
    steps=(
        Step(
            Clean("lay"),
            (Operation(("ip", "-batch", "-"), stdin="netns add mta\n"),),
            (Operation(("ip", "netns", "delete", "it's")),),
            Where.PRIVATE,
        ),
        Step(Clean("end it"), (Operation(("slay", "7")),), (Operation(("stays",)),)),
    ),
    consequences=(Clean("2 sessions end"),),
    notes=(Clean("no setpriv: relies on rollback"),),
)
OBSTACLE = Obstacle(Clean("no bridge br9"), Clean("ip link add br9 type bridge"))
BLOCKED = replace(PLAN, obstacles=(OBSTACLE,))
JOB = Job(
    Clean("1"),
    WEB,
    Clean("stop"),
    MTA,
    Clean("alice@b"),
    JobState.DONE,
    seconds=1.25,
    output=(Clean("said"),),
)


def test_a_plan_is_shown_with_everything_that_runs() -> None:
    assert [line for line, _ in plan_text(PLAN)] == [
        "stop mta on web (may interrupt services)",
        "   ! 2 sessions end",
        "   no setpriv: relies on rollback",
        "   refused if it has ended",
        "  1. lay [private]",
        "       ip -batch - <<'STDIN'",
        "       netns add mta",
        "       STDIN",
        "       back: ip netns delete 'it'\\''s'",
        "  2. end it",
        "       slay 7",
        "       cannot be taken back",
    ]


def test_of_many_plans_only_what_sets_them_apart_is_shown() -> None:
    assert [line for line, _ in plan_head(BLOCKED)] == [
        "stop mta on web (may interrupt services)",
        "   ! 2 sessions end",
        "   no setpriv: relies on rollback",
        "   cannot run: no bridge br9 (ip link add br9 type bridge)",
    ]


def test_a_plan_as_json_holds_the_very_script() -> None:
    found = plan_json(PLAN)
    assert json.loads(json.dumps(found)) == found
    assert found["script"] == script(PLAN).decode()
    assert (found["digest"], found["tier"], found["target"]) == (digest(PLAN), 2, "web/mta")
    assert found["checks"] == [{"command": "test -e /proc/7", "refusal": "it has ended"}]
    steps = found["steps"]
    assert isinstance(steps, list)
    assert steps[0] == {
        "why": "lay",
        "where": "private",
        "commands": ["ip -batch - <<'STDIN'\nnetns add mta\nSTDIN"],
        "undo": ["ip netns delete 'it'\\''s'"],
    }


def test_a_plan_that_cannot_run_has_no_script() -> None:
    found = plan_json(BLOCKED)
    assert (found["script"], found["digest"]) == (None, None)
    assert found["obstacles"] == [{"text": OBSTACLE.text, "remedy": OBSTACLE.remedy}]


@pytest.mark.parametrize(
    ("outcome", "done", "line"),
    [
        (Outcome(WEB, MTA, Clean("stop"), JOB), True, "web/mta: done in 1.2 s"),
        (
            Outcome(WEB, MTA, Clean("stop"), replace(JOB, told=Clean("ssh did not stop"))),
            True,
            "web/mta: done in 1.2 s: ssh did not stop",
        ),
        (
            Outcome(WEB, MTA, Clean("stop"), replace(JOB, state=JobState.LEFT, told=Clean("x"))),
            False,
            "web/mta: left: x",
        ),
        (
            Outcome(WEB, MTA, Clean("stop"), JOB, Clean("not at its end"), Clean("wait")),
            False,
            "web/mta: done: not at its end (wait)",
        ),
        (
            obstructed(replace(BLOCKED, obstacles=(OBSTACLE, Obstacle(Clean("not root"))))),
            False,
            "web/mta: not begun: no bridge br9 (ip link add br9 type bridge); not root",
        ),
        (
            obstructed(BLOCKED),
            False,
            "web/mta: not begun: no bridge br9 (ip link add br9 type bridge)",
        ),
    ],
)
def test_an_outcome_is_one_line(outcome: Outcome, done: bool, line: str) -> None:
    assert (outcome.done, outcome.line) == (done, line)
    assert outcome_json(outcome)["done"] is done


def test_an_outcome_as_json() -> None:
    assert outcome_json(Outcome(WEB, MTA, Clean("stop"), JOB)) == {
        "target": "web/mta",
        "host": "web",
        "subhost": "mta",
        "level": None,
        "verb": "stop",
        "done": True,
        "id": "1",
        "state": "done",
        "digest": None,
        "seconds": 1.25,
        "told": None,
        "remedy": None,
        "output": ["said"],
    }
    found = outcome_json(obstructed(BLOCKED))
    assert (found["id"], found["state"], found["told"]) == (None, None, "no bridge br9")

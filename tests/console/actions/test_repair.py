from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.verbs import planned
from console.clean import Clean
from console.model import Netns, Running
from console.operations import line
from console.plan import Plan, Verb, Wish
from tests.console.actions.ground import CONF, NAME, host, link, subhost, survey

LOOKED = survey("BASE=.\n")
LEFT = ("netns mta", "interface mta0", "mount /opt/mta/live", "mount /opt/mta/live/a b")
BROKEN = subhost(state=Running.BROKEN, residue=tuple(map(Clean, LEFT)))
THERE = replace(
    host(BROKEN, links=(replace(link("mta0", "veth"), index=8), link("mta00"))),
    netns=(Netns(Clean("other"), 5), Netns(NAME, 6)),
)


def commands(plan: Plan) -> list[str]:
    return [line(each) for step in plan.steps for each in step.operations]


def test_exactly_what_is_left() -> None:
    plan = planned(THERE, Wish(Verb.REPAIR, NAME), LOOKED)
    assert not plan.obstacles
    # Of a group nothing tells: what is offered for repair goes after it.
    assert commands(plan) == [
        "drop_cgroup mta",
        r"drop_mount '/opt/mta/live/a b' '/opt/mta/live/a\040b'",
        "drop_mount /opt/mta/live /opt/mta/live",
        "drop_netns mta 6",
        "drop_link mta0 8",
    ]
    assert [line(check.operation) for check in plan.checks] == ["free mta", f"idle {CONF}"]


@pytest.mark.parametrize(
    ("guest", "words"),
    [
        (subhost(), "nothing is left of mta"),
        (replace(BROKEN, pid=7), "mta has processes"),
        (replace(BROKEN, state=Running.STARTING), "mta has processes"),
        (replace(BROKEN, name=Clean("other")), "there is no subhost mta on web1"),
    ],
)
def test_nothing_to_repair(guest: object, words: str) -> None:
    plan = planned(host(guest), Wish(Verb.REPAIR, NAME), LOOKED)  # type: ignore[arg-type]
    assert [each.text for each in plan.obstacles] == [words]


def test_a_mount_that_cannot_be_named() -> None:
    guest = replace(BROKEN, residue=(Clean("mount /opt/mta/live/␊"),))
    plan = planned(host(guest), Wish(Verb.REPAIR, NAME), LOOKED)
    assert "cannot be shown exactly" in plan.obstacles[0].text

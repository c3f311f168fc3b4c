from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.kill import SIGNALS
from console.actions.verbs import planned
from console.clean import Clean
from console.operations import line
from console.plan import Plan, Tier, Verb, Wish
from tests.console.actions.ground import NAME, host, subhost
from tests.console.actions.test_stop import LOOKED, UP


def plan(signal: str | None) -> Plan:
    wish = Wish(Verb.KILL, NAME, signal=Clean(signal) if signal else None)
    return planned(host(UP), wish, LOOKED)


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_signal(signal: str) -> None:
    made = plan(signal)
    assert not made.obstacles
    assert [line(each) for each in made.steps[0].operations] == [f"send 70 500 {signal}"]
    assert made.tier is (Tier.LOSES if signal == "KILL" else Tier.INTERRUPTS)
    assert "so does mta" in made.consequences[-1]


@pytest.mark.parametrize("signal", [None, "", "9", "SIGKILL", "kill", "KILL; id", "-1"])
def test_no_signal(signal: str | None) -> None:
    assert "is no signal that is known here" in plan(signal).obstacles[0].text


def test_one_that_does_not_run() -> None:
    wish = Wish(Verb.KILL, NAME, signal=Clean("HUP"))
    made = planned(host(subhost()), wish, replace(LOOKED, lineage=None))
    assert [each.text for each in made.obstacles] == ["mta is not running"]

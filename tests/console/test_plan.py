"""Plans say what they are."""

from __future__ import annotations

from console.clean import Clean
from console.plan import Plan, Step, Tier, Verb, Where


def test_a_plan_supervises_if_a_step_is_not_the_hosts() -> None:
    def plan(*steps: Step) -> Plan:
        return Plan(
            Verb.START, Clean("web1"), Clean("mta"), Tier.REVERSIBLE, None, steps=tuple(steps)
        )

    assert plan().title == "start mta on web1"
    assert not plan(Step(Clean("a"), ())).supervises
    assert plan(Step(Clean("a"), ()), Step(Clean("b"), (), where=Where.INSIDE)).supervises

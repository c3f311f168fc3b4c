"""Weighing: what speaks against booting a set, as obstacles of a plan, or waived for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from console.clean import Clean, clean
from console.images.fitness import Objection
from console.plan import Obstacle, Plan

_WAIVE = "--in-spite REASON"


def standing(objections: Sequence[Objection], reason: Clean | None) -> tuple[Objection, ...]:
    """Return those that no reason takes away."""
    return tuple(each for each in objections if not (each.waivable and reason))


def weighed(plan: Plan, objections: Sequence[Objection], reason: Clean | None) -> Plan:
    """Return the plan, which cannot run but for a reason where anything speaks against it."""
    stands = standing(objections, reason)
    if stands:
        obstacles = tuple(
            Obstacle(
                each.text,
                clean(f"{each.remedy}: {_WAIVE}" if each.waivable else each.remedy, 1000),
            )
            for each in stands
        )
        return replace(plan, steps=(), checks=(), obstacles=(*plan.obstacles, *obstacles))
    if not objections:
        return plan
    told = tuple(clean(f"in spite of this: {each.text}", 1000) for each in objections)
    return replace(plan, consequences=(*told, *plan.consequences), waived=reason)

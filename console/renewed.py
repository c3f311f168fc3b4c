"""Frozen values with parts renewed, at a third of what ``dataclasses.replace`` takes, or left out.

``at_rate = renewing(Level, "rate")`` and then ``at_rate(level, 5.0)`` is the level with that rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import TypeVar

T = TypeVar("T")


def all_but(of: Callable[..., T], *names: str) -> Callable[[T], tuple[object, ...]]:
    """Return what gives all parts of a value of that class but these, to be compared."""
    every = [each.name for each in fields(of)]  # type: ignore[arg-type]  # a dataclass
    parts: Callable[[T], tuple[object, ...]] = attrgetter(
        *(name for name in every if name not in names)
    )
    return parts


def renewing(of: Callable[..., T], *names: str) -> Callable[..., T]:
    """Return what makes of a value one of the same class that has these parts, in this order."""
    every = [each.name for each in fields(of)]  # type: ignore[arg-type]  # a dataclass
    places = [every.index(name) for name in names]
    parts: Callable[[T], tuple[object, ...]] = attrgetter(*every)

    def renewed(before: T, *news: object) -> T:
        values = list(parts(before))
        for place, new in zip(places, news, strict=True):
            values[place] = new
        return of(*values)

    return renewed

"""Frozen values with parts renewed, at a fifth of what ``dataclasses.replace`` takes, or left out.

``at_rate = renewing(Level, "rate")`` and then ``at_rate(level, 5.0)`` is the level with that rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from functools import cache
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
    others = [each.name for each in fields(of) if each.name not in names]  # type: ignore[arg-type]
    rest: Callable[[T], tuple[object, ...]] = attrgetter(*others)

    @cache  # made when it is needed: it takes as long as renewing a hundred values
    def opened() -> type:
        return make_dataclass("Opened", [*names, *others], slots=True, eq=False, repr=False)

    def renewed(before: T, *news: object) -> T:
        # What is frozen has each part set by a call. So it is made as what is not, of the very
        # same parts, and then becomes it.
        made = opened()(*news, *rest(before))
        made.__class__ = of
        return made  # type: ignore[no-any-return]

    return renewed

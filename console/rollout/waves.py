"""Waves: which targets of a rollout are upgraded one after the other, and how many at a time.

``waves(targets, portions("1,10%,rest"))`` are the canary, a tenth of all, and the rest. The same
targets always give the same waves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from console.clean import Clean

_PORTION = re.compile(r"([1-9][0-9]{0,5})(%?)", re.ASCII)
REST = "rest"


@dataclass(frozen=True, slots=True)
class Portion:
    """So many targets, or so many in a hundred of all."""

    amount: int
    percent: bool = False

    def of(self, total: int) -> int:
        """Return how many of ``total`` that are: a share is rounded up, so never none."""
        return min(-(-total * self.amount // 100) if self.percent else self.amount, total)


def portion(text: str) -> Portion:
    """Return ``3`` or ``10%`` as a portion; raises ``ValueError``."""
    match = _PORTION.fullmatch(text.strip())
    if match is None or (match[2] and int(match[1]) > 100):
        raise ValueError(f"{text[:40]!r} is neither a number of hosts nor a share such as 10%")
    return Portion(int(match[1]), bool(match[2]))


def portions(text: str) -> tuple[Portion, ...]:
    """Return the waves of ``1,10%,rest`` before the last one, which has all the others.

    Raises ``ValueError``, also where no ``rest`` ends it: nobody is left out unsaid.
    """
    *first, last = (word.strip() for word in text.split(","))
    if last != REST:
        raise ValueError(f"{text[:40]!r} does not end with {REST}, as 1,10%,{REST} does")
    return tuple(map(portion, first))


def waves(
    tags: Mapping[Clean, Sequence[Clean]], first: Sequence[Portion]
) -> tuple[tuple[Clean, ...], ...]:
    """Return the targets, each given with its tags, in waves; what has the same tags is spread.

    So each wave has of every kind of target what it has of all, as nearly as can be, and the
    canary is of the most frequent kind. Waves for which nobody is left are left out.
    """
    ordered = iter(_spread(tags))
    sizes = (each.of(len(tags)) for each in first)
    found = [tuple(islice(ordered, size)) for size in sizes]
    return tuple(filter(None, (*found, tuple(ordered))))


def _spread(tags: Mapping[Clean, Sequence[Clean]]) -> list[Clean]:
    kinds: dict[tuple[Clean, ...], list[Clean]] = {}
    for target in sorted(tags):
        kinds.setdefault(tuple(sorted(set(tags[target]))), []).append(target)
    placed = [
        ((place + 0.5) / len(members), kind, target)
        for kind, members in kinds.items()
        for place, target in enumerate(members)
    ]
    return [target for *_, target in sorted(placed)]

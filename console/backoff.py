"""When a host that failed is tried again by itself: soon, then ever later, or never.

``Backoff(2.0, Random()).failed(Problem.UNREACHABLE)`` is 2 to 2.5 s, then 4 to 5 s, at most 60.
"""

from __future__ import annotations

from random import Random
from typing import Final

from console.errors import Problem

STICKY: Final = frozenset(
    {
        Problem.AUTH,
        Problem.CHANGED_KEY,
        Problem.CONFIG,
        Problem.DENIED,
        Problem.REVOKED_KEY,
        Problem.UNKNOWN_KEY,
    }
)
"""Only a human can end these; servers shut a bastion out that asks again and again."""

_LONGEST: Final = 60.0
"""Seconds between two tries, or the interval where that is longer."""
_SPREAD: Final = 0.25
"""Share of a delay that chance adds, so that hosts lost together do not come back together."""
_PROMPT: Final = (0.1, 0.5)
"""Intervals until a link that was up is tried again for the first time."""


class Backoff:
    """The delays of one host."""

    __slots__ = ("_failures", "_interval", "_random")

    def __init__(self, interval: float, random: Random) -> None:
        self._interval = interval
        self._random = random
        self._failures = 0

    def reset(self) -> None:
        """Begin anew: the host answered, or the operator asked."""
        self._failures = 0

    def failed(self, problem: Problem | None, *, was_up: bool = False) -> float | None:
        """Return the seconds until the next try; ``None``: not before somebody asks for it.

        ``was_up``: it answered the last time, so one prompt try may be all that is needed.
        """
        if problem in STICKY:
            return None
        if was_up:
            return self._interval * self._random.uniform(*_PROMPT)
        self._failures += 1
        longest = max(_LONGEST, self._interval) / (1 + _SPREAD)
        # Doubling stops long before it could overflow.
        delay = min(self._interval * 2.0 ** min(self._failures - 1, 16), longest)
        return delay * self._random.uniform(1, 1 + _SPREAD)

"""How far a set is on its way to a host, how fast it goes, and when it will be there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from console.clean import Clean

_WINDOW = 5.0
"""Seconds over which the rate is told."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far the files of one set are."""

    done: int
    """Bytes that are there."""
    total: int
    rate: float | None
    """Bytes a second of late; ``None``: not known yet."""
    unfetched: Clean | None = None
    """Why the host did not fetch a file by itself as it was to."""

    @property
    def eta(self) -> float | None:
        """Seconds until all is there; ``None``: not known."""
        return (self.total - self.done) / self.rate if self.rate else None


Tell = Callable[[Moved], None]
"""Takes how far it is, a few times a second at most."""


class Meter:
    """Tells how far a set is, from the bytes that are there."""

    def __init__(self, total: int, clock: Callable[[], float], tell: Tell) -> None:
        self._total = total
        self._clock = clock
        self._tell = tell
        self._seen: deque[tuple[float, int]] = deque()
        self.unfetched: Clean | None = None

    def at(self, done: int, *, pause: float = 0.2) -> None:
        """Take note; it is told unless it was less than ``pause`` seconds ago."""
        now = self._clock()
        if self._seen and now - self._seen[-1][0] < pause and done < self._total:
            return
        self._seen.append((now, done))
        while now - self._seen[0][0] > _WINDOW and len(self._seen) > 2:
            self._seen.popleft()
        began, before = self._seen[0]
        took = now - began
        rate = (done - before) / took if took > 0 and done > before else None
        self._tell(Moved(done, self._total, rate, self.unfetched))

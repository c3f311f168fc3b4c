"""Looks yet to be stored, in bounded memory: one thread adds them, another takes them."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

from console.clean import Clean
from console.samples import Look

_HELD: Final = 100_000
"""Samples kept in memory while they cannot be stored."""

Looks = list[tuple[Clean, Look]]


class Backlog:
    """Looks not yet stored; the oldest are given up when there are too many."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._looks: deque[tuple[Clean, Look]] = deque()
        self._held = 0
        self.dropped = 0

    def add(self, host: Clean, look: Look) -> int:
        """Keep one look; return how many there are now."""
        with self._lock:
            self._looks.append((host, look))
            self._held += len(look.levels)
            self._drop()
            return len(self._looks)

    def take(self) -> Looks:
        """Take all of them."""
        with self._lock:
            looks = list(self._looks)
            self._looks.clear()
            self._held = 0
            return looks

    def give_back(self, looks: Looks) -> None:
        """Put back what could not be stored, before what came since."""
        with self._lock:
            self._looks.extendleft(reversed(looks))
            self._held += sum(len(look.levels) for _, look in looks)
            self._drop()

    def of(self, host: Clean) -> list[Look]:
        """Return those at one host."""
        with self._lock:
            return [look for name, look in self._looks if name == host]

    def _drop(self) -> None:
        while self._held > _HELD:
            _, look = self._looks.popleft()
            self._held -= len(look.levels)
            self.dropped += len(look.levels)

"""Looks yet to be stored, in bounded memory: one thread adds them, another takes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import Final

from console.clean import Clean
from console.series import Sample

_HELD: Final = 100_000
"""Samples kept in memory while they cannot be stored."""

Looks = list[tuple[Clean, Mapping[Clean, Sample]]]


class Backlog:
    """Looks not yet stored; the oldest are given up when there are too many."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._looks: deque[tuple[Clean, Mapping[Clean, Sample]]] = deque()
        self._held = 0
        self.dropped = 0

    def add(self, host: Clean, samples: Mapping[Clean, Sample]) -> int:
        """Keep one look; return how many there are now."""
        with self._lock:
            self._looks.append((host, samples))
            self._held += len(samples)
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
            self._held += sum(len(samples) for _, samples in looks)
            self._drop()

    def of(self, host: Clean) -> list[Mapping[Clean, Sample]]:
        """Return those at one host."""
        with self._lock:
            return [samples for name, samples in self._looks if name == host]

    def _drop(self) -> None:
        while self._held > _HELD:
            _, samples = self._looks.popleft()
            self._held -= len(samples)
            self.dropped += len(samples)

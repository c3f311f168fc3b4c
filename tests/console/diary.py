"""A recorder for tests, in memory."""

from __future__ import annotations

from collections.abc import Mapping

from console.clean import Clean
from console.samples import Look
from console.series import Sample


class Diary:
    """A recorder that keeps what it is given, and recalls what it is made with."""

    trouble: str | None = None
    dropped = 0

    def __init__(self, past: Mapping[Clean, tuple[Sample, ...]] | None = None) -> None:
        self.past = past or {}
        self.asked: list[str] = []
        self.recorded: list[Mapping[Clean, Sample]] = []

    def record(self, host: Clean, look: Look) -> None:
        """Keep one look."""
        self.recorded.append(look.samples)

    async def recent(self, host: Clean, seconds: float) -> Mapping[Clean, tuple[Sample, ...]]:
        """Return what it was made with."""
        self.asked.append(host)
        return self.past

    async def close(self) -> None:
        """Nothing to store."""

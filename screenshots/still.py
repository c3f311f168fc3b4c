"""A fleet that stands still, for pictures and screen tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from console.clean import Clean
from console.fleet import FleetView
from screens.sight import Clocks
from screenshots.deeds import StillDeeds
from screenshots.world import START


def clocks(at: float) -> Clocks:
    """Return clocks that stand still so many seconds after the start."""
    return Clocks(lambda: at, lambda: START + at)


class StillFleet:
    """A fleet of which everything is known already."""

    def __init__(self, *views: FleetView) -> None:
        self._views = views
        newest = views[-1] if views else FleetView()
        self.deeds = StillDeeds(newest.contacts, *newest.jobs)
        self._changed = asyncio.Event()
        self.deeds.changed = self._changed.set
        self.refreshed = 0
        self.asked: list[str | None] = []
        self.preferred: tuple[str, ...] = ()
        self.accepted: list[tuple[str, str]] = []

    async def views(self) -> AsyncIterator[FleetView]:
        """Yield the views given, and the last of them with the jobs there are then."""
        for each in self._views:
            yield each
        while True:
            await self._changed.wait()
            self._changed.clear()
            newest = self._views[-1] if self._views else FleetView()
            yield replace(newest, jobs=self.deeds.jobs)

    async def watch(self) -> None:
        """Watch for ever."""
        await asyncio.Event().wait()

    def refresh(self, name: Clean | None = None) -> None:
        """Note who was to be looked at."""
        self.refreshed += 1
        self.asked.append(name)

    def prefer(self, names: Sequence[Clean]) -> None:
        """Note who is seen."""
        self.preferred = tuple(names)

    async def accept(self, name: Clean, fingerprint: str) -> None:
        """Note what was accepted."""
        self.accepted.append((name, fingerprint))

    async def close(self) -> None:
        """Nothing to let go of."""

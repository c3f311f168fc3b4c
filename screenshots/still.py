"""A fleet that stands still, for pictures and screen tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace

from console.clean import Clean
from console.errors import ConsoleError
from console.events import Key
from console.fleet import FleetView
from console.writers import Writers
from screens.sight import Clocks
from screenshots.deeds import StillDeeds
from screenshots.world import START


def clocks(at: float) -> Clocks:
    """Return clocks that stand still so many seconds after the start."""
    return Clocks(lambda: at, lambda: START + at)


class StillAsking:
    """Answers who fills a level with what was given."""

    def __init__(self, *reports: Writers) -> None:
        self._reports = {(each.host, each.subhost, each.level): each for each in reports}
        self.asked: list[tuple[str, str, str]] = []

    async def writers(
        self, host: Clean, subhost: Clean, level: Clean, since: float | None = None
    ) -> Writers:
        """Return what was given; raises ``ConsoleError`` for any other level."""
        self.asked.append((host, subhost, level))
        if (found := self._reports.get((host, subhost, level))) is None:
            raise ConsoleError(f"{host}: cannot be asked who fills {level}", "ask another")
        return found


class StillFleet:
    """A fleet of which everything is known already."""

    def __init__(self, *views: FleetView) -> None:
        self._views = views
        newest = views[-1] if views else FleetView()
        self.deeds = StillDeeds(newest.contacts, *newest.jobs)
        self.asking = StillAsking()
        self._changed = asyncio.Event()
        self.deeds.changed = self._changed.set
        self.refreshed = 0
        self.asked: list[str | None] = []
        self.preferred: tuple[str, ...] = ()
        self.accepted: list[tuple[str, str]] = []
        self.acknowledged: set[Key] = set()

    async def views(self) -> AsyncIterator[FleetView]:
        """Yield the views given, and the last of them with the jobs there are then."""
        for each in self._views:
            yield each
        while True:
            await self._changed.wait()
            self._changed.clear()
            newest = self._views[-1] if self._views else FleetView()
            yield replace(newest, jobs=self.deeds.jobs)

    async def watch(self, idle: Callable[[], bool]) -> None:
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

    def acknowledge(self, keys: Collection[Key]) -> None:
        """Note what is known."""
        self.acknowledged.update(keys)

    async def close(self) -> None:
        """Nothing to let go of."""

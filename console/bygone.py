"""A fleet that was: a screen can look at it, and nothing can be done on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import NoReturn

from console.clean import Clean
from console.entering import Entering
from console.errors import Denied
from console.events import Key
from console.jobs import Job, Settling
from console.past import Past
from console.plan import Obstacle, Plan, Verb, Wish
from console.terminal import Size, Terminal
from console.view import FleetView
from console.writers import Writers

REPLAY = Obstacle(Clean("this is a replay"), Clean("what is now is in a console that watches"))
"""Why nothing can be done on what was."""


class Undoing:
    """Refuses everything that ``console.deeds`` does."""

    read_only = True
    unlocked: Clean | None = None

    def unlock(self, reason: str) -> None:
        """Refuse."""
        _refuse("unlock")

    def lock(self) -> None:
        """Nothing is open."""

    def refusal(self, host: Clean, verb: Verb | None = None) -> Obstacle | None:
        """Return that this is a replay."""
        return REPLAY

    async def planned(self, host: Clean, wish: Wish) -> Plan:
        """Refuse."""
        _refuse(f"{wish.verb} on {host}")

    async def begin(self, plan: Plan) -> Clean:
        """Refuse."""
        _refuse(plan.title)

    async def ended(self, job: Clean, /) -> Job:
        """Refuse."""
        _refuse(job)

    async def settle(self, host: Clean, job: Clean, how: Settling, /) -> None:
        """Refuse."""
        _refuse(f"{how} {job}")

    async def look(self, host: Clean) -> None:
        """Know no more than was recorded."""

    async def terminal(self, host: Clean, entry: Entering, size: Size | None) -> Terminal:
        """Refuse."""
        _refuse(f"enter {entry.subhost or host}")

    async def writers(
        self, host: Clean, subhost: Clean, level: Clean, since: float | None = None
    ) -> Writers:
        """Refuse: who filled it was not recorded."""
        _refuse(f"who fills {level}")

    async def output(self, host: Clean, job: Clean, lines: int, /) -> tuple[Clean, ...]:
        """Refuse; what was recorded of it is shown."""
        _refuse(job)


class Bygone:
    """What a screen watches where there is no fleet, only its past."""

    def __init__(self, past: Past) -> None:
        self.past = past
        self.deeds = self.asking = Undoing()

    async def views(self) -> AsyncIterator[FleetView]:
        """Yield nothing: there is nothing new."""
        await asyncio.Event().wait()
        yield FleetView()

    async def watch(self, idle: Callable[[], bool]) -> None:
        """Wait until cancelled."""
        await asyncio.Event().wait()

    def refresh(self, name: Clean | None = None) -> None:
        """Nobody can be asked."""

    def prefer(self, names: Sequence[Clean]) -> None:
        """Nobody comes first."""

    async def accept(self, name: Clean, fingerprint: str) -> None:
        """Refuse."""
        _refuse(f"accept the key of {name}")

    def acknowledge(self, keys: Collection[Key]) -> None:
        """What was is not changed."""

    async def close(self) -> None:
        """There is nothing to let go of."""


def _refuse(what: str) -> NoReturn:
    raise Denied(f"{what}: {REPLAY.text}", REPLAY.remedy or "")

"""A clock that moves only when everybody waits, and hosts that say what a script has next."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

from console.clean import Clean
from console.facts import Facts
from console.fleet import ContactState, Fleet, Source
from console.history import Recorder
from tests.console.hosts import BASE, FILL, facts, judge

INTERVAL = 2.0
SEEN = facts(BASE, FILL)
WEB = Clean("web")
DNS = Clean("dns")


class _Hands(selectors.DefaultSelector):
    """Waits for nothing, but moves the clock by as much."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class Clock(asyncio.SelectorEventLoop):
    """An event loop on which time passes at once."""

    def __init__(self) -> None:
        self._hands = _Hands()
        super().__init__(self._hands)

    def time(self) -> float:
        return self._hands.now


def play(story: Coroutine[None, None, None]) -> None:
    """Run a coroutine, and the fleet, on such a clock."""
    with asyncio.Runner(loop_factory=Clock) as runner:
        clock = SimpleNamespace(monotonic=runner.get_loop().time)
        with patch("console.fleet.time", clock):
            runner.run(story)


def now() -> float:
    return round(asyncio.get_running_loop().time(), 6)


class Scripted:
    """A host that says what the script has next; the last line is repeated."""

    def __init__(
        self, name: Clean = WEB, script: Iterable[Facts | Exception] = (SEEN,), takes: float = 0
    ) -> None:
        self.name = name
        self.takes = takes
        self.looks: list[float] = []
        self.events: list[str] = []
        self.alarm = asyncio.Event()
        self._script = deque(script)

    async def sample(self) -> Facts:
        self.looks.append(now())
        self.events.append("look")
        await asyncio.sleep(self.takes)
        said = self._script.popleft() if len(self._script) > 1 else self._script[0]
        if isinstance(said, Exception):
            raise said
        return replace(said, at=asyncio.get_running_loop().time())

    async def changed(self) -> None:
        await self.alarm.wait()

    async def refresh(self) -> None:
        self.events.append("refresh")

    async def close(self) -> None:
        self.events.append("close")


def fleet(*backends: Scripted, recorder: Recorder | None = None) -> Fleet:
    def source(backend: Scripted) -> Source:
        async def connect() -> Scripted:
            return backend

        return Source(backend.name, connect)

    return Fleet([source(each) for each in backends], INTERVAL, judge, recorder)


async def watched(fleet: Fleet, seconds: float) -> None:
    """Watch for so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await fleet.watch()


def state(fleet: Fleet, place: int = 0) -> ContactState:
    return fleet.view.contacts[place].state_at(asyncio.get_running_loop().time())

"""A clock that moves only when everybody waits, and hosts that say what a script has next."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Sequence,
)
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from unittest.mock import patch

from console.backend import Hands
from console.clean import Clean
from console.errors import UntrustedKey
from console.facts import Facts
from console.fleet import Contact, ContactState, Fleet, Shared, Source
from console.history import Recorder
from tests.console.hosts import BASE, FILL, facts, judge

INTERVAL = 2.0
BEGAN = 1_790_000_000.0
"""The wall clock when the other one was at zero."""
SEEN = facts(BASE, FILL)
Accept = Callable[[UntrustedKey], Awaitable[None]]
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
        time = runner.get_loop().time
        clock = SimpleNamespace(monotonic=time, time=lambda: BEGAN + time())
        with ExitStack() as patches:
            for module in ("deeds", "fleet", "following", "guard", "watch"):
                patches.enter_context(patch(f"console.{module}.time", clock))
            runner.run(story)


def now() -> float:
    return round(asyncio.get_running_loop().time(), 6)


class Scripted:
    """A host that says what the script has next; the last line is repeated."""

    hands: Hands
    """Only of hosts that are worked on."""

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

    def changed(self) -> Awaitable[None]:
        return asyncio.ensure_future(self._alarmed())

    async def _alarmed(self) -> None:
        await self.alarm.wait()

    async def refresh(self) -> None:
        self.events.append("refresh")

    async def close(self) -> None:
        self.events.append("close")


def source(backend: Scripted, accept: Accept | None = None) -> Source:
    async def connect() -> Scripted:
        return backend

    return Source(backend.name, connect, accept=accept)


def fleet(
    *hosts: Scripted | Source, recorder: Recorder | None = None, shared: Shared | None = None
) -> Fleet:
    """Return a fleet of these; what it leaves to chance is the same each time."""
    sources = [source(each) if isinstance(each, Scripted) else each for each in hosts]
    chance = Random(1)  # noqa: S311  the same each time is what is wanted here
    return Fleet(sources, INTERVAL, lambda _: judge, recorder, shared=shared, random=chance)


async def watched(fleet: Fleet, seconds: float) -> None:
    """Watch for so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await fleet.watch()


def state(fleet: Fleet, place: int = 0) -> ContactState:
    return fleet.view.contacts[place].state_at(asyncio.get_running_loop().time())


@asynccontextmanager
async def watching(fleet: Fleet) -> AsyncIterator[None]:
    """Watch while something else happens."""
    task = asyncio.ensure_future(fleet.watch())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def contact_when(fleet: Fleet, name: Clean, so: Callable[[Contact], bool]) -> Contact:
    """Return the contact of that name as soon as it is so."""
    async for view in fleet.views():
        for contact in view.contacts:
            if contact.name == name and so(contact):
                return contact
    raise AssertionError(name)


def steady(looks: Sequence[float]) -> bool:
    """Whether looks are one interval apart, the first two half an interval more or less."""
    first, *others = [round(after - before, 6) for before, after in pairwise(looks)]
    return INTERVAL / 2 <= first <= 1.5 * INTERVAL and set(others) == {INTERVAL}

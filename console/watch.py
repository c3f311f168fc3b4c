"""Watch: when one host is looked at: on its beat, when something happens there, when asked to.

A host that failed is left alone as long as its back-off says, but for the operator.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from console.backend import Backend, Hands
from console.backoff import Backoff
from console.clean import Clean
from console.contact import Contact
from console.errors import Problem, UntrustedKey
from console.facts import Facts

_SHORTEST = 0.25
"""Seconds between two looks at one host, however much happens there."""
_REST = 2.0
"""How long a look is rested from where much happens, as a share of how long it took."""


@dataclass(frozen=True, slots=True)
class Source:
    """A host to watch and how to get at it."""

    name: Clean
    connect: Callable[[], Awaitable[Backend]]
    """Awaited once, when watching begins: imports what it needs only then."""
    tags: tuple[Clean, ...] = ()
    protected: bool = False
    address: str = ""
    accept: Callable[[UntrustedKey], Awaitable[None]] | None = None
    """Makes an unknown key known; ``None``: this host has no key."""


class Watch:
    """One host and the rhythm of looking at it."""

    def __init__(self, source: Source, interval: float, phase: float, random: Random) -> None:
        """``phase`` is how many seconds into each interval it is looked at."""
        self.source = source
        self.due = 0.0
        """When the look that comes next, or is under way, was to begin (monotonic clock)."""
        self._interval = interval
        self._phase = phase
        self._epoch = 0.0
        self._backoff = Backoff(interval, random)
        self._backend: Backend | None = None
        self._connecting = asyncio.Lock()
        self._asked = False
        self._awake = False
        self._sleep: asyncio.Future[None] | None = None
        self._change: asyncio.Future[None] | None = None
        self._works = 0

    def begin(self, now: float) -> None:
        """Set the beat going, of all hosts from the same moment; the first look is due at once."""
        self.due = self._epoch = now

    def ask(self) -> None:
        """Make the next look come now, and ask the slow questions too."""
        self._asked = True
        self._wake()

    @property
    def asked(self) -> bool:
        """Whether a look was asked for and has not begun yet."""
        return self._asked

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Look no more often than it beats while something of ours is done there.

        What happens then is our own doing, and to look at each step of it keeps it waiting. When
        it is done, a look is asked for; when it fails, the host may be lost.
        """
        self._works += 1
        try:
            yield
        except Exception:
            self._wake()
            raise
        finally:
            self._works -= 1

    async def hands(self) -> Hands:
        """Return what things are done with on the host."""
        return (await self._reached()).hands

    async def sample(self) -> Facts:
        """Look once, connecting first where that is still to be done."""
        asked, self._asked = self._asked, False
        self._awake = False
        if asked:
            self._backoff.reset()
        backend = await self._reached()
        if asked:
            await backend.refresh()
        return await backend.sample()

    def answered(self) -> None:
        """Forget failures."""
        self._backoff.reset()

    def retry_in(self, problem: Problem, *, was_up: bool) -> float | None:
        """Return the seconds until a host that failed is tried again; ``None``: when asked to."""
        return self._backoff.failed(problem, was_up=was_up)

    async def pause(self, began: float, contact: Contact) -> None:
        """Wait until the look after the one that ``began`` then is due, or asked for."""
        took, beat = time.monotonic() - began, self._next(began)
        until: float | None = beat
        rested = min(began + took + _REST * took, beat)
        if contact.failed is None:
            self._listen()
        else:
            until, beat, rested = contact.retry_at, began, began
            self.let_go()  # what is heard of a lost host is no reason to try again
            if not self._asked:
                self._awake = False
        await self._woken(until)
        now = time.monotonic()
        self.due = now if until is None else min(until, now)
        while not self._asked and time.monotonic() < (rest := beat if self._works else rested):
            self._awake = False
            await self._woken(rest)
        if (left := began + _SHORTEST - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def let_go(self) -> None:
        """Stop waiting for anything."""
        if self._change is not None:
            self._change.cancel()
            self._change = None

    async def close(self) -> None:
        """Let go of the host."""
        self.let_go()
        if self._backend is not None:
            await self._backend.close()

    async def _reached(self) -> Backend:
        if self._backend is not None:
            return self._backend
        async with self._connecting:
            if self._backend is None:
                self._backend = await self.source.connect()
            return self._backend

    async def _woken(self, until: float | None) -> None:
        if self._awake:
            return
        loop = asyncio.get_running_loop()
        self._sleep = loop.create_future()
        # Cheaper than a deadline: nothing has to be cancelled when it comes, as it mostly does.
        timer = None if until is None else loop.call_at(until, self._wake)
        try:
            await self._sleep
        finally:
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        """End the wait, or else the next one."""
        # Not an Event: that keeps a deque for each host, though there is only one who waits.
        self._awake = True
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(None)

    def _next(self, began: float) -> float:
        """Return its next beat that is at least half an interval away."""
        earliest = began + self._interval / 2
        return earliest + (self._epoch + self._phase - earliest) % self._interval

    def _listen(self) -> None:
        """Wait for something to happen on the host; one wait may outlast many looks."""
        if self._backend is not None and self._change is None:
            self._change = asyncio.ensure_future(self._backend.changed())
            self._change.add_done_callback(self._changed)

    def _changed(self, change: asyncio.Future[None]) -> None:
        heard = not change.cancelled() and change.exception() is None
        if change is self._change:  # else the host was let go of
            self._change = None
            if heard:  # a fault there shows when the host is looked at
                self._wake()

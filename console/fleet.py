"""Fleet: looks at every host over and over, keeps the newest picture, tells who watches.

One task a host under one TaskGroup; a slow host never delays another, a slow reader skips to
the newest view.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum

from console.backend import Backend
from console.clean import Clean, clean
from console.derive import derive, reused
from console.errors import ConsoleError, Denied, Problem
from console.history import Recorder
from console.levels import Judge
from console.model import Host
from console.series import Series
from console.trends import Trends

_STALE_INTERVALS = 2.5
_SHORTEST = 0.25
"""Seconds between two looks at one host, however much happens there."""


class ContactState(StrEnum):
    """Whether a host answers."""

    UP = "up"
    STALE = "stale"
    UNREACHABLE = "unreachable"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Contact:
    """One host as the fleet knows it; a lost host keeps its last picture."""

    name: Clean
    interval: float
    host: Host | None = None
    failed: ContactState | None = None
    trouble: Clean | None = None

    def age(self, now: float) -> float | None:
        """Return seconds since the picture was taken, by the monotonic clock ``now``."""
        return None if self.host is None else max(0.0, now - self.host.at)

    def state_at(self, now: float) -> ContactState:
        """Return whether the host answers; a picture grows stale after two missed samples."""
        age = self.age(now)
        if self.failed is not None or age is None:
            return self.failed or ContactState.UNREACHABLE
        return ContactState.STALE if age > _STALE_INTERVALS * self.interval else ContactState.UP


@dataclass(frozen=True, slots=True)
class FleetView:
    """Everything a screen may show, at one moment."""

    contacts: tuple[Contact, ...] = ()
    series: Mapping[tuple[Clean, Clean], Series] = field(default_factory=dict)
    """Recent samples by host name and level key (``console.trends.level_keys``)."""
    trouble: str | None = None
    """What is wrong with the recorded history."""


@dataclass(frozen=True, slots=True)
class Source:
    """A host to watch and how to get at it."""

    name: Clean
    connect: Callable[[], Awaitable[Backend]]
    """Awaited once, when watching begins: imports what it needs only then."""


class Fleet:
    """Watches hosts; the one place where looking and doing meet."""

    def __init__(
        self, sources: Sequence[Source], interval: float, judge: Judge, recorder: Recorder | None
    ) -> None:
        self._sources = sources
        self._interval = interval
        self._judge = judge
        self._recorder = recorder
        self._trends = Trends(recorder)
        self._contacts = {each.name: Contact(each.name, interval) for each in sources}
        self._backends: dict[Clean, Backend] = {}
        self._news = asyncio.Event()
        self._hurry = {each.name: asyncio.Event() for each in sources}

    @property
    def view(self) -> FleetView:
        """The newest picture of every host."""
        return FleetView(tuple(self._contacts.values()), self._trends.series, self._trends.trouble)

    async def views(self) -> AsyncIterator[FleetView]:
        """Yield the whole view after each change; a slow reader skips to the newest."""
        while True:
            await self._news.wait()
            self._news.clear()
            yield self.view

    async def watch(self) -> None:
        """Look at every host until cancelled."""
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                group.create_task(self._watch(source))

    async def look_at_all(self) -> None:
        """Look at every host once."""
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                group.create_task(self.look(source))

    async def look(self, source: Source) -> None:
        """Look at one host once and publish what was seen."""
        contact = self._contacts[source.name]
        try:
            backend = await self._backend(source)
            facts = await backend.sample()
        except ConsoleError as error:
            failed = ContactState.DENIED if isinstance(error, Denied) else ContactState.UNREACHABLE
            self._publish(replace(contact, failed=failed, trouble=clean(str(error))))
            return
        host = derive(source.name, facts, contact.host, self._judge)
        host = reused(await self._trends.followed(host), contact.host)
        self._publish(replace(contact, host=host, failed=None, trouble=None))

    def refresh(self, name: Clean | None = None) -> None:
        """Look again now, asking the slow questions too; ``None``: at every host."""
        for each, hurry in self._hurry.items():
            if name in {None, each}:
                hurry.set()

    async def close(self) -> None:
        """Let go of every host at once; what was to be recorded is."""
        for backend in self._backends.values():
            await backend.close()
        if self._recorder is not None:
            await self._recorder.close()

    async def _backend(self, source: Source) -> Backend:
        if source.name not in self._backends:
            self._backends[source.name] = await source.connect()
        return self._backends[source.name]

    async def _watch(self, source: Source) -> None:
        hurry = self._hurry[source.name]
        while True:
            began = time.monotonic()
            await self._try(source)
            await self._pause(source, began)
            if hurry.is_set():
                hurry.clear()
                with suppress(ConsoleError):
                    await (await self._backend(source)).refresh()

    async def _try(self, source: Source) -> None:
        """Look; a fault of ours with one host must not blind the operator to the others."""
        try:
            await self.look(source)
        except Exception as error:
            trouble = clean(f"{Problem.INTERNAL}: {type(error).__name__}: {error}")
            contact = self._contacts[source.name]
            self._publish(replace(contact, failed=ContactState.UNREACHABLE, trouble=trouble))

    async def _pause(self, source: Source, began: float) -> None:
        """Wait for the next sample's turn, a change on the host, or an impatient operator."""
        left = began + self._interval - time.monotonic()
        backend = self._backends.get(source.name)
        signs: list[Coroutine[None, None, object]] = [self._hurry[source.name].wait()]
        if backend is not None:
            signs.append(backend.changed())
        waits = [asyncio.ensure_future(sign) for sign in signs]
        try:
            await asyncio.wait(waits, timeout=max(left, 0.0), return_when="FIRST_COMPLETED")
        finally:
            for wait in waits:
                wait.cancel()
        await asyncio.sleep(began + _SHORTEST - time.monotonic())

    def _publish(self, contact: Contact) -> None:
        if contact == self._contacts[contact.name]:
            return
        self._contacts[contact.name] = contact
        self._news.set()

"""Fleet: looks at every host over and over, keeps the newest picture, tells who watches.

One task a host under one TaskGroup; a slow or dead host never delays another, a slow reader
skips to the newest view.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from math import inf
from random import Random

from console.alarms import Alarms
from console.asking import Asking
from console.clean import Clean, clean
from console.closing import bounded
from console.contact import Contact, ContactState, answering, failing, problem_of
from console.deeds import Deeds
from console.derive import Memo, derive
from console.errors import ConsoleError, Problem, Unreachable
from console.events import Event, Events, Key, Word, happened
from console.garbage import collected
from console.history import Recorder
from console.model import Host
from console.record import Record
from console.relief_rule import ReliefRule
from console.relieving import Relieving
from console.states import Judge
from console.trends import Trends
from console.turnstile import Turnstile
from console.view import FleetView, Herald, Shared
from console.watch import Source, Watch

__all__ = ["Contact", "ContactState", "Event", "Fleet", "FleetView", "Shared", "Source"]

_LOOKS = 32
"""Looks begun at once."""
_TOGETHER = _LOOKS
"""Hosts looked at in the same moment; the moments lie evenly in the interval.

Neighbours in the list lie apart. Who wakes up for one host finds the caches cold, which costs
nearly as much again as the look; more at once, half a millisecond each, would keep keys waiting.
"""
_TURN = 0.05
"""Seconds a look may keep others from beginning.

What is scarce is this process's own time: reading answers and making pictures of them. So no more
than ``_LOOKS`` are asked at once, whoever matters most first, and when the loop falls behind,
asking falls behind with it. Waiting for a far or dead host costs nothing here and must not hold
others up: after ``_TURN`` its look goes on outside. A third of the fleet may thus hang for all its
deadlines, and still 640 looks a second can begin.
"""
_CLOSING = 0.7, 0.3
"""Seconds that letting go of the hosts and the record may take, and then of what they share."""
_VISIBLE = 8.0
"""Intervals that a look at a host on the screen comes before one at an idle host."""


class Fleet:
    """Watches hosts; the one place where looking and doing meet."""

    def __init__(
        self,
        sources: Sequence[Source],
        interval: float,
        judge: Callable[[Clean], Judge],
        recorder: Recorder | None,
        *,
        shared: Shared | None = None,
        random: Random | None = None,
    ) -> None:
        beats = -(-len(sources) // _TOGETHER)
        chance = random or Random()  # noqa: S311  spreads retries, guards nothing
        self._judges = {each.name: judge(each.name) for each in sources}
        self._recorder = recorder
        self._shared = shared
        self._trends = Trends(recorder)
        self._events = Events()
        self._alarms = Alarms()
        self.herald: Herald | None = None
        """Passes on what happens; ``None``: nobody asked for that."""
        self.record: Record | None = None
        self._hosts = {
            each.name: Watch(each, interval, interval * (at % beats) / beats, chance)
            for at, each in enumerate(sources)
        }
        self._contacts = {each.name: _unseen(each, interval) for each in sources}
        self._boots: dict[Clean, Clean] = {}
        self._memos = {each.name: Memo() for each in sources}
        self._looks = Turnstile(_LOOKS, patience=_TURN)
        self._gates = [self._looks] if shared is None else [self._looks, shared.handshakes]
        self._preferred: frozenset[str] = frozenset()
        self._rank_anew()
        self._news = asyncio.Event()
        self.deeds = Deeds(self._hosts, self._contacts, self._tell)
        self.asking = Asking(self._hosts, self._contacts)
        self.relieving: Relieving | None = None

    @property
    def view(self) -> FleetView:
        """The newest picture of every host."""
        return FleetView(
            tuple(self._contacts.values()),
            self._trends.series,
            self._trends.trouble,
            self._events.told,
            self.deeds.jobs,
            auto=0 if self.relieving is None else len(self.relieving.rules),
        )

    async def views(self) -> AsyncIterator[FleetView]:
        """Yield the whole view after each change; a slow reader skips to the newest."""
        while True:
            await self._news.wait()
            self._news.clear()
            yield self.view

    async def watch(self, idle: Callable[[], bool] | None = None) -> None:
        """Look at every host until cancelled; ``idle``: whether no key waits for an answer."""
        async with asyncio.TaskGroup() as group:
            if idle is not None:
                group.create_task(collected(idle))
            now = time.monotonic()
            for host in self._hosts.values():
                host.begin(now)
                group.create_task(self._watch(host))

    async def look_at_all(self, within: float | None = None) -> None:
        """Look at every host once; one that takes longer than ``within`` seconds has failed."""
        await self.look_at(self._hosts, within)

    async def look_at(self, names: Iterable[Clean], within: float | None = None) -> None:
        """Look at these hosts once."""
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(self._look_within(self._hosts[name], within))

    def refresh(self, name: Clean | None = None) -> None:
        """Look again now, asking the slow questions too; ``None``: at every host.

        Also at hosts that failed and are not, or not yet, to be tried again by themselves.
        """
        if self._shared is not None:
            self._shared.refresh()
        for host in self._hosts.values() if name is None else [self._hosts[name]]:
            host.ask()

    def prefer(self, names: Sequence[Clean]) -> None:
        """Look at these hosts before others when not all can be looked at in time."""
        if (preferred := frozenset(names)) != self._preferred:
            self._preferred = preferred
            self._rank_anew()

    async def accept(self, name: Clean, fingerprint: str) -> None:
        """Make the unknown key that a host offered known, then look at it.

        Raises ``ConsoleError`` where that is not the key it offered last, where another key is
        known or this one revoked, and where it cannot be written down.
        """
        contact = self._contacts[name]
        key = contact.untrusted
        if key is None or key.fingerprint != fingerprint:
            known = contact.trouble or "its key is known already"
            hint = known if key is None else f"it offers {key.fingerprint}"
            raise ConsoleError(f"{name}: does not offer the key {clean(fingerprint)}", hint)
        accept = self._hosts[name].source.accept
        if key.problem is not Problem.UNKNOWN_KEY or accept is None:
            raise ConsoleError(f"{name}: {key.problem}: never accepted here", key.hint)
        await accept(key)
        self.refresh(name)

    def relieve(self, rules: Sequence[ReliefRule]) -> None:
        """Have levels grow by themselves where a rule says so, from now on."""
        self.relieving = Relieving(rules, self.deeds, self._tell) if rules else None

    def acknowledge(self, keys: Collection[Key]) -> None:
        """Take note that the operator knows of these events."""
        self._events.acknowledge(keys)
        self._tell()

    def tell(self, host: Clean, word: Word, text: Clean) -> None:
        """Have something shown among what happens; an empty ``host`` means this console."""
        self._tell(Event(time.time(), host, word, text))

    async def close(self) -> None:
        """Let go of every host at once, in bounded time; what was to be recorded is."""
        first, last = _CLOSING
        closing = [host.close() for host in self._hosts.values()]
        closing.append(self.deeds.close())
        closing += [each.close() for each in (self.herald, self.relieving) if each is not None]
        if self._recorder is not None:
            closing.append(self._recorder.close())
        await bounded(closing, first)
        if self._shared is not None:
            await bounded([self._shared.close()], last)

    async def _watch(self, host: Watch) -> None:
        name = host.source.name
        try:
            while True:
                began = time.monotonic()
                await self._look(host)
                await host.pause(began, self._contacts[name])
        finally:
            host.let_go()

    async def _look_within(self, host: Watch, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._look(host)
        except TimeoutError:
            late = Unreachable(f"no answer within {seconds:g} s", problem=Problem.TIMEOUT)
            self._failed(host, late)

    async def _look(self, host: Watch) -> None:
        """Look at one host in its turn, and publish what was seen."""
        async with self._looks.turn(host.source.name):
            try:
                await self._see(host)
            except Exception as error:
                # A fault of ours with one host must not blind the operator to the others.
                self._failed(host, error)

    async def _see(self, host: Watch) -> None:
        name = host.source.name
        facts = await host.sample()
        before = self._contacts[name]
        memo, judge = self._memos[name], self._judges[name]
        seen = await self._trends.followed(derive(name, facts, before.host, judge, memo), judge)
        memo.told(seen)
        host.answered()
        rebooted_at = seen.at if self._rebooted(seen) else before.rebooted_at
        self._publish(answering(before, seen, rebooted_at))

    def _rebooted(self, host: Host) -> bool:
        boot = host.boot_id
        if boot is None:
            return False
        before = self._boots.get(host.name, boot)
        self._boots[host.name] = boot
        return boot != before

    def _failed(self, host: Watch, error: Exception) -> None:
        before = self._contacts[host.source.name]
        was_up = before.failed is None and before.host is not None
        wait = host.retry_in(problem_of(error), was_up=was_up)
        retry_at = None if wait is None else time.monotonic() + wait
        self._publish(failing(before, error, retry_at))

    def _publish(self, contact: Contact) -> None:
        before = self._contacts[contact.name]
        if contact.host is not before.host or contact != before:
            self._contacts[contact.name] = contact
            now = time.time()
            if self.record is not None:
                self.record.add(contact, time.monotonic(), now)
            changes = self._alarms.changes(before.host, contact.host, now)
            self._tell(*happened(before, contact, now), *changes)
        self.deeds.seen(contact)
        if self.relieving is not None:
            self.relieving.seen(contact)

    def _tell(self, *events: Event) -> None:
        for event in events:
            self._events.add(event)
        if events and self.herald is not None:
            self.herald.take(self._events.told)
        if self.record is not None:
            self.record.told(self._events.told, self.deeds.jobs)
        self._news.set()

    def _rank_anew(self) -> None:
        for gate in self._gates:
            gate.rank = self._rank

    def _rank(self, name: str) -> float:
        """Return when a host's turn should come: overdue ones first, some with a head start.

        So the visible and the worst come first, and yet nobody waits for ever.
        """
        host, contact = self._hosts.get(Clean(name)), self._contacts.get(Clean(name))
        if host is None or contact is None:
            return -inf  # a jump host, for which others wait
        ahead = _VISIBLE if name in self._preferred else 0.0
        if contact.host is not None:
            worst = max((level.worst_fill or 0.0 for level in contact.host.levels), default=0.0)
            ahead += contact.host.state.severity + worst
        return host.due - ahead * contact.interval


def _unseen(source: Source, interval: float) -> Contact:
    return Contact(
        source.name,
        interval,
        tags=source.tags,
        protected=source.protected,
        address=source.address,
    )

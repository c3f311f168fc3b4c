"""Relieving: levels grow by themselves while this console runs, where a rule says so.

By the one way that anything is done: planned, shown among the events, written down, followed.
Never on a protected host, never where data might be lost, and never past an obstacle.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from console.autorelief import Due, Store, due
from console.clean import Clean, clean
from console.contact import Contact
from console.deeds import Tell
from console.errors import ConsoleError
from console.events import Event, Word
from console.jobs import Job
from console.plan import Obstacle, Plan, Tier, Verb, Wish
from console.relief_rule import ReliefRule

_TRIES = 32
"""Moments remembered of each level; no rule allows more an hour."""


class Does(Protocol):
    """What is needed of ``console.deeds``."""

    def refusal(self, host: Clean, verb: Verb | None = None) -> Obstacle | None:
        """Return why a host may not be changed, or cannot be."""

    async def planned(self, host: Clean, wish: Wish) -> Plan:
        """Return what would be done."""

    async def begin(self, plan: Plan, *, auto: bool = False) -> Clean:
        """Begin it and return the id of its job."""

    async def ended(self, job_id: Clean) -> Job:
        """Return a job when it has ended."""


class Relieving:
    """Acts on rules as hosts are seen."""

    def __init__(self, rules: Sequence[ReliefRule], deeds: Does, tell: Tell) -> None:
        self.rules = rules
        self._deeds = deeds
        self._tell = tell
        self._tried: dict[Store, list[float]] = defaultdict(list)
        self._busy: dict[Store, asyncio.Task[None]] = {}
        self._refused: dict[Store, type] = {}
        """What kept each from growing when it was tried last, as far as that was told."""

    def seen(self, contact: Contact) -> None:
        """Begin what is due on a host that was looked at."""
        host = contact.host
        if host is None or contact.protected or self._deeds.refusal(contact.name) is not None:
            return
        now = time.monotonic()
        for each in due(self.rules, host, contact.tags, self._tried, now):
            if each.store not in self._busy:
                self._tried[each.store] = [*self._tried[each.store], now][-_TRIES:]
                self._busy[each.store] = asyncio.create_task(self._relieve(each))

    async def close(self) -> None:
        """Begin nothing any more; jobs go on."""
        for task in self._busy.values():
            task.cancel()

    async def _relieve(self, each: Due) -> None:
        try:
            plan = await self._deeds.planned(each.host, each.wish)
            if plan.obstacles:
                self._refuse(each, Obstacle, plan.obstacles[0].text)
            elif plan.tier is Tier.LOSES:
                why = plan.consequences[0] if plan.consequences else "data might be lost"
                self._refuse(each, Tier, f"{why}: only who reads the plan can say yes")
            else:
                self._refused.pop(each.store, None)
                await self._deeds.ended(await self._deeds.begin(plan, auto=True))
        except ConsoleError as error:
            self._refuse(each, type(error), str(error))
        finally:
            del self._busy[each.store]

    def _refuse(self, each: Due, what: type, why: str) -> None:
        """Tell why it is not grown, once while that stays the same: numbers in it may change."""
        if self._refused.get(each.store) is not what:
            self._refused[each.store] = what
            host, subhost, level = each.store
            item = Clean("/".join(filter(None, (subhost, level))))
            text = clean(f"auto-relief: {item} is not grown: {why}")
            self._tell(Event(time.time(), host, Word.FAILED, text, item=item))

"""Levels grow by themselves by the one way anything is done, and not where a human decides."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import Contact, failing
from console.errors import ConsoleError, Unreachable
from console.events import Event, Word
from console.jobs import Job, JobState
from console.model import State
from console.plan import Obstacle, Plan, Tier, Verb, Wish
from console.relieving import Relieving
from tests.console.test_autorelief import RULE, STORE, store

SEEN = Contact(STORE[0], 2.0, store())
JOB = Clean("20260921T140000Z-00000a")


class Hand:
    """Plans and does as it is told."""

    def __init__(self) -> None:
        self.tier = Tier.REVERSIBLE
        self.obstacles: tuple[Obstacle, ...] = ()
        self.refuses: Obstacle | None = None
        self.trouble: ConsoleError | None = None
        self.begun: list[tuple[Plan, bool]] = []
        self.end = asyncio.Event()

    def refusal(self, host: Clean, verb: Verb | None = None) -> Obstacle | None:
        return self.refuses

    async def planned(self, host: Clean, wish: Wish) -> Plan:
        if self.trouble:
            raise self.trouble
        plan = Plan(wish.verb, host, wish.subhost, self.tier, None, level=wish.level)
        return replace(plan, total=wish.size, obstacles=self.obstacles)

    async def begin(self, plan: Plan, *, auto: bool = False) -> Clean:
        self.begun.append((plan, auto))
        return JOB

    async def ended(self, job_id: Clean) -> Job:
        await self.end.wait()
        return Job(job_id, STORE[0], Clean("grow"), Clean(""), Clean("x"), JobState.DONE)


class Stage:
    def __init__(self) -> None:
        self.hand, self.told = Hand(), list[Event]()
        self.relieving = Relieving((RULE,), self.hand, lambda *events: self.told.extend(events))

    async def see(self, contact: Contact = SEEN) -> None:
        self.relieving.seen(contact)
        for _ in range(5):
            await asyncio.sleep(0)

    @property
    def words(self) -> list[tuple[Word, str]]:
        return [(event.word, event.text) for event in self.told]


async def test_it_begins_once_while_its_job_runs_and_in_the_name_of_the_console() -> None:
    stage = Stage()
    for _ in range(5):
        await stage.see()
    ((plan, auto),) = stage.hand.begun
    assert (plan.title, plan.total, auto) == (f"grow tmpfs:/run on {STORE[0]}", 125 << 20, True)
    stage.hand.end.set()
    await stage.see(replace(SEEN, host=store(State.OK)))
    await stage.see(replace(SEEN, host=store(total=125 << 20)))
    assert [plan.total for plan, _ in stage.hand.begun] == [125 << 20, 163_840_000]
    assert stage.told == [], "jobs are told of by who begins them"


@pytest.mark.parametrize(
    "contact",
    [
        replace(SEEN, protected=True),
        replace(SEEN, host=None),
        replace(SEEN, host=store(State.WATCH)),
    ],
)
async def test_it_does_nothing_where_nothing_is_due_or_a_host_is_protected(
    contact: Contact,
) -> None:
    stage = Stage()
    await stage.see(contact)
    assert stage.hand.begun == []
    assert stage.told == []


async def test_it_does_nothing_while_the_console_is_read_only_or_the_host_lost() -> None:
    stage = Stage()
    stage.hand.refuses = Obstacle(Clean("this run is read-only"))
    await stage.see()
    await stage.see(failing(SEEN, Unreachable("gone"), None))
    assert stage.hand.begun == []


@pytest.mark.parametrize(
    ("tier", "obstacles", "trouble", "why"),
    [
        (Tier.LOSES, (), None, "only who reads the plan can say yes"),
        (Tier.REVERSIBLE, (Obstacle(Clean("memory is short")),), None, "memory is short"),
        (Tier.REVERSIBLE, (), Unreachable("no answer"), "no answer"),
    ],
)
async def test_what_hinders_is_told_once_and_it_is_tried_so_often_an_hour(
    tier: Tier, obstacles: tuple[Obstacle, ...], trouble: ConsoleError | None, why: str
) -> None:
    stage = Stage()
    stage.hand.tier, stage.hand.obstacles, stage.hand.trouble = tier, obstacles, trouble
    for _ in range(9):
        await stage.see()
    assert stage.hand.begun == []
    ((word, text),) = stage.words
    assert word is Word.FAILED
    assert text.startswith("auto-relief: tmpfs:/run is not grown: ")
    assert why in text
    assert len(stage.relieving._tried[STORE]) == RULE.per_hour


async def test_what_others_promised_beyond_memory_keeps_nothing_from_growing() -> None:
    stage = Stage()
    stage.hand.tier = Tier.INTERRUPTS
    await stage.see()
    assert [auto for _, auto in stage.hand.begun] == [True]


async def test_closing_leaves_what_runs_to_its_host() -> None:
    stage = Stage()
    await stage.see()
    await stage.relieving.close()
    await asyncio.sleep(0)
    assert not stage.relieving._busy

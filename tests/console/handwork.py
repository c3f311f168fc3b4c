"""Hosts that can be worked on, as ``console.backend.Hands`` promises, all in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from unittest.mock import patch

from console.audit import Record
from console.clean import Clean
from console.entering import Entering
from console.errors import ConsoleError, Problem, Unreachable
from console.facts import Evidence, Facts
from console.fleet import Fleet, Source
from console.images.moving import Moved, Tell
from console.images.staged import Read, StagedImage
from console.jobs import Job, JobState, Order, Settling
from console.model import Host
from console.operations import Operation
from console.plan import Plan, Step, Tier, Verb, Wish
from console.survey import Survey, SurveyRequest
from console.terminal import Size, Terminal
from console.tracing import Traced, TraceRequest
from tests.console import clockwork
from tests.console.clockwork import WEB, Scripted, fleet, watching
from tests.console.hosts import BASE, FILL, conf, facts, with_subhost

MTA = Clean("mta")
ALICE = Clean("alice@bastion")
BOOT = Clean("boot-1")
LOST = Unreachable("the link was lost", problem=Problem.LOST)
CONF = Clean("/srv/mta/mta.conf")


def booted(seen: Facts, boot_id: Clean = BOOT) -> Facts:
    return replace(
        seen,
        evidence=Evidence(Clean("6.1"), None, None, boot_id, Clean("init"), None),
        uptime=42.0,
    )


RUNNING = booted(with_subhost("mta"))
STOPPED = booted(replace(facts(BASE, FILL), confs=(conf(CONF),), processes=()))


def plan(verb: Verb = Verb.START, host: Clean = WEB, tier: Tier = Tier.REVERSIBLE) -> Plan:
    """Return a plan of two steps, which does nothing anywhere."""
    steps = tuple(Step(Clean(why), (Operation(("true",)),)) for why in ("lay", "mount"))
    return Plan(verb, host, MTA, tier, BOOT, CONF, steps=steps)


def play(story: Coroutine[None, None, None]) -> None:
    """Run a story in which every plan is the same; how plans are made is not at issue."""

    def planned(host: Host, wish: Wish, survey: Survey) -> Plan:
        return plan(wish.verb, host.name)

    with patch("console.actions.verbs.planned", planned):
        clockwork.play(story)


class Work:
    """Jobs go on as the test tells, and everything fails while the link is cut."""

    def __init__(self, host: Clean) -> None:
        self.there: dict[Clean, Job] = {}
        self.launched: list[Order] = []
        self.settled: list[tuple[Clean, Settling]] = []
        self.confirmed: list[Clean] = []
        """Each time that was told; the second one is heard."""
        self.surveyed: list[SurveyRequest] = []
        self.staged: list[StagedImage] = []
        self.unfetched: Clean | None = None
        """Why it cannot fetch by itself."""
        self.traced: list[TraceRequest] = []
        self.traces: list[Traced] = []
        """What to answer, one after the other."""
        self.lost: ConsoleError | None = None
        self.arrives = True
        self.refusal: ConsoleError | None = None
        self.terminals: list[Entering] = []
        self.files: dict[Clean, tuple[Clean, ...]] = {}
        self._host = host
        self._changed = asyncio.Condition()

    async def tell(
        self, job_id: Clean, state: JobState = JobState.RUNNING, **more: object
    ) -> None:
        """Let a job be so far."""
        changes: dict[str, object] = {"state": state, **more}
        self.there[job_id] = replace(self.there[job_id], **changes)  # type: ignore[arg-type]
        await self.shake()

    async def cut(self, error: ConsoleError = LOST) -> None:
        """Lose the link."""
        self.lost = error
        await self.shake()

    async def shake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def survey(self, request: SurveyRequest) -> Survey:
        self._linked()
        self.surveyed.append(request)
        return Survey(BOOT, root=True, conf=b"BASE=.\nLOG=/var/log/mta\n")

    async def trace(self, request: TraceRequest) -> Traced:
        self._linked()
        self.traced.append(request)
        return self.traces.pop(0)

    async def stage(
        self, image: StagedImage, read: Read, tell: Tell, *, public: bool = False
    ) -> None:
        self._linked()
        self.staged.append(image)
        tell(Moved(image.size, image.size, None, self.unfetched))

    async def launch(self, order: Order) -> None:
        if self.refusal:
            raise self.refusal
        if self.arrives:
            self.launched.append(order)
            self.there[order.id] = Job(
                order.id,
                self._host,
                Clean(order.plan.verb.value),
                order.plan.subhost,
                order.who,
                JobState.RUNNING,
                started=1.0,
                steps=len(order.plan.steps),
            )
        self._linked()

    async def follow(self, job_id: Clean) -> AsyncIterator[Job]:
        told: Job | None = None
        while told is None or told.state is JobState.RUNNING:
            self._linked()
            if self.there[job_id] != told:
                told = self.there[job_id]
                yield told
            else:
                async with self._changed:
                    await self._changed.wait()

    async def jobs(self) -> tuple[Job, ...]:
        self._linked()
        return tuple(self.there.values())

    async def output(self, job_id: Clean, lines: int) -> tuple[Clean, ...]:
        self._linked()
        return self.there[job_id].output[-lines:]

    async def tail(self, path: Clean, lines: int) -> tuple[Clean, ...]:
        self._linked()
        if (text := self.files.get(path)) is None:
            raise ConsoleError(f"{path}: no such file")
        return text[-lines:]

    async def settle(self, job_id: Clean, how: Settling) -> None:
        self._linked()
        self.settled.append((job_id, how))
        await self.tell(job_id)

    async def confirm(self, job_id: Clean) -> bool:
        self._linked()
        self.confirmed.append(job_id)
        return len(self.confirmed) > 1

    async def terminal(self, entry: Entering, size: Size | None) -> Terminal:
        self.terminals.append(entry)
        raise ConsoleError("no terminals here")

    def _linked(self) -> None:
        if self.lost is not None:
            raise self.lost


class Workable(Scripted):
    """A host that shows what the test says, and whose hands are in memory."""

    def __init__(self, name: Clean = WEB, shows: Facts = STOPPED) -> None:
        super().__init__(name)
        self.hands = self.work = Work(name)
        self.shows = shows

    async def sample(self) -> Facts:
        self._script.clear()
        self._script.append(self.work.lost or self.shows)
        return await super().sample()


@dataclass
class Book:
    """Writes down what is done, unless it is full."""

    records: list[Record] = field(default_factory=list)
    full: bool = False

    async def note(self, record: Record) -> None:
        if self.full:
            raise ConsoleError("audit.jsonl: No space left on device", "make room")
        self.records.append(record)

    @property
    def outcomes(self) -> Sequence[tuple[str, str | None]]:
        return [(record.verb, record.outcome) for record in self.records]


def working(
    *hosts: Workable, book: Book | None = None, protected: bool = False, read_only: bool = False
) -> Fleet:
    """Return a fleet in which alice may do things."""
    found = fleet(*(source(host, protected=protected) for host in hosts))
    found.deeds.permit(book or Book(), ALICE, read_only=read_only)
    return found


def source(host: Workable, *, protected: bool = False) -> Source:
    async def connect() -> Workable:
        return host

    return Source(host.name, connect, protected=protected)


@asynccontextmanager
async def at_work(
    shows: Facts = STOPPED, *, protected: bool = False, read_only: bool = False
) -> AsyncIterator[tuple[Workable, Fleet, Book]]:
    """A host that is watched and was seen, its fleet, and the book of what alice does there."""
    web, book = Workable(shows=shows), Book()
    one = working(web, book=book, protected=protected, read_only=read_only)
    async with watching(one):
        await seen(one)
        yield web, one, book


async def seen(fleet: Fleet) -> None:
    """Return when every host was looked at."""
    async for view in fleet.views():
        if all(each.host is not None or each.failed is not None for each in view.contacts):
            return

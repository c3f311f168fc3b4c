"""Driver: does what a rollout's machine says is due, and writes down what comes of it.

What changes a host is written down before, and what was seen after. So whoever drives on after a
crash knows what may have begun, and the job's own id keeps it from being done twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence

from console.clean import Clean, clean
from console.contact import problem_of
from console.errors import ConsoleError, Unreachable
from console.rollout.gates import Reading, Runs, Sight, Verdict, readings, silence, untouched
from console.rollout.judging import judged, told
from console.rollout.machine import Machine
from console.rollout.mover import Book, Mover, Ticket
from console.rollout.phases import Intent, Move, Phase, Return, Stage, Standing
from console.rollout.records import Mark, Record, Said, Soaked, What, Word

_TICK = 1.0
"""Seconds after which the journal is read again at the latest: what others say is in it."""
_OFTEN, _SELDOM = 5.0, 30.0
"""Seconds between looks at a target of which something is awaited, and at one that does well."""

Tell = Callable[[Machine, Record], None]
"""Takes each record once it has counted."""


class Driver:
    """Drives one rollout; ``clock`` gives seconds since 1970 and never runs backwards."""

    def __init__(
        self,
        machine: Machine,
        book: Book,
        mover: Mover,
        tell: Tell,
        clock: Callable[[], float],
        new_id: Callable[[], Clean],
    ) -> None:
        """``machine`` is where the journal, as far as it is read, leads; ``new_id`` names jobs."""
        self._machine = machine
        self._book = book
        self._mover = mover
        self._tell = tell
        self._clock = clock
        self._new_id = new_id
        self._writing = asyncio.Lock()
        self._busy: dict[Clean, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._looked: dict[bool, float] = {}
        self._unseen: set[Clean] | None = None
        """Who is still to be looked at before the wave counts as held; ``None``: it does not."""
        self._failure: BaseException | None = None

    async def run(self, who: Clean) -> None:
        """Drive until nothing more is done by itself; raises ``ConsoleError`` where it cannot.

        Cancelled, it leaves everything as it stands: the next one goes on.
        """
        try:
            await self._catch_up()
            await self._note(Said(self._clock(), who, Word.DRIVE))
            self._look_at(dict(self._machine.watched()))
            while self._busy or not self._machine.over:
                self._begin_due()
                await self._soak()
                await self._something()
                await self._catch_up()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _something(self) -> None:
        """Return when something has ended, or a tick is over."""
        try:
            async with asyncio.timeout(_TICK):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()
        if self._failure is not None:
            raise self._failure

    async def _soak(self) -> None:
        """Let the next wave begin when this one has held, as a last look at all of it shows."""
        held = Soaked(self._clock(), self._machine.wave)
        if not self._machine.permits(held):
            self._unseen = None
            return
        if self._unseen is None:
            self._unseen = {target for target, often in self._machine.watched() if not often}
        for target in self._unseen - self._busy.keys():
            self._begin(target, self._look_last(target))
        if not self._unseen:
            await self._note(held, guarded=True)

    def _begin_due(self) -> None:
        for intent in self._machine.due():
            if intent.target not in self._busy:
                self._begin(intent.target, self._doing(intent))
        now = self._clock()
        for often, pause in ((True, _OFTEN), (False, _SELDOM)):
            if now - self._looked.get(often, 0.0) >= pause:
                self._looked[often] = now
                self._look_at({t: o for t, o in self._machine.watched() if o is often})

    def _look_at(self, targets: dict[Clean, bool]) -> None:
        for target in targets:
            if target not in self._busy:
                self._begin(target, self._look(target))

    def _begin(self, target: Clean, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(doing, name=f"rollout {target}")
        self._busy[target] = task
        task.add_done_callback(lambda done: self._ended(target, done))

    def _ended(self, target: Clean, task: asyncio.Task[None]) -> None:
        del self._busy[target]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = self._failure or error
        self._news.set()

    def _doing(self, intent: Intent) -> Coroutine[None, None, None]:
        match intent:
            case Stage():
                return self._stage(intent.target)
            case Move():
                return self._move(intent.target)
            case Return():
                return self._return(intent.target)

    async def _stage(self, target: Clean) -> None:
        try:
            how = await self._mover.stage(target)
        except ConsoleError as error:
            await self._mark(target, What.FAILED, _why("not staged", error))
        else:
            await self._mark(target, What.STAGED, how)

    async def _move(self, target: Clean) -> None:
        mark = self._machine.standings[target].moving
        if mark is None:
            try:
                before = await self._mover.before(target)
            except ConsoleError as error:
                await self._mark(target, What.FAILED, _why("not begun", error))
                return
            now, job = self._clock(), self._new_id()
            mark = Mark(now, target, What.MOVING, job=job, before=before)
            if not await self._note(mark, guarded=True):
                return
        if mark.job and mark.before:
            image = self._machine.begun.image
            ticket = Ticket(mark.job, mark.before.boot_id, image, back=False)
            await self._change(target, ticket)

    async def _return(self, target: Clean) -> None:
        standing = self._machine.standings[target]
        mark, moving = standing.mark, standing.moving
        if moving is None or moving.before is None:
            raise ValueError(f"{target} was never moved, yet is to be taken back")
        if standing.phase is not Phase.RETURNING:
            sight = await self._sight(target)
            if sight.host is None:
                lost = silence(sight.trouble or "it was not seen yet", sight.problem)
                await self._silent(target, standing, lost)
                return
            if standing.phase is Phase.FAILED and untouched(moving.before, sight):
                await self._mark(target, What.BACK)
                return
            boot_id = sight.host.boot_id
            now, why, job = self._clock(), standing.told, self._new_id()
            mark = Mark(now, target, What.RETURNING, why, job, boot_id=boot_id)
            if not await self._note(mark, guarded=True):
                return
        if mark and mark.job:
            ticket = Ticket(mark.job, mark.boot_id, moving.before.image, back=True)
            await self._change(target, ticket)

    async def _change(self, target: Clean, ticket: Ticket) -> None:
        """Have a change made that is written down, or see through one that has begun."""
        try:
            await self._mover.change(target, ticket)
        except Unreachable as error:
            lost = silence(str(error), error.problem)
            await self._silent(target, self._machine.standings[target], lost)
        except ConsoleError as error:
            what = What.STUCK if ticket.back else What.FAILED
            await self._mark(target, what, _why("not done", error))
        else:
            await self._mark(target, What.RETURNED if ticket.back else What.MOVED)

    async def _silent(self, target: Clean, standing: Standing, lost: Reading) -> None:
        """Give up a target that has not answered for too long; else try again in a while."""
        if standing.phase is Phase.PASSED:
            await self._mark(target, What.WAVERED, told(lost))
        elif self._is_late(standing):
            await self._mark(target, What.LOST, told(lost))
        else:
            await asyncio.sleep(_OFTEN)

    async def _look(self, target: Clean) -> None:
        standing = self._machine.standings[target]
        sight = await self._sight(target)
        if standing.phase is Phase.LOST:
            if sight.host is not None:
                await self._mark(target, What.FOUND, standing.told)
            return
        if standing.moving is None or standing.moving.before is None:
            raise ValueError(f"{target} was never moved, yet is looked at")
        wanted = Runs.OLD if standing.phase is Phase.CHECKING else Runs.NEW
        subhost = Clean(target.partition("/")[2])
        asked = readings(standing.moving.before, sight, subhost, wanted)
        command = self._machine.begun.rules.command
        if command and wanted is Runs.NEW and all(each.verdict is Verdict.PASS for each in asked):
            asked = (*asked, await self._mover.ask(target, command))
        if found := judged(standing.phase, asked, late=self._is_late(standing)):
            await self._mark(target, *found)

    async def _look_last(self, target: Clean) -> None:
        await self._look(target)
        if self._unseen is not None:
            self._unseen.discard(target)

    async def _sight(self, target: Clean) -> Sight:
        try:
            return await self._mover.look(target)
        except ConsoleError as error:
            return Sight(None, trouble=clean(str(error)), problem=problem_of(error))

    def _is_late(self, standing: Standing) -> bool:
        """Whether a target has had its time, of which none counts in which nobody looked."""
        since = max(standing.since, self._machine.driven)
        return self._clock() - since >= self._machine.begun.rules.limit

    async def _mark(self, target: Clean, what: What, why: Clean | None = None) -> None:
        await self._note(Mark(self._clock(), target, what, why))

    async def _note(self, record: Record, *, guarded: bool = False) -> bool:
        """Write a record and let it count; a guarded one only if it may be done just now."""
        async with self._writing:
            if guarded and not self._machine.permits(record):
                return False
            done, news = await self._book.write(record, guarded=guarded)
            self._take(news)
            return done

    async def _catch_up(self) -> None:
        """Let count what others have written."""
        async with self._writing:
            self._take(await self._book.read())

    def _take(self, news: Sequence[Record]) -> None:
        for record in news:
            self._machine.take(record)
            self._tell(self._machine, record)


def steady(now: float) -> Callable[[], float]:
    """Return a clock that goes on from ``now``, whatever becomes of the machine's own."""
    began = now - time.monotonic()
    return lambda: began + time.monotonic()


def _why(what: str, error: ConsoleError) -> Clean:
    return clean("; ".join(filter(None, (f"{what}: {error}", error.hint))))

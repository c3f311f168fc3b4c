"""What can be done on a host, here or over SSH, through programs that its shell runs.

Jobs live in folders under ``/run/subdeck/jobs`` there and need nobody here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Final

from backends.images.transfer import stage
from backends.job_follower import JobFollower, no_such
from backends.runner import LISTEN, Runner, Talk
from backends.survey import Surveyor
from backends.together import Together
from backends.writers import traced
from console.clean import Clean, clean
from console.entering import Entering
from console.errors import ConsoleError, Denied, Problem, Unreachable
from console.images.moving import Tell
from console.images.staged import Read, StagedImage
from console.jobs import Job, JobState, Order, Settling
from console.parse.job_listing import ID, about, last_lines, listing
from console.shell import fingerprint, script
from console.survey import Survey, SurveyRequest
from console.terminal import Size, Terminal
from console.tracing import Traced, TraceRequest

_PROGRAM: Final = Path(__file__).with_name("jobs.sh").read_bytes()
_SECONDS: Final = 20.0
"""Until a host that has not answered counts as hung."""
_ALONE: Final = 120
"""After which who follows a job there ends by itself: its link is gone, and nobody said so."""
_NOT_ROOT: Final = 77
_AT_ONCE: Final = 16
"""Jobs begun by one program there; while it begins some, others run already."""

_Words = tuple[Clean, str, str, bytes, str, bytes, str]
"""What the program is told of a job that it is to begin."""
Terminals = Callable[[Entering, Size | None], Awaitable[Terminal]]
Anew = Callable[[], AbstractAsyncContextManager[Runner]]
"""Gives what runs programs there over a connection of its own."""


class ShellHands:
    """Does things on one host, through a runner and a way to get a terminal there."""

    def __init__(
        self, name: Clean, runner: Runner, terminals: Terminals, anew: Anew | None = None
    ) -> None:
        """``anew`` is for what must not come over a connection from before; ``None``: none is."""
        self._name = name
        self._anew = anew
        self._runner = runner
        self._surveyor = Surveyor(runner.run)
        self._terminals = terminals
        self._launches = Together(self._launched, _AT_ONCE)

    @cached_property
    def _follower(self) -> JobFollower:
        return JobFollower(self._name, self._follow)

    async def survey(self, request: SurveyRequest) -> Survey:
        """Look at what a plan is made from."""
        return await self._surveyor.survey(request)

    async def trace(self, request: TraceRequest) -> Traced:
        """Look who writes to a store and what takes room there."""
        return await traced(self._runner.run, request)

    async def stage(
        self, image: StagedImage, read: Read, tell: Tell, *, public: bool = False
    ) -> None:
        """Bring the files of a set there."""
        await stage(self._runner, image, read, tell, public=public)

    async def launch(self, order: Order) -> None:
        """Write the job's folder whole, begin it, and wait until it has begun or was refused."""
        await self._launches.ask(_words(order))
        job = await self._begun(order.id)
        if job.state is JobState.KILLED and job.seconds is None:
            said = f": {job.output[-1]}" if job.output else ""
            raise ConsoleError(f"{order.plan.title}: its job did not begin{said}")

    async def follow(self, job_id: Clean) -> AsyncGenerator[Job, None]:
        """Yield the newest state of a job, at once and after each change, to its end."""
        async with aclosing(self._follower.follow(_checked(job_id))) as states:
            async for job in states:
                yield job

    async def jobs(self) -> tuple[Job, ...]:
        """Return the jobs of that host, newest first."""
        return listing(await self._asked("list"), self._name)

    async def output(self, job_id: Clean, lines: int) -> tuple[Clean, ...]:
        """Return the last lines of what a job's commands said."""
        return last_lines(await self._asked("output", _checked(job_id)), lines)

    async def tail(self, path: Clean, lines: int) -> tuple[Clean, ...]:
        """Return the last lines of a file, of 64 KiB at most."""
        return last_lines(await self._asked("ending", path), lines)

    async def settle(self, job_id: Clean, how: Settling) -> None:
        """Finish or take back a job that was killed, or take back again what was left."""
        job = self._one(await self._asked("list", _checked(job_id)), job_id)
        if job.state not in {JobState.KILLED, JobState.LEFT}:
            raise ConsoleError(f"{job_id}: it is {job.state}: there is nothing to {how}")
        if how is Settling.FINISH and not (job.finishable and job.state is JobState.KILLED):
            hint = f"take it back: subdeck jobs {self._name} --roll-back {job_id}"
            raise ConsoleError(f"{job_id}: it cannot go on where it was", hint)
        await self._asked("settle", job_id, how.value)

    async def confirm(self, job_id: Clean) -> bool:
        """Tell a job over a new connection that we reach its host; whether it waits no more."""
        async with self._anew() if self._anew else nullcontext(self._runner) as runner:
            said = await self._asked("confirm", _checked(job_id), runner=runner)
        return said.strip() != b"not yet"

    async def terminal(self, entry: Entering, size: Size | None) -> Terminal:
        """Run a command in a subhost or on the host; with a size in a terminal of that size."""
        return await self._terminals(entry, size)

    async def _launched(self, orders: Sequence[_Words]) -> Sequence[Exception | None]:
        """Begin jobs there; of each that was not begun return why."""
        distinct = {words[0]: words for words in reversed(orders)}.values()
        asked = await self._asked("launch", *(word for words in distinct for word in words))
        said = dict(_pairs(asked))
        return [self._unbegun(said.get(job_id.encode())) for job_id, *_ in orders]

    def _unbegun(self, why: bytes | None) -> ConsoleError | None:
        if why is None:
            return ConsoleError(f"{self._name}: its job is not told of")
        return ConsoleError(f"{self._name}: {clean(why)}") if why else None

    async def _follow(self) -> Talk:
        words = (b"follow", b"%d" % _ALONE)
        return await self._runner.talk(LISTEN + _PROGRAM, words, _SECONDS)

    async def _begun(self, job_id: Clean) -> Job:
        """Return a job once it has begun, or ended without."""
        try:
            async with asyncio.timeout(_SECONDS), aclosing(self.follow(job_id)) as states:
                async for job in states:
                    if job.seconds is not None or job.state is not JobState.RUNNING:
                        return job
        except TimeoutError:
            pass
        why = f"{job_id}: it has not begun for {_SECONDS:.0f} s"
        raise Unreachable(why, f"see what it says: subdeck jobs {self._name}", Problem.HUNG)

    async def _asked(self, *words: str | bytes, runner: Runner | None = None) -> bytes:
        raw = [word.encode() if isinstance(word, str) else word for word in words]
        ended = await (runner or self._runner).run(_PROGRAM, raw, _SECONDS)
        if ended.status == _NOT_ROOT:
            hint = "subdeck must be root there: log in as root, or let sudo = true"
            raise Denied(f"{self._name}: {_why(ended.trouble, ended.status)}", hint)
        if ended.status != 0:
            raise ConsoleError(f"{self._name}: {_why(ended.trouble, ended.status)}")
        return ended.said

    def _one(self, text: bytes, job_id: Clean) -> Job:
        found = listing(text, self._name)
        if len(found) != 1:
            raise no_such(job_id, self._name)
        return found[0]


def _words(order: Order) -> _Words:
    """Return them. Raises ``ConsoleError``, and ``ValueError`` for a plan with obstacles."""
    plan, program = order.plan, script(order.plan)
    made = fingerprint(program)
    return (
        *(_checked(order.id), made, f"{order.who} {plan.verb} {order.id}"),
        about(order, made, time.time()),
        "overlay-boot" if plan.supervises else "job",
        program,
        (plan.config or "") if plan.supervises else "",
    )


def _pairs(said: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in said.splitlines():
        job_id, _, why = line.partition(b" ")
        yield job_id, why


def _checked(job_id: Clean) -> Clean:
    if ID.fullmatch(job_id) is None:
        raise ConsoleError(f"{clean(job_id)}: no job is called that", "subdeck jobs lists them")
    return job_id


def _why(trouble: bytes, status: int) -> str:
    lines: Sequence[bytes] = trouble.strip().splitlines()
    return clean(lines[-1]) if lines else f"a program there ended with status {status}"

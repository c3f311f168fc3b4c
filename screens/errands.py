"""Errands: what this console was told to do, from the word go until its end was told.

Nothing here waits on a key, and no key waits on it: jobs run on their hosts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.jobs import Job, JobState, Settling
from console.plan import Plan
from screens import marks
from screens.doing import Doing
from screens.page import Tone
from screens.pages import jobs

_AT_ONCE = 8
"""Jobs that run at once; the others wait."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing that was begun, or is about to be."""

    number: int
    title: str
    host: Clean
    whys: tuple[Clean, ...] = ()
    id: Clean | None = None
    job: Job | None = None
    """What was last heard of it."""
    trouble: Clean | None = None
    """Why it did not begin, or is not followed."""
    over: bool = False
    """Whether its end was told."""

    @property
    def well(self) -> bool:
        """Whether it ended as it was wished."""
        return self.over and self.job is not None and self.job.state is JobState.DONE


class Errands:
    """Begins things and tells how they end."""

    def __init__(
        self,
        start: Callable[[Coroutine[None, None, None]], object],
        tell: Callable[[str, Tone], None],
        changed: Callable[[], None],
    ) -> None:
        """``start`` runs a coroutine, ``tell`` tells the operator, ``changed`` shows it anew."""
        self._start, self._tell, self._changed = start, tell, changed
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._all: dict[int, Errand] = {}
        self._number = 0

    @property
    def all(self) -> tuple[Errand, ...]:
        """Those that are not dismissed, the oldest first."""
        return tuple(self._all.values())

    @property
    def waiting(self) -> int:
        """How many were not begun yet: they need this console."""
        return sum(not each.over and each.id is None for each in self._all.values())

    @property
    def running(self) -> int:
        """How many have begun and not ended."""
        return sum(not each.over and each.id is not None for each in self._all.values())

    def begin(self, doing: Doing, plans: Iterable[Plan]) -> None:
        """Have plans done, some at once."""
        for plan in plans:
            errand = self._new(plan.title, plan.host, tuple(step.why for step in plan.steps))
            self._start(self._run(errand, doing, partial(doing.begin, plan)))

    def settle(self, doing: Doing, job: Job, how: Settling) -> None:
        """Have a killed job finished, or taken back."""
        verb = "finish" if how is Settling.FINISH else "roll back"
        errand = self._new(f"{verb} {job.deed} on {job.host}", job.host, job.whys)

        async def settled() -> Clean:
            await doing.settle(job.host, job.id, how)
            return job.id

        self._start(self._run(errand, doing, settled))

    def take(self, known: Sequence[Job]) -> None:
        """Take note of what is known of all jobs now."""
        if self._all:
            by_id = {(job.host, job.id): job for job in known}
            for number, each in self._all.items():
                job = by_id.get((each.host, each.id)) if each.id else None
                if job is not None and job is not each.job:
                    self._all[number] = replace(each, job=job)

    def dismiss(self) -> bool:
        """Forget those that are over; whether there was one."""
        before = len(self._all)
        self._all = {number: each for number, each in self._all.items() if not each.over}
        return len(self._all) != before

    def _new(self, title: str, host: Clean, whys: tuple[Clean, ...]) -> Errand:
        self._number += 1
        errand = self._all[self._number] = Errand(self._number, title, host, whys)
        return errand

    async def _run(
        self, errand: Errand, doing: Doing, begin: Callable[[], Coroutine[None, None, Clean]]
    ) -> None:
        number = errand.number
        async with self._gate:
            try:
                errand = self._all[number] = replace(errand, id=await begin())
                self._changed()
                job = await doing.ended(errand.id or Clean(""))
                errand = replace(errand, job=job)
            except ConsoleError as error:
                said = "  ".join(filter(None, (str(error), error.hint)))
                errand = replace(errand, trouble=clean(said))
            except Exception as error:  # a fault of ours is told like any other
                errand = replace(errand, trouble=clean(f"internal: {error!r}"))
        errand = self._all[number] = replace(errand, over=True)
        if errand.well:
            del self._all[number]
        self._changed()
        self._tell(*outcome(errand))


def outcome(errand: Errand) -> tuple[str, Tone]:
    """Return how an errand ended, in one line."""
    job = errand.job
    if errand.trouble is not None or job is None:
        return f"{errand.title}: {errand.trouble or 'not begun'}", Tone.BAD
    seconds = "" if job.seconds is None else f" in {marks.duration(job.seconds)}"
    told = f": {job.told}" if job.told else ""
    if job.state is JobState.DONE:
        return f"{errand.title}: done{seconds}", Tone.GOOD
    return f"{errand.title}: {job.state.value}{told}", jobs.TONES[job.state]

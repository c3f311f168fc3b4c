"""A journey that knows the jobs of hosts: asks for them where they are looked at, and follows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from console.clean import Clean
from console.contact import Contact
from console.errors import ConsoleError
from console.fleet import FleetView
from console.jobs import Job, JobState
from screens import rows
from screens.doing import Doing
from screens.marks import Glyphs
from screens.page import Tone, Words
from screens.pages import find_contact, jobs
from screens.place import Place, Trail, View
from screens.regard import Regard
from screens.sight import CLOCKS, Clocks

_AT_ONCE = 16
"""Hosts asked for their jobs at once."""
_OUTPUT = 500
"""Lines of output shown of a job."""
_OF_JOBS = {View.OPERATIONS, View.JOB}


class Following(Regard):
    """Adds whether anything may be changed, and what is known of jobs."""

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__(glyphs, clocks)
        self.doing: Doing | None = None
        """What does things; ``None`` until the fleet is there."""
        self._asking = False
        self._fetched: Job | None = None
        """The job whose output was asked for last, with that."""

    def on_mount(self) -> None:
        self.set_interval(1.0, self._follow)

    @property
    def seen(self) -> FleetView:
        view, known = super().seen, self._fetched
        if known is None or known.id != self.place.item or self.place.view is not View.JOB:
            return view
        return replace(view, jobs=tuple(_with_output(job, known) for job in view.jobs))

    @property
    def guard(self) -> Words | None:
        contact = find_contact(self.sight.view, self.place.host)
        return None if self.doing is None else _guard(self.doing, contact)

    @property
    def job(self) -> Job | None:
        """The job under the cursor, or that the view is about."""
        place: Place = rows.subject(self.grid.listing, self.place)
        return jobs.find(self.seen, place.host, place.item) if place.view is View.JOB else None

    def go(self, trail: Trail) -> None:
        before = self.place
        super().go(trail)
        if self.place != before and self.place.view in _OF_JOBS:
            self._look()
            self._follow()

    def action_refresh(self, which: str) -> None:
        super().action_refresh(which)
        if self.place.view in _OF_JOBS:
            self._look()

    def action_lock(self) -> None:
        """Let nothing be changed any more."""
        if self.doing is not None:
            self.doing.lock()
            self.say("read-only now; :rw REASON ends that")
            self.frame()

    def unlock(self, reason: str) -> None:
        """Let protected hosts be changed for a while."""
        if self.doing is None:
            return
        try:
            self.doing.unlock(reason)
            self.say(f"protected hosts may be changed now: {reason}", warning=True)
        except ConsoleError as error:
            self.refuse(error)
        self.frame()

    def refuse(self, error: ConsoleError) -> None:
        """Tell why something is not done."""
        self.say("  ".join(filter(None, (str(error), error.hint))), warning=True)

    def _look(self) -> None:
        """Ask hosts for their jobs: that of the view, or all that answer."""
        names = [c.name for c in self.sight.view.contacts if c.failed is None and c.host]
        if self.place.host:
            names = [Clean(self.place.host)]
        if self.doing is not None:
            looking = self._look_at(self.doing, names)
            self.run_worker(looking, group="look", exclusive=True, exit_on_error=False)

    async def _look_at(self, doing: Doing, names: Iterable[Clean]) -> None:
        gate, missed = asyncio.Semaphore(_AT_ONCE), list[str]()

        async def look(name: Clean) -> None:
            try:
                async with gate:
                    await doing.look(name)
            except ConsoleError as error:
                missed.append(f"{name}: {error}")

        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(look(name))
        if missed:
            more = f" (and {len(missed) - 1} more)" if len(missed) > 1 else ""
            self.say(f"not asked for jobs: {missed[0]}{more}", warning=True)

    def _follow(self) -> None:
        """Fetch what the job in view has said, for as long as it may say more."""
        job, known = self.job, self._fetched
        if self.place.view is not View.JOB or job is None or self.doing is None or self._asking:
            return
        same = known is not None and (known.id, known.state) == (job.id, job.state)
        if not same or job.state is JobState.RUNNING:
            self._asking = True
            self.run_worker(self._fetch(self.doing, job), group="output", exit_on_error=False)

    async def _fetch(self, doing: Doing, job: Job) -> None:
        lines = job.output
        try:
            lines = await doing.output(job.host, job.id, _OUTPUT)
        except ConsoleError:
            pass  # what was heard of it last is shown
        finally:
            self._asking = False
        self._fetched = replace(job, output=lines)
        self.paint()


def _with_output(job: Job, known: Job) -> Job:
    return replace(job, output=known.output) if job.id == known.id else job


def _guard(doing: Doing, contact: Contact | None) -> Words:
    if doing.read_only:
        return Words("[RO]", Tone.ACCENT)
    if doing.unlocked:
        return Words("[RW] unlocked", Tone.ACT)
    if contact is not None and contact.protected:
        return Words("[RO] protected", Tone.ACCENT)
    return Words("[RW]", Tone.DIM)

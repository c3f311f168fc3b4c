"""Following: jobs on hosts, ours and others', until they end and the host was looked at anew.

A lost link makes a job unknown, not failed; it is looked up by its id when its host answers again,
and never begun a second time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from math import inf

from console import arrival
from console.anew import Anew
from console.backend import Hands
from console.clean import Clean, clean
from console.confirming import confirmed
from console.contact import Contact
from console.course import Course
from console.errors import ConsoleError, Problem
from console.images.staged import StagedImage
from console.jobs import Job, JobState
from console.observed import blind, miscabled, missing, ungrown
from console.watch import Watch

NO_SUCH = "subdeck jobs lists them"
"""What to do about a job that nobody knows."""
_MOST = 1000
"""Ended jobs remembered, the newest."""
_SETTLES = 4.0
"""Seconds until what was done must show: the kernel takes links down in its own time."""
_PAUSE = 0.3
_TOGETHER = 1.0
"""Seconds that an ended job waits for the next of ours there: one look may show them all."""
_ARRIVES = 3.0
"""Seconds in which a job whose launch was cut off may still appear on its host."""
_AGAIN = 1.0, 60.0
"""Seconds until a job that is unknown is looked up, at first and at most."""

_Place = tuple[Clean, Clean]
"""Host and id of a job."""


class Following:
    """Remembers jobs, and follows those that run."""

    def __init__(
        self,
        hosts: Mapping[Clean, Watch],
        contacts: Mapping[Clean, Contact],
        news: Callable[[], None],
        ended: Callable[[Course], Awaitable[None]],
    ) -> None:
        """``news`` is called after a change, ``ended`` when a job has ended or is unknown."""
        self._hosts = hosts
        self._contacts = contacts
        self._news = news
        self._ended = ended
        self._known: dict[_Place, Job] = {}
        self._homes: dict[Clean, Clean] = {}
        """The host that is asked for a job; one machine may have several names here."""
        self._sorted: tuple[Job, ...] | None = ()
        self._courses: dict[_Place, Course] = {}
        self.anew = Anew(hosts)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All of them, newest first; the very same object while nothing changes."""
        if self._sorted is None:
            self._sorted = tuple(sorted(self._known.values(), key=_age, reverse=True))
        return self._sorted

    @property
    def mine(self) -> tuple[Course, ...]:
        """Those of ours whose end is not known yet."""
        return tuple(course for course in self._courses.values() if course.mine)

    def job(self, host: Clean, job_id: Clean) -> Job | None:
        """Return what is known of one job."""
        return self._known.get((host, job_id))

    def follow(self, course: Course) -> None:
        """Follow a job from now on, in the background."""
        place = _place(course.job)
        if course.mine:
            self._homes[course.job.id] = course.job.host
        old = self._courses.get(place)
        if old is not None and old.task is not None:
            old.task.cancel()
            old.over.set()
        self._courses[place] = course
        self._keep(course.job)
        course.over.clear()
        course.again = inf
        course.task = asyncio.create_task(self._run(course), name=f"job {course.job.id}")
        if course.awaited is not None and course.confirming is None:
            course.confirming = asyncio.create_task(self._confirm(course, course.awaited))

    async def ended(self, job_id: Clean) -> Job:
        """Return a job when it has ended, or its link was lost."""
        place = self._homes.get(job_id, Clean("")), job_id
        while (course := self._courses.get(place)) and not course.over.is_set():
            await course.over.wait()
        try:
            return self._known[place]
        except KeyError:
            raise ConsoleError(f"{clean(job_id)}: no such job", NO_SUCH) from None

    async def look(self, host: Clean, hands: Hands) -> None:
        """Ask a host for all its jobs, and follow those that run."""
        found = await hands.jobs()
        listed = {job.id for job in found}
        for place, job in list(self._known.items()):
            if job.host == host and job.id not in listed and place not in self._courses:
                self._forget(place)
        for job in found:
            if _place(job) in self._courses:
                continue
            if job.state is JobState.RUNNING:
                self.follow(Course(job, heard=True))
            elif not (job.state is JobState.DONE and _missed(self._known.get(_place(job)))):
                self._keep(job)
        self._sorted = None
        self._news()

    def seen(self, contact: Contact) -> None:
        """Take note that a host was looked at, or could not be."""
        self.anew.seen(contact)
        if contact.failed is None:
            now = time.monotonic()
            for course in list(self._courses.values()):
                if course.job.host == contact.name and course.again <= now:
                    self.follow(course)

    def close(self) -> None:
        """Follow nothing any more; the jobs go on."""
        for course in self._courses.values():
            for task in filter(None, (course.task, course.confirming)):
                task.cancel()

    async def _confirm(self, course: Course, seconds: float) -> None:
        hands = await self._hosts[course.job.host].hands()
        await confirmed(hands, course.job.id, seconds)

    def _keep(self, job: Job) -> None:
        place = _place(job)
        if self._known.get(place) == job:
            return
        self._known[place] = job
        self._homes.setdefault(job.id, job.host)
        self._sorted = None
        if len(self._known) > _MOST:
            places = map(_place, reversed(self.jobs))
            if old := next((each for each in places if each not in self._courses), None):
                self._forget(old)
        self._news()

    def _forget(self, place: _Place) -> None:
        del self._known[place]
        self._sorted = None
        if self._homes.get(place[1]) == place[0]:
            del self._homes[place[1]]

    async def _run(self, course: Course) -> None:
        """Follow one job to its end, or until nothing is heard of it any more."""
        was = course.job.state
        again = inf
        try:
            with self._hosts[course.job.host].at_work() if course.mine else nullcontext():
                course.job = await self._to_its_end(course)
        except Exception as error:  # a fault of ours too leaves the job as it is: unknown
            ours = "" if isinstance(error, ConsoleError) else f"{Problem.INTERNAL}: "
            told = clean(f"{ours}{error}")
            course.job = replace(course.job, state=JobState.UNKNOWN, told=told)
            first, most = _AGAIN
            again = time.monotonic() + min(first * 2**course.tries, most)
            course.tries = min(course.tries + 1, 16)
        self._keep(course.job)
        if not was is course.job.state is JobState.UNKNOWN:
            await self._ended(course)
        course.again = again
        if again == inf:
            del self._courses[_place(course.job)]
        course.over.set()

    async def _to_its_end(self, course: Course) -> Job:
        hands = await self._hosts[course.job.host].hands()
        if course.job.state is JobState.UNKNOWN and (lost := await self._lost(course, hands)):
            return lost
        job: Job | None = None
        async for job in hands.follow(course.job.id):
            course.heard = True
            if job.state is JobState.RUNNING:
                course.job = job
                self._keep(job)
        if job is None or job.state is JobState.RUNNING:
            raise ConsoleError("it was heard of no more before its end")
        return await self._looked_at(course, job) if course.mine else job

    async def _lost(self, course: Course, hands: Hands) -> Job | None:
        """Return what became of a job that its host does not know; ``None``: it knows it."""
        for pause in (_ARRIVES, 0.0):
            if any(job.id == course.job.id for job in await hands.jobs()):
                return None
            await asyncio.sleep(pause)
        host = self._contacts[course.job.host].host
        boot_id = host.boot_id if host else None
        if course.boot_id is not None and boot_id != course.boot_id:
            if course.sought is not None:
                return await self._arrived(course, course.sought)
            told = "the host was booted anew before its end was known"
        elif course.heard:
            told = "its host does not know it any more"
        else:
            told = "it never arrived there: nothing was changed"
            return replace(course.job, state=JobState.REFUSED, told=Clean(told))
        return replace(course.job, told=Clean(told))

    async def _arrived(self, course: Course, image: StagedImage) -> Job:
        """Return what became of a job that ended with the boot it was in: what its host shows."""
        contact = await self.anew.look(course.job.host)
        if contact is None or contact.failed is not None or contact.host is None:
            raise ConsoleError("its host is in another boot, but was not looked at since")
        how = course.plan.method if course.plan else None
        told = arrival.lacking(image, contact.host, how)
        state = JobState.DONE if told is None else JobState.MISSED
        took = time.time() - course.job.started if course.job.started else None
        return replace(course.job, state=state, told=told, seconds=took)

    async def _looked_at(self, course: Course, job: Job) -> Job:
        """Return an ended job after its host was looked at: done is only what shows."""
        course.ended = True
        deadline = time.monotonic() + _SETTLES
        while True:
            others = (each for each in self.mine if each.job.host == job.host)
            busy = any(not each.ended for each in others)
            contact = await self.anew.look(job.host, _TOGETHER if busy else 0.0)
            if job.state is not JobState.DONE:
                if job.state is JobState.KILLED and course.sought and contact and contact.host:
                    return replace(job, told=arrival.stayed(contact.host))
                return job
            if contact is None or contact.failed is not None or contact.host is None:
                why = (contact and contact.trouble) or "no picture"
                raise ConsoleError(f"it ended, but the host could not be looked at since: {why}")
            lacking = (
                ungrown(job, contact.host)
                or miscabled(job.subhost, course.recabling, contact.host)
                or missing(
                    *(job.verb, job.subhost, contact.host),
                    config=course.config,
                    before=course.before,
                )
            )
            unseen = blind(contact.host)
            if lacking is None and unseen is None:
                return job
            if time.monotonic() > deadline:
                if unseen is not None:
                    raise ConsoleError(f"it ended, but not all was seen since: {unseen}")
                return replace(job, state=JobState.MISSED, told=lacking)
            await asyncio.sleep(_PAUSE)


def _place(job: Job) -> _Place:
    return job.host, job.id


def _age(job: Job) -> tuple[float, Clean]:
    return job.started or 0.0, job.id


def _missed(job: Job | None) -> bool:
    return job is not None and job.state is JobState.MISSED

"""Deeds: what this console does on hosts: permitted, planned, written down, followed, looked at.

The one way to do anything, for the command line and the screen alike. A job runs on its host and
needs nobody here: quitting or a lost link leaves it running.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Protocol

from console.audit import Auditor
from console.backend import Hands
from console.clean import Clean, clean
from console.contact import Contact
from console.course import Course
from console.entering import Entering
from console.errors import ConsoleError, Unreachable
from console.events import Event, Word
from console.following import NO_SUCH, Following
from console.guard import Guard, hindered, mute
from console.images.moving import Tell as Progress
from console.images.staged import Read, StagedImage
from console.jobs import Job, JobState, Order, Settling, new_id
from console.observed import subhost
from console.parse.subhost_conf import conf
from console.plan import Obstacle, Plan, Tier, Verb, Wish
from console.survey import SurveyRequest
from console.terminal import Size, Terminal
from console.watch import Watch


class Tell(Protocol):
    """Takes what happened; nothing where only a job changed."""

    def __call__(self, *events: Event) -> None:
        """Have it shown."""


class Deeds:
    """Does things on hosts that are watched; nothing until ``permit``."""

    def __init__(
        self,
        hosts: Mapping[Clean, Watch],
        contacts: Mapping[Clean, Contact],
        tell: Tell,
    ) -> None:
        self._hosts = hosts
        self._contacts = contacts
        self._tell = tell
        self._guard = Guard()
        self._following = Following(hosts, contacts, tell, self._over)
        self._launching: set[asyncio.Task[None]] = set()
        self.anew = self._following.anew.look
        """Looks at a host just now."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Jobs of this console, and of hosts asked for theirs; newest first."""
        return self._following.jobs

    @property
    def read_only(self) -> bool:
        """Whether nothing may be done on any host."""
        return self._guard.read_only

    @property
    def unlocked(self) -> Clean | None:
        """Why protected hosts may be changed just now; ``None``: they may not."""
        return self._guard.unlocked

    def permit(self, auditor: Auditor, who: Clean, *, read_only: bool = False) -> None:
        """Let ``who`` (``alice@bastion``) do things that the auditor writes down."""
        self._guard.permit(auditor, who, read_only=read_only)

    def unlock(self, reason: str) -> None:
        """Let protected hosts be changed, until 30 minutes pass without a deed.

        Raises ``ConsoleError`` in a run that is read-only, and without a reason.
        """
        self._guard.unlock(reason)
        self._tell()

    def lock(self) -> None:
        """Let nothing be changed any more until the next ``unlock``."""
        self._guard.lock()
        self._tell()

    def refusal(self, host: Clean, verb: Verb | None = None) -> Obstacle | None:
        """Return why this host may not be changed, or cannot be; the verb makes no difference."""
        return self._guard.refusal(self._contact(host))

    async def planned(self, host: Clean, wish: Wish) -> Plan:
        """Return what would be done, made from the picture of the host and a survey of it now.

        Raises ``ConsoleError`` where the host cannot be asked.
        """
        from console.actions.verbs import planned, request  # much, and not needed for looking

        contact = self._contact(host)
        if contact.host is None or contact.failed is not None:
            raise mute(contact)
        survey = await (await self._hands(host)).survey(request(contact.host, wish))
        plan = planned(contact.host, wish, survey)
        if contact.protected:
            plan = replace(plan, tier=Tier.LOSES)
        refused = self.refusal(host, wish.verb)
        return replace(plan, obstacles=(refused, *plan.obstacles)) if refused else plan

    async def stage(
        self, host: Clean, image: StagedImage, read: Read, tell: Progress, *, public: bool = False
    ) -> None:
        """Have a host hold the files of a set under new names: nothing uses them yet.

        Raises ``ConsoleError``; it may be asked again, and goes on where it was.
        """
        self._guard.admit(self._contact(host), f"stage {image.title} on {host}")
        hands = await self._hands(host)
        job_id, verb, who = new_id(time.time()), Clean("stage"), self._guard.who
        job = Job(job_id, host, verb, Clean(""), who, JobState.RUNNING)
        await self._guard.note(job, verb, image=image)
        await hands.stage(image, read, tell, public=public)

    async def begin(self, plan: Plan, *, auto: bool = False, job_id: Clean | None = None) -> Clean:
        """Begin a plan's job on its host and return its id; it is followed in the background.

        ``auto``: nobody asked for it, so it keeps nothing unlocked. Its host begins no ``job_id``
        twice. Raises ``ConsoleError`` where it may not be begun, is not written down, or did not.
        """
        from console.shell import digest

        contact = self._contact(plan.host)
        self._guard.admit(contact, plan.title, auto=auto)
        if plan.obstacles:
            raise hindered(plan.title, plan.obstacles[0])
        host = contact.host
        if host and host.boot and plan.boot_id not in {None, host.boot.boot_id}:
            raise ConsoleError(f"{plan.title}: {plan.host} was booted anew since it was planned")
        seen = subhost(host, plan.subhost, plan.config) if host else None
        now = time.time()
        job = Job(
            id=job_id or new_id(now),
            host=plan.host,
            verb=Clean(plan.verb.value),
            subhost=plan.subhost,
            who=self._guard.automatic if auto else self._guard.who,
            state=JobState.RUNNING,
            started=now,
            seconds=0.0,
            steps=len(plan.steps),
            digest=Clean(digest(plan)),
            whys=tuple(step.why for step in plan.steps),
            level=plan.level,
            total=plan.total,
            inodes=plan.inodes,
        )
        before = seen.pid if seen else None
        course = Course(job, True, plan.config, before, plan.boot_id, plan=plan)
        hands = await self._hands(plan.host)
        await self._guard.note(job, job.verb, told=plan.waived, image=plan.image)
        await self._launch(course, hands.launch(Order(job.id, plan, job.who)), job.verb)
        return job.id

    async def ended(self, job_id: Clean) -> Job:
        """Return a job when it has ended and its host was looked at anew, or its link was lost.

        It is ``DONE`` only if the host shows it. An ``UNKNOWN`` one is looked up when its host is
        back, and changes in ``jobs`` then. Raises ``ConsoleError`` for one nobody knows.
        """
        return await self._following.ended(job_id)

    async def settle(self, host: Clean, job_id: Clean, how: Settling) -> None:
        """Finish or take back a job that was killed; it is followed like one begun.

        Raises ``ConsoleError`` as ``begin`` does.
        """
        job = self._following.job(host, job_id)
        if job is None:
            raise ConsoleError(f"{clean(job_id)}: no such job on {host}", NO_SUCH)
        contact = self._contact(host)
        self._guard.admit(contact, f"{how} {job_id} on {host}")
        hands = await self._hands(host)
        await self._guard.note(job, Clean(how.value))
        boot = contact.host.boot if contact.host else None
        course = Course(
            replace(job, state=JobState.RUNNING, told=None),
            mine=True,
            boot_id=boot.boot_id if boot else None,
            heard=True,
        )
        await self._launch(course, hands.settle(job_id, how), Clean(how.value))

    async def look(self, host: Clean) -> None:
        """Ask a host for its jobs, everyone's; those that run are followed from then on."""
        await self._following.look(host, await self._hands(host))

    async def output(self, host: Clean, job_id: Clean, lines: int) -> tuple[Clean, ...]:
        """Return the last lines of what a job's commands said."""
        return await (await self._hands(host)).output(job_id, lines)

    async def log(self, host: Clean, name: Clean, lines: int) -> tuple[Clean, ...]:
        """Return the last lines of a subhost's LOG. Raises ``ConsoleError`` if there is none."""
        hands = await self._hands(host)
        seen = self._contact(host).host
        found = subhost(seen, name) if seen else None
        if found is None or found.config is None:
            raise ConsoleError(f"{name}: its configuration is not known")
        survey = await hands.survey(SurveyRequest(name, found.config))
        if survey.conf is None:
            raise ConsoleError(f"{found.config}: cannot be read")
        return await hands.tail(conf(found.config.encode(), survey.conf).log, lines)

    async def terminal(self, host: Clean, entry: Entering, size: Size | None) -> Terminal:
        """Return a terminal in a subhost or on the host, or pipes where ``size`` is ``None``.

        Who enters may change anything, so it is refused, and written down, like any deed.
        """
        subhost, verb = entry.subhost or Clean(""), Clean("enter")
        # A host that was not seen may be entered all the same, by ssh(1) where that is asked for.
        unseen = entry.subhost is None
        self._guard.admit(self._contact(host), f"enter {subhost or host}", unseen=unseen)
        hands = await self._hands(host)
        now = time.time()
        await self._guard.note(
            Job(new_id(now), host, verb, subhost, self._guard.who, JobState.RUNNING), verb
        )
        return await hands.terminal(entry, size)

    def seen(self, contact: Contact) -> None:
        """Take note that a host was looked at, or could not be."""
        self._following.seen(contact)

    async def close(self) -> None:
        """Let go; jobs go on, and of ours it is written down that they do."""
        if self._launching:
            await asyncio.wait(self._launching)
        self._following.close()
        for course in self._following.mine:
            await self._guard.note(course.job, course.job.verb, Clean("left running"))

    def _contact(self, host: Clean) -> Contact:
        try:
            return self._contacts[host]
        except KeyError:
            raise ConsoleError(f"{clean(host)}: no such host is watched") from None

    async def _hands(self, host: Clean) -> Hands:
        self._contact(host)
        return await self._hosts[host].hands()

    async def _launch(
        self, course: Course, launching: Coroutine[None, None, None], verb: Clean
    ) -> None:
        """See a launch through, whoever stops waiting for it; then follow what it began."""
        task = asyncio.create_task(self._launched(course, launching, verb))
        self._launching.add(task)
        task.add_done_callback(self._launching.discard)
        await asyncio.shield(task)

    async def _launched(
        self, course: Course, launching: Coroutine[None, None, None], verb: Clean
    ) -> None:
        job = course.job
        try:
            with self._hosts[job.host].at_work():
                await launching
        except Unreachable as error:  # perhaps it arrived, and only the answer did not
            course.job = replace(job, state=JobState.UNKNOWN, told=clean(str(error)))
        except ConsoleError as error:
            await self._guard.note(job, verb, Clean("not begun"), clean(str(error)))
            raise
        self._event(Word.BEGAN, job, clean(f"{replace(job, verb=verb).deed}, by {job.who}"))
        self._following.follow(course)

    async def _over(self, course: Course) -> None:
        """Write down how a job of ours ended, and tell of it."""
        job = course.job
        if not course.mine:
            self._hosts[job.host].ask()
            return
        took = "" if job.seconds is None else f" in {job.seconds:.0f} s"
        end = f"{job.state}{took}" if job.state is JobState.DONE else str(job.state)
        why = f": {job.told}" if job.told else ""
        word = Word.ENDED if job.state is JobState.DONE else Word.FAILED
        self._event(word, job, clean(f"{job.deed}: {end}{why}"))
        try:
            await self._guard.note(job, job.verb, Clean(job.state.value), job.told)
        except ConsoleError as error:
            told = clean(f"{job.deed}: its end is not written down: {error}")
            self._event(Word.FAILED, job, told)

    def _event(self, word: Word, job: Job, text: Clean) -> None:
        self._tell(Event(time.time(), job.host, word, text))

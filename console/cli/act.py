"""``subdeck start``, ``stop`` and all else done to subhosts: planned, asked, done, seen."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Sequence

from console.ballast_rule import Ballast
from console.clean import Clean, clean
from console.cli.confirm import confirmed, is_terminal
from console.cli.plans import (
    Json,
    Line,
    Outcome,
    obstructed,
    outcome_json,
    plan_head,
    plan_json,
    plan_text,
)
from console.cli.progress import Progress
from console.cli.saying import say
from console.cli.setup import settings, wanted
from console.cli.stores import owners
from console.cli.stores import wish as store_wish
from console.cli.watching import ended_by, mute, picked, refuse_whole_hosts, watched
from console.config import Config
from console.contact import Contact
from console.contract import iso
from console.deeds import Deeds
from console.errors import ConsoleError
from console.fleet import Fleet
from console.jobs import Job, JobState
from console.plan import ON_CABLES, ON_STORES, ON_SUBHOSTS, Plan, Verb, Wish
from console.shell import script
from console.targets import Wanted

_AT_ONCE = 64
"""Plans made, and jobs under way, at once."""
_WHOLE = 3
"""Plans at most that are shown with every command before asking."""
_PLANNING = 60.0
"""Seconds a plan may take to be made, and a lost host to come back, unless ``--timeout`` says."""
_PAUSE = 0.5
_OPEN = frozenset((JobState.RUNNING, JobState.UNKNOWN))


def run(arguments: Namespace) -> int:
    """Do what is asked to every target; return 0 where all of it is seen done, else 1."""
    refuse_unasked(arguments)
    config = settings(arguments)
    return performed(arguments, config, Act(arguments, wanted(arguments, config), config.ballast))


def refuse_unasked(arguments: Namespace) -> None:
    """Raise ``ConsoleError`` where nobody can be asked who would have to be."""
    if not (arguments.yes or arguments.dry_run or is_terminal()):
        raise ConsoleError(
            f"{arguments.command} asks before it does anything, and here is no terminal",
            "--yes does not ask, --dry-run does nothing",
        )


def performed(arguments: Namespace, config: Config, act: Act) -> int:
    """Carry a command out while its hosts are watched; return its exit status."""
    heard: list[int] = []

    async def main() -> int:
        with ended_by(heard):
            async with watched(arguments, config, act.asked) as fleet:
                return await act.run(fleet)

    try:
        return asyncio.run(main())
    except (KeyboardInterrupt, asyncio.CancelledError):
        act.interrupted()
        return 128 + (heard or [signal.SIGINT])[0]


class Act:
    """One command, from its targets to its exit status."""

    def __init__(self, arguments: Namespace, asked: Wanted, ballast: Ballast) -> None:
        self.asked = asked
        self._ballast = ballast
        self._arguments = arguments
        self._verb = Verb(arguments.command)
        if self._verb in ON_SUBHOSTS | ON_CABLES:
            refuse_whole_hosts(asked.targets)
        self._outcomes: list[Outcome] = []
        self._begun: dict[Clean, Plan] = {}
        self._progress = Progress()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._deeds: Deeds | None = None
        self._patience = _PLANNING
        """Seconds a lost host may take to come back, unless ``--timeout`` says."""

    async def run(self, fleet: Fleet) -> int:
        """Return the exit status."""
        self._deeds = fleet.deeds
        contacts = fleet.view.contacts
        silent = dict(mute(contacts))
        for target in self.asked.targets:
            if told := silent.get(Clean(target.host)):
                self._fail(Clean(target.host), Clean(target.subhost or ""), told)
        try:
            chosen = self._chosen(contacts)
        except ConsoleError as error:
            say(error.whole)
            return max(1, self._told())
        chosen = [each for each in chosen if each[0] not in silent]
        plans = await self._planned(fleet, chosen)
        if self._arguments.dry_run:
            return self._dry(plans)
        for plan in plans:
            if plan.obstacles:
                self._outcomes.append(obstructed(plan))
        ready = [plan for plan in plans if not plan.obstacles]
        if not self._arguments.yes and ready:
            self._show(plans)
            if not await confirmed(ready, self._arguments.targets):
                say("nothing was done")
                return 1
        await self._carry_out(fleet, ready)
        if not self._outcomes:
            sys.stderr.write(f"{self._verb}: nothing to do: they are so already\n")
        return self._told()

    def interrupted(self) -> None:
        """Say what goes on although we do not."""
        self._progress.clear()
        jobs = self._deeds.jobs if self._deeds else ()
        if hosts := dict.fromkeys(job.host for job in jobs if job.state in _OPEN):
            say(f"what was begun goes on there: subdeck jobs {' '.join(hosts)}")

    def _chosen(self, contacts: Sequence[Contact]) -> list[tuple[Clean, Clean]]:
        """Return host and subhost of all that are meant; an empty subhost is the host."""
        if self._verb in ON_STORES:
            return owners(contacts, self.asked.targets)
        return picked(contacts, self.asked.targets, self._verb)

    async def _planned(self, fleet: Fleet, chosen: Sequence[tuple[Clean, Clean]]) -> list[Plan]:
        async def one(host: Clean, subhost: Clean) -> Plan | None:
            try:
                async with self._turns, asyncio.timeout(self._arguments.timeout or _PLANNING):
                    return await fleet.deeds.planned(host, self._wish(fleet, host, subhost))
            except TimeoutError:
                self._fail(host, subhost, "could not be planned in time")
            except ConsoleError as error:
                self._fail(host, subhost, str(error), error.hint)
            return None

        plans = await asyncio.gather(*(one(*each) for each in chosen))
        return [plan for plan in plans if plan is not None]

    def _wish(self, fleet: Fleet, host: Clean, subhost: Clean) -> Wish:
        given = vars(self._arguments)
        seen = next((each.host for each in fleet.view.contacts if each.name == host), None)
        if self._verb in ON_STORES and seen is not None:
            return store_wish(self._verb, seen, subhost, self._arguments, self._ballast)
        share, signal = given.get("share"), given.get("signal")
        return Wish(
            self._verb,
            subhost,
            share=(clean(share[0], 4096), clean(share[1], 4096)) if share else None,
            signal=clean(signal.upper().removeprefix("SIG")) if signal else None,
            **({"patience": given["patience"]} if "patience" in given else {}),
        )

    def _dry(self, plans: Sequence[Plan]) -> int:
        """Print the very bytes that would run; of several, each after a line that names it."""
        if self._arguments.json:
            self._document("plans", map(plan_json, plans))
        else:
            ready = [plan for plan in plans if not plan.obstacles]
            sys.stdout.flush()
            for plan in ready:
                if len(ready) > 1:
                    sys.stdout.buffer.write(f"##### {plan.title}\n".encode())
                sys.stdout.buffer.write(script(plan))
        failed = [*self._outcomes, *(obstructed(plan) for plan in plans if plan.obstacles)]
        for outcome in failed:
            say(outcome.line)
        return int(bool(failed))

    def _show(self, plans: Sequence[Plan]) -> None:
        from console.cli.tables import lines_text

        whole = len(plans) <= _WHOLE
        lines: list[Line] = []
        for plan in plans:
            lines += plan_text(plan) if whole else plan_head(plan)
        if not whole:
            lines.append(("--dry-run shows every command", "dim"))
        sys.stdout.write(lines_text(lines))

    async def _carry_out(self, fleet: Fleet, plans: Sequence[Plan]) -> None:
        telling = asyncio.create_task(self._tell(fleet))
        try:
            await asyncio.gather(*(self._do(fleet.deeds, plan) for plan in plans))
        finally:
            telling.cancel()
            await asyncio.wait([telling])
            self._progress.clear()

    async def _tell(self, fleet: Fleet) -> None:
        async for view in fleet.views():
            self._progress.tell(view.jobs, self._begun)

    async def _do(self, deeds: Deeds, plan: Plan) -> None:
        """Do one plan, and tell at once what became of it."""
        verb = Clean(plan.verb.value)
        job_id: Clean | None = None
        told: Clean | None = None
        remedy: Clean | None = None
        try:
            async with self._turns:
                job_id = await deeds.begin(plan)
                self._begun[job_id] = plan
                async with asyncio.timeout(self._arguments.timeout):
                    await self._ended(deeds, job_id)
        except TimeoutError:
            told = Clean(f"not at its end after {self._arguments.timeout:g} s; it goes on")
        except ConsoleError as error:
            told, remedy = clean(str(error)), clean(error.hint) or None
        job = next((job for job in deeds.jobs if job.id == job_id), None)
        if job and job.state in {*_OPEN, JobState.KILLED}:
            remedy = self._advice(plan, job)
        outcome = Outcome(plan.host, plan.subhost, verb, job, told, remedy, plan.level)
        self._outcomes.append(outcome)
        self._progress.clear()
        if outcome.done and not self._arguments.json:
            sys.stdout.write(f"{outcome.line}\n")
            sys.stdout.flush()

    def _barred(self, job_id: Clean) -> bool:
        """Whether there is no use in waiting for the host of a job."""
        return False

    def _advice(self, plan: Plan, job: Job) -> Clean:
        """Return what to do about a job whose end is not known."""
        return Clean(f"subdeck jobs {plan.host} --follow {job.id}")

    async def _ended(self, deeds: Deeds, job_id: Clean) -> None:
        """Return at its end; of an unknown one when its host was lost for too long."""
        patience = self._arguments.timeout or self._patience
        until = time.monotonic() + patience
        while (await deeds.ended(job_id)).state is JobState.UNKNOWN:
            if time.monotonic() > until or self._barred(job_id):
                return
            await asyncio.sleep(_PAUSE)

    def _told(self) -> int:
        """Tell who failed, and how many did not; return the exit status."""
        failed = [outcome for outcome in self._outcomes if not outcome.done]
        if self._arguments.json:
            self._document("outcomes", map(outcome_json, self._outcomes))
        for outcome in failed:
            say(outcome.line)
            for line in outcome.job.output if outcome.job else ():
                sys.stderr.write(f"    {line}\n")
        if len(self._outcomes) > 1:
            done = len(self._outcomes) - len(failed)
            sys.stderr.write(f"{self._verb}: {done} done, {len(failed)} not\n")
        return int(bool(failed))

    def _document(self, name: str, parts: Iterable[Json]) -> None:
        whole = {"version": 1, "time": iso(time.time()), name: list(parts)}
        sys.stdout.write(json.dumps(whole, allow_nan=False) + "\n")

    def _fail(self, host: Clean, subhost: Clean, told: str, remedy: str = "") -> None:
        hint = clean(remedy) or None
        told = told.removeprefix(f"{host}: ")
        verb = Clean(self._verb.value)
        self._outcomes.append(Outcome(host, subhost, verb, None, clean(told), hint))

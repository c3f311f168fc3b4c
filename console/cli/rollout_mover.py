"""The hosts of a fleet as a rollout moves them: staged, upgraded by jobs, looked at anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backends.gate_command import GateCommand
from console.actions.weighing import standing, weighed
from console.clean import Clean, clean
from console.cli.shelves import Shelves
from console.cli.supplying import found, staged, staging, wish
from console.config import Config
from console.errors import ConsoleError, Problem, Unreachable
from console.fleet import Fleet
from console.images.catalogue import Alike, Catalogue, Known, compared
from console.images.fitness import objections
from console.images.moving import Moved
from console.images.supply import Supply
from console.jobs import JobState
from console.model import Host
from console.plan import REBOOTING, Method, Plan, Wish
from console.rollout.gates import Before, Reading, Runs, Sight, before
from console.rollout.mover import Ticket
from console.rollout.records import Begun

_ENDED = frozenset({JobState.DONE, JobState.MISSED})
"""States after which the gates tell what came of a job."""
_HOST = Clean("")

OldOf = Callable[[Clean], Clean | None]
"""Gives the set a target goes back to; ``None``: it was not moved."""


@dataclass(frozen=True, slots=True)
class Field:
    """The hosts and images of one command."""

    fleet: Fleet
    shelves: Shelves
    catalogue: Catalogue
    config: Config


class FleetMover:
    """Moves hosts of a fleet to one set of a catalogue, and back to those they ran."""

    def __init__(self, field: Field, begun: Begun, old_of: OldOf) -> None:
        """Raise ``ConsoleError`` where the set is not what it was when the rollout began."""
        self._fleet = field.fleet
        self._shelves = field.shelves
        self._catalogue = catalogue = field.catalogue
        self._begun = begun
        self._old_of = old_of
        self._staging = staging(field.config, begun.stage_in, pull=begun.pull)
        self._new = catalogue.find(begun.image)
        self._command = GateCommand(begun.image)
        if self._new.digest != begun.digest:
            raise ConsoleError(
                f"{begun.image}: is another set than when the rollout began",
                f"subdeck rollout abort {begun.id}",
            )

    def fit(self, host: Host) -> Known:
        """Return the set a host goes back to; raises ``ConsoleError`` where it is unfit."""
        old = self._catalogue.running(host)
        if old is None:
            hint = "publish what it runs to a store"
            raise ConsoleError("no store has what it runs, so there is no way back", hint)
        against = objections(self._new, host, running=old)
        for each in standing(against, self._begun.reason):
            hint = f"{each.remedy}: --in-spite REASON" if each.waivable else each.remedy
            raise ConsoleError(each.text, hint)
        if self._wish(host, self._new.title).method is Method.NETWORK:
            hint = "subdeck upgrade --switch publishes, and reboots hosts"
            raise ConsoleError("its boot server hands out one image to all", hint)
        return old

    def runs(self, host: Host) -> bool:
        """Whether a host runs the new set."""
        return compared(host, self._new).word is Alike.SAME

    async def look(self, target: Clean) -> Sight:
        """Look at a host now."""
        contact = await self._fleet.deeds.anew(target)
        if contact is None:
            return Sight(None, trouble=Clean("it takes too long"))
        if contact.failed is not None or contact.host is None:
            return Sight(None, trouble=contact.trouble, problem=contact.problem)
        host, old_title = contact.host, self._old_of(target)
        new = compared(host, self._new)
        if new.word is Alike.SAME:
            return Sight(host, Runs.NEW)
        old = self._known(old_title) if old_title else None
        if old is not None and compared(host, old).word is Alike.SAME:
            return Sight(host, Runs.OLD)
        runs = Runs.OTHER if new.word is Alike.DIFFERS else Runs.UNKNOWN
        return Sight(host, runs, new.why)

    async def stage(self, target: Clean) -> Clean | None:
        """Bring the new set to a host; return why it came over SSH where that was not wished."""
        host = await self._answering(target)
        self.fit(host)
        return await self._staged(host, self._new.title)

    async def before(self, target: Clean) -> Before:
        """Return what a host is like; raises ``ConsoleError`` where it cannot be upgraded."""
        host = await self._answering(target)
        old = self.fit(host)
        plan = await self._planned(host, self._wish(host, self._new.title), self._new)
        if plan.obstacles:
            first = plan.obstacles[0]
            raise ConsoleError(first.text, first.remedy or "")
        return before(host, _HOST, old.title, reboots=plan.method in REBOOTING)

    async def change(self, target: Clean, ticket: Ticket) -> None:
        """Have a job upgrade a host, or see through one that has begun."""
        deeds = self._fleet.deeds
        host = await self._answering(target)
        await deeds.look(target)
        if not any(job.id == ticket.job for job in deeds.jobs):
            if host.boot_id != ticket.boot_id:
                return
            wished = self._wish(host, ticket.image)
            if ticket.back:
                await self._staged(host, ticket.image)
            plan = await self._planned(host, wished, self._catalogue.find(ticket.image))
            await deeds.begin(plan, job_id=ticket.job)
        job = await deeds.ended(ticket.job)
        if job.state is JobState.UNKNOWN:
            raise Unreachable(job.told or "it is not known how its job ended")
        if job.state not in _ENDED:
            told = f"job {job.id} was {job.state}{f': {job.told}' if job.told else ''}"
            raise ConsoleError(told, f"subdeck jobs {target} --follow {job.id}")

    async def ask(self, target: Clean, command: Clean) -> Reading:
        """Ask the operator's command."""
        return await self._command.ask(target, command)

    def close(self) -> None:
        """End what runs here."""
        self._command.close()

    async def _answering(self, target: Clean) -> Host:
        seen = await self.look(target)
        if seen.host is None:
            problem = seen.problem or Problem.UNREACHABLE
            raise Unreachable(seen.trouble or "it does not answer", problem=problem)
        return seen.host

    async def _staged(self, host: Host, title: Clean) -> Clean | None:
        unfetched: Clean | None = None

        def tell(moved: Moved) -> None:
            nonlocal unfetched
            unfetched = moved.unfetched

        supply = self._supply(title)
        await staged(self._fleet.deeds, host, self._wish(host, title), supply, tell)
        return clean(f"sent, not fetched: {unfetched}") if unfetched else None

    def _wish(self, host: Host, title: Clean) -> Wish:
        how = self._begun.method
        supply = self._supply(title)
        return wish(host, _HOST, supply, Method(how) if how else None, self._staging)

    def _supply(self, title: Clean) -> Supply:
        return found(self._shelves, self._catalogue, title, pull=self._staging.pull)

    async def _planned(self, host: Host, wished: Wish, known: Known) -> Plan:
        """Return the plan; that the old set is older, or nobody signed it, is no hindrance."""
        plan = await self._fleet.deeds.planned(host.name, wished)
        reason = self._begun.reason
        if known.digest != self._new.digest:
            reason = Clean(f"the way back of rollout {self._begun.id}")
        running = self._catalogue.running(host)
        return weighed(plan, objections(known, host, running=running), reason)

    def _known(self, title: Clean) -> Known | None:
        try:
            return self._catalogue.find(title)
        except ConsoleError:
            return None

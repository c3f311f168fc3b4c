"""``subdeck upgrade``: an image is brought to hosts, planned, asked about, booted, and seen."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from console.actions.weighing import standing, weighed
from console.backoff import STICKY
from console.clean import Clean, clean
from console.cli.act import Act, performed, refuse_unasked
from console.cli.confirm import answered
from console.cli.setup import settings, wanted
from console.cli.stores import owners
from console.cli.supplying import found, staged, staging, wish
from console.config import Config
from console.contact import Contact
from console.errors import ConsoleError
from console.fleet import Fleet
from console.images.catalogue import Catalogue
from console.images.fitness import Against, Objection, objections
from console.images.supply import Supply
from console.inventory import LOCAL
from console.jobs import Job, JobState
from console.model import Host
from console.parse.amount import shown
from console.plan import REBOOTING, Method, Plan, Verb, Wish
from console.targets import Wanted

_RETURN = 900.0
"""Seconds a host may take to come back, unless ``--timeout`` says: some retry for minutes."""
_AGAIN = 3.0
"""Seconds between two tries to reach a host that reboots."""
_AT_ONCE = 4
"""Hosts that an image is brought to at once."""
_FIRST = frozenset({Method.SWAP})
"""Ways whose plan is made from what lies on the host already."""
_UNSIGNED = Objection(
    Against.SIGNATURE,
    Clean("files that are named one by one bear no signature"),
    Clean("a reason lets them be used all the same, and is recorded"),
    waivable=True,
)


def run(arguments: Namespace) -> int:
    """Upgrade every target; return 0 where all of them show the new image, else 1."""
    refuse_unasked(arguments)
    config = settings(arguments)
    asked = wanted(arguments, config)
    switch = _switch(arguments)
    if switch is not None:
        both = Namespace(**{**vars(arguments), "targets": [*arguments.targets, switch[0]]})
        asked = Wanted(wanted(both, config).entries, asked.targets)
    return performed(arguments, config, _Upgrade(arguments, asked, config, switch))


class _Upgrade(Act):
    """One command, from its image to its exit status."""

    def __init__(
        self,
        arguments: Namespace,
        asked: Wanted,
        config: Config,
        switch: tuple[Clean, Clean] | None,
    ) -> None:
        super().__init__(arguments, asked, config.ballast)
        self._config = config
        self._switch = switch
        self._patience = _RETURN
        self._fleet: Fleet | None = None
        self._supply: Supply | None = None
        self._catalogue = Catalogue()
        self._staging = staging(config, arguments.stage_in, pull=arguments.pull)
        self._bringing = asyncio.Semaphore(_AT_ONCE)

    async def run(self, fleet: Fleet) -> int:
        """Return the exit status."""
        self._fleet = fleet
        async with self._supplied():
            return await super().run(fleet)

    @asynccontextmanager
    async def _supplied(self) -> AsyncIterator[None]:
        """Find the image that is meant, and keep the way to its store."""
        given = self._arguments
        if given.file:
            from backends.images.handful import handful

            self._supply = await handful(given.file)
        if not given.image:
            yield
            return
        from console.cli.shelves import shelves

        async with shelves(given, self._config) as opened:
            self._catalogue = await opened.catalogue()
            self._supply = found(opened, self._catalogue, given.image, pull=given.pull)
            yield
            known = self._supply.known
            if known is not None and any(each.done for each in self._outcomes):
                with suppress(ConsoleError):  # a store that is not here stays as it is
                    publisher = opened.publisher(known.store)
                    await publisher.point(known.manifest.name, "good", known.manifest.version)

    def _chosen(self, contacts: Sequence[Contact]) -> list[tuple[Clean, Clean]]:
        return owners(contacts, self.asked.targets)

    async def _planned(self, fleet: Fleet, chosen: Sequence[tuple[Clean, Clean]]) -> list[Plan]:
        hosts = {each.name: each.host for each in fleet.view.contacts}
        seen = [(host, subhost) for name, subhost in chosen if (host := hosts.get(name))]
        if not await self._agreed(seen):
            return []
        plans = await self._published(fleet)
        if not any(plan.obstacles for plan in plans):
            made = await asyncio.gather(*(self._tried(fleet, *each) for each in seen))
            plans = self._handed_out(plans, made)
        self._progress.clear()
        return plans

    def _handed_out(self, handing: Sequence[Plan], made: Sequence[Plan | None]) -> list[Plan]:
        """Hand nothing out that one of the hosts refuses: its next boot would bring it that."""
        plans = [plan for plan in made if plan is not None]
        refused = [plan for plan in plans if plan.obstacles]
        if not handing or (len(plans) == len(made) and not refused):
            return [*handing, *plans]
        for plan in plans:
            if not plan.obstacles:
                self._fail(plan.host, plan.subhost, "not handed out: another host refuses it")
        return refused

    async def _agreed(self, seen: Sequence[tuple[Host, Clean]]) -> bool:
        """Whether files may be brought to hosts, before it is planned what is done with them."""
        supply, given = self._supply, self._arguments
        if supply is None or given.yes or given.dry_run:
            return True
        images = [self._wished(*each, supply).image for each in seen]
        sizes = [image.size for image in images if image is not None]
        if self._switch:
            sizes.append(supply.image.size)
        places = len([size for size in sizes if size])
        if not places:
            return True
        hosts = f"{places} host{'s' * (places != 1)}"
        what = f"{supply.image.title}, {shown(max(sizes))}"
        question = f"Bring {what}, under a new name to {hosts}? Nothing uses it yet. [y/N] "
        return await answered(question, frozenset(("y", "Y", "yes")))

    async def _tried(self, fleet: Fleet, host: Host, subhost: Clean) -> Plan | None:
        try:
            return await self._plan(fleet, host, subhost)
        except ConsoleError as error:
            self._fail(host.name, subhost, str(error), error.hint)
        return None

    async def _plan(self, fleet: Fleet, host: Host, subhost: Clean) -> Plan:
        """Return the plan for one target, after what it takes was brought there."""
        supply, given = self._supply, self._arguments
        if supply is None:
            return await fleet.deeds.planned(host.name, self._lower(subhost))
        wished = self._wished(host, subhost, supply)
        against = self._against(host, subhost, supply)
        plan = weighed(await fleet.deeds.planned(host.name, wished), against, self._reason)
        hopeless = plan.obstacles and wished.method not in _FIRST
        if given.dry_run or hopeless or standing(against, self._reason):
            return plan
        await self._bring(fleet, host, wished, supply)
        return weighed(await fleet.deeds.planned(host.name, wished), against, self._reason)

    async def _published(self, fleet: Fleet) -> list[Plan]:
        """Return the plan by which a boot server hands the image out, where that is asked for."""
        supply = self._supply
        if self._switch is None or supply is None:
            return []
        host, path = self._switch
        image = supply.beside(path)
        if not self._arguments.dry_run:
            tell = partial(self._progress.moved, host, image.title)
            await fleet.deeds.stage(host, image, supply.read, tell, public=True)
        wished = Wish(Verb.PUBLISH, Clean(""), image=image, switch=path)
        return [await fleet.deeds.planned(host, wished)]

    async def _bring(self, fleet: Fleet, host: Host, wished: Wish, supply: Supply) -> None:
        tell = partial(self._progress.moved, host.name, supply.image.title)
        async with self._bringing:
            await staged(fleet.deeds, host, wished, supply, tell)

    async def _carry_out(self, fleet: Fleet, plans: Sequence[Plan]) -> None:
        """Publish first: hosts that reboot meanwhile would fetch what they had."""
        first = [plan for plan in plans if plan.verb is Verb.PUBLISH]
        rest = [plan for plan in plans if plan not in first]
        if first:
            await super()._carry_out(fleet, first)
            if not all(outcome.done for outcome in self._outcomes):
                for plan in rest:
                    self._fail(plan.host, plan.subhost, "the image was not published")
                return
        hurry = asyncio.create_task(self._hurry(fleet))
        try:
            await super()._carry_out(fleet, rest)
        finally:
            hurry.cancel()
            await asyncio.wait([hurry])

    async def _hurry(self, fleet: Fleet) -> None:
        """Try hosts that reboot again and again, sooner than those that are lost for no reason."""
        while True:
            await asyncio.sleep(_AGAIN)
            for plan in self._begun.values():
                contact = self._contact(plan.host)
                if contact and contact.failed is not None and contact.problem not in STICKY:
                    fleet.refresh(plan.host)

    def _contact(self, host: Clean) -> Contact | None:
        contacts = self._fleet.view.contacts if self._fleet else ()
        return next((each for each in contacts if each.name == host), None)

    def _barred(self, job_id: Clean) -> bool:
        contact = self._contact(self._begun[job_id].host)
        return contact is not None and contact.problem in STICKY

    def _advice(self, plan: Plan, job: Job) -> Clean:
        if job.state is JobState.UNKNOWN and plan.method in REBOOTING:
            contact = self._contact(plan.host)
            if self._barred(job.id) and contact is not None:
                return clean("; ".join(filter(None, (contact.trouble, contact.remedy))), 1000)
            seconds = self._arguments.timeout or _RETURN
            return Clean(f"not back after {seconds:g} s: look at its console, or power cycle it")
        if job.state is JobState.KILLED and plan.method is Method.INIT:
            return Clean(f"subdeck jobs {plan.host} --roll-back {job.id} disarms it")
        return super()._advice(plan, job)

    def _wished(self, host: Host, subhost: Clean, supply: Supply) -> Wish:
        return wish(host, subhost, supply, self._arguments.method, self._staging)

    def _lower(self, subhost: Clean) -> Wish:
        return Wish(Verb.UPGRADE, subhost, lower=clean(self._arguments.lower, 4096))

    def _against(self, host: Host, subhost: Clean, supply: Supply) -> tuple[Objection, ...]:
        """Return what speaks against the set; files that were named one by one nobody signed."""
        if supply.known is None:
            return (_UNSIGNED,)
        if subhost:
            return objections(supply.known, host, subhost=True)
        return objections(supply.known, host, running=self._catalogue.running(host))

    @property
    def _reason(self) -> Clean | None:
        """Why that is no hindrance."""
        given = self._arguments.in_spite
        return clean(given) if given and given.strip() else None


def _switch(arguments: Namespace) -> tuple[Clean, Clean] | None:
    """Return host and path of what decides what a boot server hands out."""
    if arguments.switch is None:
        return None
    host, colon, path = arguments.switch.rpartition(":")
    path = path if colon else arguments.switch
    if not path.startswith("/"):
        raise ConsoleError(f"{clean(arguments.switch)}: is no [HOST:]PATH", "begin PATH with /")
    if arguments.lower is not None:
        raise ConsoleError("--switch is for hosts that fetch an image, --lower for subhosts")
    return clean(host or LOCAL), clean(path, 4096)

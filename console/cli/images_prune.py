"""``subdeck images prune``: sets that were brought to hosts go, where nothing needs them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from backends.rollouts import Kept, Rollouts
from console.clean import Clean
from console.cli.act import Act, performed, refuse_unasked
from console.cli.setup import settings, state_folder, wanted
from console.cli.shelves import shelves
from console.cli.supplying import staging
from console.config import Config
from console.contact import Contact
from console.errors import ConsoleError
from console.fleet import Fleet
from console.images.catalogue import CURRENT, GOOD, Catalogue, Known
from console.images.supply import place_of
from console.model import Host
from console.plan import Plan, Verb, Wish
from console.rollout.phases import Course
from console.targets import Wanted


def run(arguments: Namespace) -> int:
    """Prune every host; return 0 where all that was to go is gone, else 1."""
    arguments.command = Verb.PRUNE.value
    if arguments.json and not (arguments.yes or arguments.dry_run):
        raise ConsoleError("--json asks nothing", "add --yes, or --dry-run for the plans alone")
    refuse_unasked(arguments)
    config = settings(arguments)
    asked = wanted(arguments, config)
    for target in asked.targets:
        if target.subhost is not None:
            raise ConsoleError(f"{target}: sets of boot images lie on whole hosts")
    return performed(arguments, config, _Prune(arguments, asked, config))


@dataclass(frozen=True, slots=True)
class _Needed:
    """What is to stay, whichever host has it."""

    catalogue: Catalogue
    rollouts: tuple[Kept, ...]

    def on(self, contact: Contact, host: Host) -> Iterator[tuple[str, Clean]]:
        """Yield where each set would lie that a host needs, and why."""
        running = self.catalogue.runs(host)
        with suppress(ConsoleError):  # then nothing is assigned to it
            if known := self.catalogue.wanted(host.name, contact.tags):
                yield place_of(known), Clean("it is assigned")
        for known in self.catalogue.sets:
            if CURRENT in known.pointers:
                yield place_of(known), Clean("it is current")
            if GOOD in known.pointers:
                yield place_of(known), Clean("it is known to be good")
        for known in running:
            yield place_of(known), Clean("it runs")
        for known, rollout in self._moving():
            yield place_of(known), Clean(f"rollout {rollout} is not over")

    def _moving(self) -> Iterator[tuple[Known, Clean]]:
        for kept in self.rollouts:
            machine = kept.machine
            if machine is None or machine.course in {Course.DONE, Course.STOPPED}:
                continue
            movings = (each.moving for each in machine.standings.values())
            old = {each.before.image for each in movings if each and each.before}
            for title in (machine.begun.image, *sorted(old)):
                with suppress(ConsoleError):  # it is in no store any more
                    yield self.catalogue.find(title), kept.id


class _Prune(Act):
    """One command, from the stores to its exit status."""

    def __init__(self, arguments: Namespace, asked: Wanted, config: Config) -> None:
        super().__init__(arguments, asked, config.ballast)
        self._config = config
        self._staging = staging(config, arguments.stage_in)
        self._needed = _Needed(Catalogue(), ())

    async def run(self, fleet: Fleet) -> int:
        """Return the exit status. Raises ``ConsoleError`` where it is not known what is good."""
        catalogue = Catalogue()
        if self._config.stores:
            async with shelves(self._arguments, self._config) as opened:
                catalogue = await opened.catalogue()
        if catalogue.troubles:
            why = catalogue.troubles[0]
            raise ConsoleError(f"what is known to be good cannot be told: {why}")
        rollouts = Rollouts(state_folder() / "rollouts")
        try:
            self._needed = _Needed(catalogue, await rollouts.kept())
        finally:
            rollouts.close()
        return await super().run(fleet)

    def _chosen(self, contacts: Sequence[Contact]) -> list[tuple[Clean, Clean]]:
        return [(Clean(target.host), Clean("")) for target in self.asked.targets]

    async def _planned(self, fleet: Fleet, chosen: Sequence[tuple[Clean, Clean]]) -> list[Plan]:
        plans = await super()._planned(fleet, chosen)
        return [plan for plan in plans if plan.steps or plan.obstacles]

    def _wish(self, fleet: Fleet, host: Clean, subhost: Clean) -> Wish:
        contact = next(each for each in fleet.view.contacts if each.name == host)
        kept = tuple(self._needed.on(contact, contact.host)) if contact.host else ()
        roots = self._staging.roots(host)
        return Wish(Verb.PRUNE, subhost, paths=roots, keep=self._arguments.keep, kept=kept)

"""``subdeck status``: every level and subhost, once or at every interval, as tables or JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Final

from console.clean import Clean, clean
from console.cli.checkup import accepting
from console.cli.reach import Reach
from console.cli.saying import say
from console.cli.setup import history_path, recorder, settings, wanted
from console.cli.watching import connecting
from console.config import Config
from console.contact import problem_of
from console.contract import document
from console.errors import ConsoleError
from console.fleet import Contact, ContactState, Fleet, FleetView
from console.history import Recorder
from console.inventory import LOCAL
from console.jobs import Job
from console.model import Gap
from console.targets import Target, Wanted, missed, selected

_PROBE: Final = Clean("jobs")
_JOBS: Final = 30.0
"""Seconds until a host that is watched is asked for its jobs again."""


def run(arguments: Namespace) -> int:
    """Print the status of the targets; return the exit status."""
    config = settings(arguments)
    return asyncio.run(_status(arguments, config, wanted(arguments, config)))


class _Report:
    """Prints what is known, and names on stderr who failed: again only when the reason changes."""

    def __init__(self, arguments: Namespace, targets: Sequence[Target]) -> None:
        self._arguments = arguments
        self._targets = targets
        self._said: set[str] = set()
        self._untold: Mapping[Clean, Gap] = {}
        self._asked_at = -inf

    async def ask(self, fleet: Fleet) -> None:
        """Have the hosts that answer tell their jobs, where those are reported, now and then."""
        if self._arguments.json and time.monotonic() - self._asked_at >= _JOBS:
            self._untold = await _ask(fleet, self._arguments.root)
            self._asked_at = time.monotonic()

    def tell(self, view: FleetView) -> int:
        """Print the report; return 1 when a target failed."""
        chosen, troubles = _chosen(view.contacts, self._targets)
        for trouble in troubles:
            if trouble not in self._said:
                say(trouble)
        self._said = set(troubles)
        sys.stdout.write(self._text(chosen, view.jobs))
        sys.stdout.flush()
        return int(bool(troubles))

    def _text(self, contacts: Sequence[Contact], jobs: Sequence[Job]) -> str:
        now = time.monotonic()
        if self._arguments.json:
            told = [_lacking(each, self._untold.get(each.name)) for each in contacts]
            found = document(told, now, time.time(), jobs)
            return json.dumps(found, allow_nan=False) + "\n"
        from console.cli.tables import tables

        return tables(contacts, self._arguments.sort, now)


async def _status(arguments: Namespace, config: Config, asked: Wanted) -> int:
    reach = Reach(arguments, config, patient=not arguments.watch)
    fleet = reach.fleet(asked.entries, _recorder(arguments, config))
    report = _Report(arguments, asked.targets)
    try:
        if arguments.watch:
            await _watch(fleet, report, config.interval)
        else:
            await fleet.look_at_all(arguments.timeout)
            await report.ask(fleet)
        return report.tell(fleet.view)
    finally:
        await fleet.close()


async def _watch(fleet: Fleet, report: _Report, interval: float) -> None:
    """Print the newest of every host at every interval, whoever is late, until interrupted."""
    watching = asyncio.create_task(fleet.watch())
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(interval):
                await _all_known(fleet)
        while not watching.done():
            await report.ask(fleet)
            report.tell(fleet.view)
            await asyncio.wait([watching], timeout=interval)
        await watching
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def _all_known(fleet: Fleet) -> None:
    async for view in fleet.views():
        if not any(map(connecting, view.contacts)):
            return


async def _ask(fleet: Fleet, root: Path) -> Mapping[Clean, Gap]:
    """Ask for the jobs of every host that answers; return a gap for each that does not tell."""
    gaps: dict[Clean, Gap] = {}

    async def ask(name: Clean) -> None:
        try:
            await fleet.deeds.look(name)
        except ConsoleError as error:
            remedy = clean(error.hint) if error.hint else None
            gaps[name] = Gap(_PROBE, clean(str(error)), remedy, problem_of(error))

    async with asyncio.TaskGroup() as group:
        for contact in fleet.view.contacts:
            a_folder = contact.name == LOCAL and root != Path("/")
            if contact.host is not None and contact.failed is None and not a_folder:
                group.create_task(ask(contact.name))
    return gaps


def _lacking(contact: Contact, gap: Gap | None) -> Contact:
    """Return the contact with one gap more."""
    if gap is None or contact.host is None:
        return contact
    return replace(contact, host=replace(contact.host, gaps=(*contact.host.gaps, gap)))


def _chosen(
    contacts: Sequence[Contact], targets: Sequence[Target]
) -> tuple[list[Contact], list[str]]:
    """Return the contacts with the wanted subhosts only, and in a line each what failed."""
    chosen: list[Contact] = []
    troubles: list[str] = []
    now = time.monotonic()
    for contact in contacts:
        if not connecting(contact) and contact.state_at(now) is not ContactState.UP:
            told = contact.trouble or "no answer any more"
            parts = (told, contact.remedy, accepting(contact))
            troubles.append(f"{contact.name}: {'; '.join(filter(None, parts))}")
        host = contact.host
        if host is not None:
            try:
                host = selected(host, targets)
            except ConsoleError as error:
                troubles.append(error.whole)
                continue
        chosen.append(replace(contact, host=host))
    return chosen, [*troubles, *_nowhere(contacts, targets)]


def _nowhere(contacts: Sequence[Contact], targets: Sequence[Target]) -> Iterator[str]:
    """Yield a complaint for each subhost that was looked for on many hosts and is on none."""
    hosts = [contact.host for contact in contacts if contact.host]
    if len(hosts) == len(contacts):
        yield from (f"{name}: no such subhost on any host" for name in missed(hosts, targets))


def _recorder(arguments: Namespace, config: Config) -> Recorder:
    """Return the recorded past: written while watching, only read by a single look."""
    if arguments.watch:
        return recorder(config)
    from backends.history import Past

    return Past(history_path(config))

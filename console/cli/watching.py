"""A fleet that is watched while a command does something with it, and which subhosts are meant."""

from __future__ import annotations

import asyncio
import signal
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from console.clean import Clean
from console.cli.checkup import accepting
from console.cli.reach import Reach
from console.cli.setup import permit
from console.config import Config
from console.contact import Contact, ContactState
from console.errors import ConsoleError
from console.fleet import Fleet
from console.model import Running, Subhost
from console.plan import Verb
from console.targets import Target, Wanted, missed, selected


@asynccontextmanager
async def watched(arguments: Namespace, config: Config, asked: Wanted) -> AsyncIterator[Fleet]:
    """Watch the hosts asked for, once all of them answered or failed, or ``--timeout`` is over."""
    fleet = Reach(arguments, config, patient=True).fleet(asked.entries, None)
    permit(fleet.deeds, arguments)
    watching = asyncio.create_task(fleet.watch())
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(arguments.timeout):
                await known(fleet)
        yield fleet
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        await fleet.close()


@contextmanager
def ended_by(heard: list[int]) -> Iterator[None]:
    """Let SIGTERM and SIGHUP cancel the task, as Ctrl-C does; they are put into ``heard``."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end(number: int) -> None:
        heard.append(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


async def known(fleet: Fleet) -> None:
    """Return when every host has answered or failed."""
    if not any(map(connecting, fleet.view.contacts)):
        return
    async for view in fleet.views():
        if not any(map(connecting, view.contacts)):
            return


def connecting(contact: Contact) -> bool:
    """Whether nothing is known yet."""
    return contact.host is None and contact.failed is None


def mute(contacts: Sequence[Contact]) -> Iterator[tuple[Clean, str]]:
    """Yield the names of hosts that do not answer, and why not, in a line each."""
    now = time.monotonic()
    for contact in contacts:
        if contact.state_at(now) is not ContactState.UP:
            told = contact.trouble or "no answer in time"
            parts = (told, contact.remedy, accepting(contact))
            yield contact.name, f"{contact.name}: {'; '.join(filter(None, parts))}"


def refuse_whole_hosts(targets: Iterable[Target]) -> None:
    """Raise ``ConsoleError`` for a target that names no subhost."""
    for target in targets:
        if target.subhost is None:
            hint = f"{target}/NAME, or {target}/* for all"
            raise ConsoleError(f"{target}: which of its subhosts?", hint)


def picked(
    contacts: Sequence[Contact], targets: Sequence[Target], verb: Verb | None = None
) -> list[tuple[Clean, Clean]]:
    """Return host and name of the subhosts meant, on hosts that were seen.

    Of those that only a pattern, or a name on many hosts, stands for, the ones are left out whose
    state the verb would not change. Raises ``ConsoleError`` for a target that names none.
    """
    hosts = [contact.host for contact in contacts if contact.host is not None]
    found = [
        (host.name, subhost.name)
        for host in hosts
        for subhost in selected(host, targets).subhosts
        if verb is None or _concerns(verb, subhost) or _exact(targets, host.name, subhost.name)
    ]
    if len(hosts) == len(contacts) and (names := missed(hosts, targets)):
        raise ConsoleError(f"{names[0]}: no such subhost on any host", "subdeck status lists them")
    return list(dict.fromkeys(found))


def _exact(targets: Iterable[Target], host: Clean, subhost: Clean) -> bool:
    return any(
        not target.many and (target.host, target.subhost) == (host, subhost) for target in targets
    )


def _concerns(verb: Verb, subhost: Subhost) -> bool:
    match verb:
        case Verb.START | Verb.CLEAN:
            return subhost.state is Running.STOPPED
        case Verb.STOP:
            return subhost.state is not Running.STOPPED
        case Verb.ENABLE | Verb.DISABLE:
            return subhost.autostart is (verb is Verb.DISABLE)
        case Verb.REPAIR:
            return bool(subhost.residue) or subhost.state is Running.BROKEN
        case _:
            return subhost.state is Running.RUNNING

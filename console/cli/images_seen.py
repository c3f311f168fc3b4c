"""What commands about boot images go by: the catalogue, and the hosts that were asked."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.images.running import running_digest
from console.clean import Clean
from console.cli.saying import say
from console.cli.setup import wanted
from console.cli.shelves import Shelves
from console.cli.watching import mute, watched
from console.config import Config
from console.contact import Contact
from console.errors import ConsoleError
from console.images.catalogue import Catalogue, Drift
from console.model import Host

_AT_ONCE = 8
"""Hosts that read their image at once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The catalogue, and the hosts that were asked what they run."""

    catalogue: Catalogue
    contacts: tuple[Contact, ...] = ()
    silent: tuple[tuple[Clean, str], ...] = ()
    """Hosts that did not answer, and why not, in a line each."""

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Those that answered."""
        mute = {name for name, _ in self.silent}
        return tuple(each.host for each in self.contacts if each.host and each.name not in mute)

    @property
    def drifts(self) -> tuple[tuple[Host, Drift], ...]:
        """Whether a reboot would change each of them."""
        tags = {each.name: each.tags for each in self.contacts}
        return tuple((host, self.catalogue.drift(host, tags[host.name])) for host in self.hosts)


async def seen(arguments: Namespace, config: Config, opened: Shelves) -> Seen:
    """Return what stores hold and, unless ``--no-hosts``, what hosts run."""
    if vars(arguments).get("no_hosts"):
        return Seen(await opened.catalogue())
    async with watched(arguments, config, wanted(arguments, config)) as fleet:
        known = await opened.catalogue()
        contacts = fleet.view.contacts
        silent = tuple(mute(contacts))
        if vars(arguments).get("digest"):
            contacts = await _read(contacts, known, opened)
        return Seen(known, contacts, silent)


async def _read(
    contacts: Sequence[Contact], catalogue: Catalogue, opened: Shelves
) -> tuple[Contact, ...]:
    """Return hosts with the SHA-256 of what they run; a few at once are asked for it."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(contact: Contact) -> Contact:
        if contact.host is None or contact.failed is not None:
            return contact
        async with turns:
            return replace(contact, host=await _digested(contact.host, catalogue, opened))

    return tuple(await asyncio.gather(*map(one, contacts)))


async def _digested(host: Host, catalogue: Catalogue, opened: Shelves) -> Host:
    """Return a host with the SHA-256 of what it runs, where that may be a set's."""
    image = host.boot.image if host.boot else None
    read = host
    if host.boot is None or image is None:
        return host
    for size in catalogue.sizes(image):
        try:
            found = await running_digest(await opened.runner(host.name), image, size)
        except ConsoleError as error:
            say(f"{host.name}: {error.whole}")
            break
        read = replace(host, boot=replace(host.boot, image=replace(image, sha256=found)))
        if catalogue.runs(read):
            break
    return read

"""Sets on their way from stores to hosts, as commands ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from console.actions.upgrade import ROLES, method
from console.clean import Clean
from console.cli.shelves import Shelves
from console.config import Config
from console.deeds import Deeds
from console.errors import ConsoleError
from console.images.catalogue import Catalogue
from console.images.moving import Tell
from console.images.staged import StagedFile
from console.images.supply import Staging, Supply, supply
from console.inventory import unfit
from console.model import Host
from console.plan import Method, Verb, Wish

_USUAL: Final = Staging()


def staging(config: Config, given: str | None, *, pull: bool = False) -> Staging:
    """Return where hosts hold sets, by the command and the configuration.

    Raises ``ConsoleError``.
    """
    if given is not None and (why := unfit(given)):
        raise ConsoleError(f"--stage-in: {why}")
    own = {host.name: Clean(host.stage_in) for host in config.hosts if host.stage_in}
    return Staging(Clean(given.rstrip("/")) if given else None, own, pull)


def found(shelves: Shelves, catalogue: Catalogue, word: str, *, pull: bool = False) -> Supply:
    """Return the set that ``[STORE:]NAME[/VERSION]`` means, or ``NAME@VERSION``.

    ``pull``: hosts may fetch it by themselves where its store is a web server's. Raises
    ``ConsoleError``.
    """
    known = catalogue.find(word.replace("@", "/"))
    store = shelves.store(known.store)
    entries = {entry.sha256: entry for entry in known.manifest.files}

    def read(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
        return store.stream(known, entries[file.sha256], offset)

    return supply(known, read, partial(store.url, known)) if pull else supply(known, read)


def wish(
    host: Host,
    subhost: Clean,
    supplied: Supply,
    wanted: Method | None = None,
    staged_in: Staging = _USUAL,
) -> Wish:
    """Return what is wished of a host that is to run a set, wherever that is by now."""
    how = method(host, subhost, wanted)
    image = supplied.home(ROLES[how], staged_in.folder(host.name))
    return Wish(Verb.UPGRADE, subhost, image=image, method=how)


async def staged(deeds: Deeds, host: Host, wished: Wish, supplied: Supply, tell: Tell) -> None:
    """Have a host hold what of the set it is to use itself. Raises ``ConsoleError``."""
    if wished.image is not None and wished.image.files:
        await deeds.stage(host.name, wished.image, supplied.read, tell)

"""Sets on their way from stores to hosts, as commands ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from console.actions.upgrade import ROLES, method
from console.clean import Clean
from console.cli.shelves import Shelves
from console.deeds import Deeds
from console.images.catalogue import Catalogue
from console.images.moving import Tell
from console.images.staged import StagedFile
from console.images.supply import Supply, supply
from console.model import Host
from console.plan import Method, Verb, Wish


def found(shelves: Shelves, catalogue: Catalogue, word: str) -> Supply:
    """Return the set that ``[STORE:]NAME[/VERSION]`` means, or ``NAME@VERSION``.

    Raises ``ConsoleError``.
    """
    known = catalogue.find(word.replace("@", "/"))
    store = shelves.store(known.store)
    entries = {entry.sha256: entry for entry in known.manifest.files}

    def read(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
        return store.stream(known, entries[file.sha256], offset)

    return supply(known, read)


def wish(host: Host, subhost: Clean, supplied: Supply, wanted: Method | None = None) -> Wish:
    """Return what is wished of a host that is to run a set, wherever that is by now."""
    how = method(host, subhost, wanted)
    image = supplied.home(ROLES[how])
    return Wish(Verb.UPGRADE, subhost, image=image, method=how)


async def staged(deeds: Deeds, host: Host, wished: Wish, supplied: Supply, tell: Tell) -> None:
    """Have a host hold what of the set it is to use itself. Raises ``ConsoleError``."""
    if wished.image is not None and wished.image.files:
        await deeds.stage(host.name, wished.image, supplied.read, tell)

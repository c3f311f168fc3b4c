"""The stores of one run of the console, and the ways to those that lie on hosts."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backends.images.assigned import Assigned
from backends.images.publish import Publisher
from backends.images.store import Store, catalogue, opened
from backends.runner import Runner
from console.clean import Clean
from console.cli.reach import Reach
from console.cli.setup import state_folder, wanted
from console.config import Config
from console.errors import ConsoleError
from console.images.catalogue import Catalogue
from console.inventory import LOCAL


class Shelves:
    """All stores that are configured, and what is assigned; ``reach`` leads to hosts."""

    def __init__(self, arguments: Namespace, config: Config, reach: Reach) -> None:
        self._arguments = arguments
        self._config = config
        self._reach = reach
        self.stores = opened(config.stores, self.runner)
        self.assigned = Assigned(state_folder())

    async def catalogue(self) -> Catalogue:
        """Return what all stores hold and who is to boot what. Raises ``ConsoleError``."""
        return await catalogue(self.stores, await self.assigned.read())

    def store(self, name: str) -> Store:
        """Return a store by its name. Raises ``ConsoleError``."""
        for store in self.stores:
            if store.name == name:
                return store
        known = ", ".join(store.name for store in self.stores)
        hint = f"known: {known}" if known else "config.toml names none: [[store]] name, path"
        raise ConsoleError(f"{name}: there is no such store", hint)

    def publisher(self, name: str) -> Publisher:
        """Return what changes a store. Raises ``ConsoleError`` for one that is not here."""
        place = self.store(name).place
        if place.path is None or place.host not in {None, LOCAL}:
            hint = "publish on the machine where it is, or into a directory here"
            raise ConsoleError(f"{name} is {place.where}, which is not changed from here", hint)
        return Publisher(place.path)

    async def runner(self, host: Clean) -> Runner:
        """Return the way to a host by its name. Raises ``ConsoleError``."""
        if host == LOCAL:
            from backends.local_runner import LocalRunner

            return LocalRunner()
        asked = wanted(Namespace(**{**vars(self._arguments), "targets": [host]}), self._config)
        return (await self._reach.remote(asked.entries[0])).runner


@asynccontextmanager
async def shelves(arguments: Namespace, config: Config) -> AsyncIterator[Shelves]:
    """Open the stores of a configuration. Raises ``ConsoleError`` where it names none."""
    if not config.stores:
        raise ConsoleError(
            "no store of boot images is configured",
            'config.toml: [[store]] name = "…" path = "/…"',
        )
    reach = Reach(arguments, config, patient=True)
    try:
        yield Shelves(arguments, config, reach)
    finally:
        await reach.close()

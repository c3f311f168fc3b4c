"""``subdeck cable``: what a cable of running subhosts is plugged into, planned, asked and done."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from console.clean import Clean
from console.cli.act import Act, performed, refuse_unasked
from console.cli.setup import settings, wanted
from console.config import Config
from console.errors import ConsoleError
from console.fleet import Fleet
from console.plan import Verb, Wish
from console.recabling import Recabling, recabling
from console.targets import Wanted


def run(arguments: Namespace) -> int:
    """Change the cable of every target; return 0 where all of it is seen done, else 1."""
    refuse_unasked(arguments)
    meant = change(arguments)
    config = settings(arguments)
    return performed(
        arguments, config, _Cable(arguments, wanted(arguments, config), config, meant)
    )


class _Cable(Act):
    """One command about one cable of each target."""

    def __init__(
        self, arguments: Namespace, asked: Wanted, config: Config, meant: Recabling
    ) -> None:
        super().__init__(arguments, asked, config.ballast)
        self._meant = meant

    def _wish(self, fleet: Fleet, host: Clean, subhost: Clean) -> Wish:
        return Wish(Verb.CABLE, subhost, recabling=self._meant)


def change(given: Namespace) -> Recabling:
    """Return what is asked for. Raises ``ConsoleError`` where that is not one thing."""
    asked = [*_asked(given)]
    if len(asked) != 1:
        raise ConsoleError(
            f"cable {given.interface}: {'one change at a time' if asked else 'what about it?'}",
            "--bridge BR, --no-bridge, --vlan N, --no-vlan N, --mac ADDRESS or --up",
        )
    try:
        return recabling(given.interface, asked[0], given.back_after)
    except ValueError as error:
        raise ConsoleError(str(error)) from None


def _asked(given: Namespace) -> Iterator[tuple[str, ...]]:
    if given.vlan is not None:
        yield ("vlan", given.vlan, *((given.bridge,) if given.bridge is not None else ()))
    elif given.bridge is not None:
        yield ("bridge", given.bridge)
    if given.no_bridge:
        yield ("no-bridge",)
    if given.no_vlan is not None:
        yield ("no-vlan", given.no_vlan)
    if given.mac is not None:
        yield ("mac", given.mac)
    if given.up:
        yield ("up",)

"""``subdeck cables``: how hosts are cabled, and where the way from an interface breaks."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence

from console.cables.trace import interfaces, parted, trace
from console.clean import Clean, clean
from console.cli.cables_tables import Part, Way, cables_json, cables_text, ways_json, ways_text
from console.cli.saying import say
from console.cli.setup import is_unicode, settings, wanted
from console.cli.watching import mute, watched
from console.contact import Contact
from console.errors import ConsoleError
from console.targets import Target, Wanted, missed, selected


def run(arguments: Namespace) -> int:
    """Print the cabling of the targets; return 1 where one could not be told."""
    config = settings(arguments)
    asked = wanted(arguments, config)

    async def main() -> int:
        async with watched(arguments, config, asked) as fleet:
            return _told(fleet.view.contacts, asked, arguments)

    return asyncio.run(main())


def _told(contacts: Sequence[Contact], asked: Wanted, arguments: Namespace) -> int:
    troubles = [told for _, told in mute(contacts)]
    parts = _parts(contacts, asked.targets, troubles)
    plain = arguments.ascii or not is_unicode()
    if arguments.trace is None:
        text = cables_json(parts) if arguments.json else cables_text(parts, plain=plain)
    else:
        ways = _ways(parts, arguments.trace, troubles)
        text = ways_json(ways) if arguments.json else ways_text(ways, plain=plain)
    sys.stdout.write(text)
    for trouble in troubles:
        say(trouble)
    return int(bool(troubles))


def _parts(
    contacts: Iterable[Contact], targets: Sequence[Target], troubles: list[str]
) -> list[Part]:
    """Return what is meant of each host that answered."""
    hosts = [each.host for each in contacts if each.host is not None and each.failed is None]
    parts: list[Part] = []
    for host in hosts:
        try:
            chosen = selected(host, targets).subhosts
        except ConsoleError as error:
            troubles.append(error.whole)
            continue
        mine = [target for target in targets if target.host == host.name]
        whole = any(target.subhost is None for target in mine)
        if whole or chosen:
            parts.append(Part(host, None if whole else tuple(each.name for each in chosen)))
    troubles += [f"{name}: no such subhost on any host" for name in missed(hosts, targets)]
    return parts


def _ways(parts: Iterable[Part], asked: str, troubles: list[str]) -> list[Way]:
    """Return the ways out from an interface of each place that is meant."""
    ways: list[Way] = []
    for part in parts:
        for subhost in part.subhosts if part.subhosts is not None else (Clean(""),):
            where, name = parted(subhost, clean(asked))
            found = trace(part.host, where, name)
            if found is not None:
                ways.append(Way(part.host.name, subhost, clean(asked), found))
                continue
            place = "/".join(filter(None, (part.host.name, subhost)))
            there = ", ".join(interfaces(part.host, where)) or "none"
            troubles.append(f"{place} has no interface {clean(asked)}; it has: {there}")
    return ways

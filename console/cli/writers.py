"""``subdeck writers`` and ``relief``: who is filling a level, and what can be done about it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterable

from console.clean import Clean
from console.cli.saying import say
from console.cli.setup import settings, wanted
from console.cli.watching import mute, watched
from console.cli.writers_tables import relief_json, relief_text, report_json, report_text
from console.contract import iso
from console.errors import ConsoleError
from console.fleet import Fleet
from console.model import Host, Level
from console.observed import level as level_of
from console.relief import options
from console.relief_option import Option
from console.targets import Target, Wanted, selected
from console.writers import Writers
from screens.pages.urgency import most_urgent_first

_Subject = tuple[Clean, Clean, Clean]
"""Names of host and subhost, and the id of a level."""


def run(arguments: Namespace) -> int:
    """Print a report for every target; return 1 where one could not be asked."""
    config = settings(arguments)
    asked = wanted(arguments, config)

    async def main() -> int:
        async with watched(arguments, config, asked) as fleet:
            return await _told(fleet, asked, arguments)

    return asyncio.run(main())


async def _told(fleet: Fleet, asked: Wanted, arguments: Namespace) -> int:
    troubles = [told for _, told in mute(fleet.view.contacts)]
    reports: list[Writers] = []
    for contact in fleet.view.contacts:
        if contact.host is None or contact.failed is not None:
            continue
        try:
            for subject in _subjects(contact.host, asked.targets, arguments.level):
                reports.append(await _report(fleet, subject, arguments))
        except ConsoleError as error:
            text = str(error)
            told = text if text.startswith(contact.name) else f"{contact.name}: {text}"
            troubles.append("; ".join(filter(None, (told, error.hint))))
    relief = [_options(fleet, each) for each in reports] if arguments.command == "relief" else []
    if arguments.json:
        parts = map(relief_json, reports, relief) if relief else map(report_json, reports)
        document = {"version": 1, "time": iso(time.time()), "reports": [*parts]}
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
    else:
        texts = map(relief_text, reports, relief) if relief else map(report_text, reports)
        sys.stdout.write("\n".join(texts))
    for trouble in troubles:
        say(trouble)
    return int(bool(troubles))


def _subjects(host: Host, targets: Iterable[Target], level: str | None) -> list[_Subject]:
    """Return the levels meant: that of this id, or the one of each target that is full soonest.

    Raises ``ConsoleError`` for a target that is not there or has no level.
    """
    found: dict[_Subject, None] = {}
    for target in targets:
        chosen = selected(host, [target])
        if target.subhost is None:
            found[host.name, Clean(""), _chosen(host.name, host.levels, level)] = None
            continue
        for subhost in chosen.subhosts:
            name = f"{host.name}/{subhost.name}"
            found[host.name, subhost.name, _chosen(name, subhost.levels, level)] = None
    return list(found)


def _chosen(name: str, levels: Iterable[Level], level: str | None) -> Clean:
    if level is not None:
        return Clean(level)
    fillable = [each for each in levels if not each.always_full]
    if not fillable:
        raise ConsoleError(f"{name}: has no level", "a subhost that is stopped has none")
    return most_urgent_first(fillable)[0].id


async def _report(fleet: Fleet, subject: _Subject, arguments: Namespace) -> Writers:
    report = await fleet.asking.writers(*subject, arguments.since)
    while arguments.whole and not report.complete:
        seen = report.inodes
        report = await fleet.asking.writers(*subject, arguments.since)
        if report.inodes == seen:
            break
    return report


def _options(fleet: Fleet, report: Writers) -> tuple[Option, ...]:
    host = next(each.host for each in fleet.view.contacts if each.name == report.host)
    level = level_of(host, report.subhost, report.level) if host else None
    return options(host, report.subhost, level, report) if host and level else ()

"""``subdeck history``: how full levels were, from the record alone; a table, a chart or JSON."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rich.text import Text

from console.chart import Canvas, chart
from console.clean import Clean
from console.cli.saying import say
from console.cli.setup import history_path, is_unicode, settings
from console.cli.tables import new_table, rendered
from console.config import Config
from console.contract import Json, iso
from console.errors import ConsoleError
from console.inventory import LOCAL, Entry
from console.parse.ssh_aliases import Aliases
from console.remembered import parted
from console.series import Sample
from console.targets import Target, wanted
from screens import marks

_PATIENCE = 10.0
"""Seconds that reading may take."""
_HEIGHT = 12
_COLUMNS = ("HOST", "LEVEL", "FIRST", "LAST", "MIN", "MAX", "OF", "RATE", "SAMPLES", "SINCE")


@dataclass(frozen=True, slots=True)
class Past:
    """One level of a host or subhost."""

    host: Clean
    subhost: Clean
    level: Clean
    samples: tuple[Sample, ...]

    @property
    def name(self) -> str:
        """As commands take it."""
        return "/".join(filter(None, (self.host, self.subhost)))

    @property
    def used(self) -> list[int]:
        """Bytes used, the oldest first."""
        return [each.used for each in self.samples]

    @property
    def rate(self) -> float | None:
        """Bytes a second from the first to the last of them."""
        first, last = self.samples[0], self.samples[-1]
        seconds = last.time - first.time
        return (last.used - first.used) / seconds if seconds > 0 else None


def run(arguments: Namespace) -> int:
    """Print what is recorded of the targets; return 1 where nothing is of one of them."""
    config = settings(arguments)
    targets, pasts = asyncio.run(_read(arguments, config))
    told = [each for each in pasts if arguments.level in {None, each.level}]
    silent = [target for target in targets if not any(_of(each, target) for each in told)]
    if arguments.json:
        sys.stdout.write(json.dumps(_document(told), allow_nan=False) + "\n")
    elif told:
        sys.stdout.write(history_table(told))
        if len(told) == 1:
            ascii_only = arguments.ascii or config.ascii or not is_unicode()
            sys.stdout.write("\n" + "\n".join(_drawn(told[0], ascii_only=ascii_only)) + "\n")
    for target in silent:
        what = f" of {arguments.level}" if arguments.level else ""
        say(f"{target}: nothing is recorded{what} in that time")
    return int(bool(silent))


async def _read(arguments: Namespace, config: Config) -> tuple[Sequence[Target], list[Past]]:
    """Return what is meant and recorded; raises ``ConsoleError`` where it cannot be read."""
    from backends import history

    recorder = history.Past(history_path(config), _PATIENCE)
    try:
        names = {*await recorder.hosts(), LOCAL, *(entry.name for entry in config.hosts)}
        known = {name: Entry(Clean(name), name) for name in sorted(names)}
        known |= {entry.name: entry for entry in config.hosts}
        asked = wanted(arguments.targets, [*known.values()], Aliases())
        hosts = dict.fromkeys(Clean(target.host) for target in asked.targets)
        found = {host: await recorder.recent(host, arguments.since) for host in hosts}
    finally:
        await recorder.close()
    if recorder.trouble:
        raise ConsoleError(recorder.trouble)
    pasts = [
        Past(host, *parted(key), samples)
        for host, levels in found.items()
        for key, samples in sorted(levels.items())
        if samples
    ]
    meant = [each for each in pasts if any(_of(each, target) for target in asked.targets)]
    return asked.targets, meant


def _of(past: Past, target: Target) -> bool:
    if past.host != target.host:
        return False
    return target.subhost is None or fnmatchcase(past.subhost, target.subhost)


def history_table(pasts: Sequence[Past]) -> str:
    """Return what became of levels as a table."""
    table = new_table(*_COLUMNS, right=_COLUMNS[2:9])
    for past in pasts:
        newest, used = past.samples[-1], past.used
        sizes = (used[0], used[-1], min(used), max(used))
        table.add_row(
            *(Text(past.name), Text(past.level)),
            *map(marks.size, sizes),
            "-" if newest.total is None else marks.size(newest.total),
            "-" if past.rate is None else marks.rate(past.rate),
            str(len(used)),
            iso(past.samples[0].time) or "-",
        )
    return rendered([table])


def _drawn(past: Past, *, ascii_only: bool) -> list[str]:
    width = shutil.get_terminal_size().columns
    points = [(each.time, float(each.used)) for each in past.samples]
    return chart(points, Canvas(width, _HEIGHT, ascii_only), lambda value: marks.size(int(value)))


def _document(pasts: Sequence[Past]) -> Json:
    return {"version": 1, "time": iso(time.time()), "levels": [*map(_json, pasts)]}


def _json(past: Past) -> Json:
    return {
        "host": past.host,
        "subhost": past.subhost or None,
        "id": past.level,
        "rate": past.rate,
        "min": min(past.used),
        "max": max(past.used),
        "samples": [
            {
                "time": iso(each.time),
                "used": each.used,
                "total": each.total,
                "inodes_used": each.inodes,
                "inodes_total": each.inodes_total,
            }
            for each in past.samples
        ],
    }

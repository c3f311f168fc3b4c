"""``subdeck doctor``: what this console can see and how, what it lacks, and the remedy."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from console import config
from console.clean import Clean
from console.cli.checkup import Check, accepted, checkup
from console.cli.reach import Reach
from console.cli.setup import history_path, settings, wanted
from console.config import Config
from console.errors import ConsoleError, Misconfigured
from console.inventory import LOCAL, Entry


def run(arguments: Namespace) -> int:
    """Print the checks; return 1 when a host could not be seen or a key not accepted, else 0."""
    try:
        loaded = settings(arguments)
        configured = Check("configuration", "ok", _configuration(arguments))
    except Misconfigured as error:
        if {*arguments.targets} - {LOCAL}:
            raise  # who else is meant, only the configuration could tell
        loaded = config.default()
        configured = Check("configuration", "failed", str(error), "mend the line named")
    entries = _entries(arguments, loaded)
    checks = [
        Check("subdeck", "ok", f"{version('subdeck')}, Python {platform.python_version()}"),
        configured,
        _terminal(),
        _history(loaded),
        *asyncio.run(_hosts(arguments, loaded, entries)),
    ]
    if arguments.json:
        document = {"version": 1, "checks": [_json(check) for check in checks]}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        from console.cli.tables import checks_table

        rows = [(c.host, c.check, c.state, c.found, c.remedy) for c in checks]
        sys.stdout.write(checks_table(rows))
    return int(any(check.state == "failed" for check in checks))


def _json(check: Check) -> dict[str, str | None]:
    return {**asdict(check), "host": check.host or None}


def _entries(arguments: Namespace, loaded: Config) -> Sequence[Entry]:
    """Return the hosts named; this one where none is, for examining a fleet is no light matter."""
    if not arguments.targets:
        arguments = Namespace(**{**vars(arguments), "targets": [LOCAL]})
    return wanted(arguments, loaded).entries


def _configuration(arguments: Namespace) -> str:
    path = arguments.config or Path(config.find(os.environ, Path.home()))
    return str(path) if path.exists() else f"none at {path}: defaults hold"


def _terminal() -> Check:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return Check("terminal", "ok", "none: output is plain")
    columns, lines = shutil.get_terminal_size()
    found = f"{term or 'TERM unset'} {columns}x{lines}"
    if term in {"", "dumb", "unknown"}:
        return Check("terminal", "lacking", found, "set TERM; until then only plain reports")
    if columns < 80 or lines < 24:
        return Check("terminal", "lacking", found, "80x24 or more shows every column worth having")
    return Check("terminal", "ok", found)


def _history(loaded: Config) -> Check:
    from backends.history import load_recent

    path = history_path(loaded)
    if not path.exists():
        return Check("history", "ok", f"{path}: made when the screen first runs")
    try:
        load_recent(path, Clean(LOCAL), 60.0)
    except ConsoleError as error:
        return Check("history", "lacking", str(error), error.hint)
    return Check("history", "ok", f"{path}, {path.stat().st_size // 1024} KiB")


async def _hosts(arguments: Namespace, loaded: Config, entries: Sequence[Entry]) -> list[Check]:
    reach = Reach(arguments, loaded, patient=True)
    fleet = reach.fleet(entries, None)
    checks: list[Check] = []
    try:
        if arguments.accept_key:
            checks.append(await accepted(fleet, entries[0].name, arguments.accept_key))
            if checks[0].state == "failed":
                return checks
        found = await asyncio.gather(
            *(checkup(entry, fleet, reach, loaded.interval) for entry in entries)
        )
        return [*checks, *(check for each in found for check in each)]
    finally:
        await fleet.close()

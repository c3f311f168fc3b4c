"""``subdeck doctor``: what this console can see here, what it lacks, and the remedy."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from console import config
from console.clean import Clean
from console.cli.setup import history_path, local_fleet, settings, wanted
from console.config import Config
from console.errors import ConsoleError, Misconfigured
from console.fleet import Contact
from console.model import Host, Running
from console.targets import LOCAL


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked into."""

    check: str
    state: str
    """``ok``, ``lacking`` (the rest works) or ``failed``."""
    found: str
    remedy: str = ""


def run(arguments: Namespace) -> int:
    """Print the checks; return 1 when the host could not be seen, else 0."""
    wanted(arguments)
    try:
        loaded = settings(arguments)
        configured = Check("configuration", "ok", _configuration(arguments))
    except Misconfigured as error:
        loaded = config.default()
        configured = Check("configuration", "failed", str(error), "mend the line named")
    checks = [
        Check("subdeck", "ok", f"{version('subdeck')}, Python {platform.python_version()}"),
        configured,
        _terminal(),
        _history(loaded),
        *asyncio.run(_host(arguments, loaded)),
    ]
    if arguments.json:
        document = {"version": 1, "checks": [asdict(check) for check in checks]}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        from console.cli.tables import checks_table

        sys.stdout.write(checks_table([(c.check, c.state, c.found, c.remedy) for c in checks]))
    return int(any(check.state == "failed" for check in checks))


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


async def _host(arguments: Namespace, loaded: Config) -> list[Check]:
    fleet = local_fleet(arguments, loaded, None, patient=True)
    began = time.monotonic()
    try:
        await fleet.look_at_all()
        (contact,) = fleet.view.contacts
    finally:
        await fleet.close()
    return list(_seen(contact, time.monotonic() - began))


def _seen(contact: Contact, seconds: float) -> Iterator[Check]:
    host = contact.host
    if host is None:
        yield Check(contact.name, "failed", contact.trouble or "no answer")
        return
    yield Check(contact.name, "ok", f"seen whole in {seconds * 1000:.0f} ms")
    if os.geteuid():
        yield Check(
            "privilege",
            "lacking",
            "not root: subhosts and device-mapper stay hidden",
            "run as root, or with sudo",
        )
    else:
        yield Check("privilege", "ok", "root")
    yield Check("boot", "ok", f"{host.boot.style.value}, {host.boot.kernel}" if host.boot else "?")
    yield from _parts(host)
    for gap in host.gaps:
        yield Check(gap.probe, "lacking", f"{gap.problem.value}: {gap.reason}", gap.remedy or "")


def _parts(host: Host) -> Iterator[Check]:
    running = sum(subhost.state is Running.RUNNING for subhost in host.subhosts)
    yield Check("levels", "ok", f"{len(host.all_levels)} measured")
    yield Check("subhosts", "ok", f"{running} running of {len(host.subhosts)}")
    yield Check("network", "ok", f"{len(host.links)} links, {len(host.netns)} named namespaces")

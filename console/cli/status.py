"""``subdeck status``: every level and subhost once, as a table or as one JSON document."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from dataclasses import replace

from console.cli.setup import history_path, local_fleet, recorder, settings, wanted
from console.config import Config
from console.contract import document
from console.errors import ConsoleError
from console.fleet import Contact, ContactState, Fleet
from console.history import Recorder
from console.targets import Target, selected


def run(arguments: Namespace) -> int:
    """Print the status of the targets; return the exit status."""
    return asyncio.run(_status(arguments))


async def _status(arguments: Namespace) -> int:
    config = settings(arguments)
    targets = wanted(arguments)
    fleet = local_fleet(arguments, config, _recorder(arguments, config), patient=True)
    try:
        while True:
            began = time.monotonic()
            failed = await _once(arguments, fleet, targets)
            if not arguments.watch:
                return failed
            await asyncio.sleep(max(0.0, began + config.interval - time.monotonic()))
    finally:
        await fleet.close()


async def _once(arguments: Namespace, fleet: Fleet, targets: tuple[Target, ...]) -> int:
    await fleet.look_at_all()
    contacts, failed = _chosen(fleet.view.contacts, targets)
    if arguments.json:
        text = (
            json.dumps(document(contacts, time.monotonic(), time.time()), allow_nan=False) + "\n"
        )
    else:
        from console.cli.tables import tables

        text = tables(contacts, arguments.sort)
    sys.stdout.write(text)
    sys.stdout.flush()
    return failed


def _chosen(
    contacts: tuple[Contact, ...], targets: tuple[Target, ...]
) -> tuple[list[Contact], int]:
    """Return the contacts with the wanted subhosts only; 1 when a target failed (and is named)."""
    chosen: list[Contact] = []
    failed = 0
    for contact in contacts:
        if contact.state_at(time.monotonic()) is not ContactState.UP:
            _complain(f"{contact.name}: {contact.trouble or 'no answer'}")
            failed = 1
        host = contact.host
        if host is not None:
            try:
                host = selected(host, targets)
            except ConsoleError as error:
                _complain(f"{error}; {error.hint}" if error.hint else str(error))
                failed = 1
                continue
        chosen.append(replace(contact, host=host))
    return chosen, failed


def _recorder(arguments: Namespace, config: Config) -> Recorder:
    """Return the recorded past: written while watching, only read by a single look."""
    if arguments.watch:
        return recorder(config)
    from backends.history import Past

    return Past(history_path(config))


def _complain(text: str) -> None:
    sys.stderr.write(f"subdeck: {text}\n")

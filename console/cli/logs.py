"""``subdeck logs``: what subhosts last said: the end of LOG, or of the job that began them."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence

from console.clean import Clean
from console.cli.saying import say
from console.cli.setup import settings, wanted
from console.cli.watching import mute, picked, refuse_whole_hosts, watched
from console.errors import ConsoleError, Unreachable
from console.fleet import Fleet
from console.plan import Verb
from console.targets import Wanted

_BEGAN = (Verb.START.value, Verb.RESTART.value)


def run(arguments: Namespace) -> int:
    """Print the last lines of every subhost; return 1 where one could not be asked."""
    config = settings(arguments)
    asked = wanted(arguments, config)
    refuse_whole_hosts(asked.targets)

    async def main() -> int:
        async with watched(arguments, config, asked) as fleet:
            return await _logs(fleet, asked, arguments.lines)

    return asyncio.run(main())


async def _logs(fleet: Fleet, asked: Wanted, lines: int) -> int:
    contacts = fleet.view.contacts
    troubles = [told for _, told in mute(contacts)]
    chosen: Sequence[tuple[Clean, Clean]] = ()
    try:
        chosen = picked(contacts, asked.targets)
    except ConsoleError as error:
        troubles.append(error.whole)
    for host, name in chosen:
        try:
            said = await _said(fleet, host, name, lines)
        except ConsoleError as error:
            told = f"{host}: {str(error).removeprefix(f'{host}: ')}"
            troubles.append("; ".join(filter(None, (told, error.hint))))
            continue
        if len(chosen) > 1:
            sys.stdout.write(f"==> {host}/{name} <==\n")
        sys.stdout.writelines(f"{line}\n" for line in said[-lines:])
    for trouble in troubles:
        say(trouble)
    return int(bool(troubles))


async def _said(fleet: Fleet, host: Clean, name: Clean, lines: int) -> Sequence[Clean]:
    """Return the end of its LOG; where that says nothing, of what the job said that started it."""
    missing: ConsoleError | None = None
    try:
        if said := await fleet.deeds.log(host, name, lines):
            return said
    except Unreachable:
        raise
    except ConsoleError as error:
        missing = error
    await fleet.deeds.look(host)
    held = [job for job in fleet.deeds.jobs if (job.host, job.subhost) == (host, name)]
    job = next((job for job in held if job.verb in _BEGAN), None)
    if job is not None:
        return await fleet.deeds.output(host, job.id, lines)
    if missing is not None:
        raise missing
    return ()

"""A rollout driven by this console, on hosts that it watches meanwhile."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

from backends.rollouts import Rollouts
from console.clean import Clean
from console.cli.rollout_mover import Field, FleetMover
from console.cli.rollout_tables import course_text, document, record_text, rollout_json
from console.cli.setup import operator, settings, wanted
from console.cli.shelves import shelves
from console.cli.watching import ended_by, watched
from console.errors import ConsoleError
from console.jobs import new_id
from console.rollout.driver import Driver, steady
from console.rollout.machine import Machine, replayed
from console.rollout.phases import Course
from console.rollout.records import Record
from console.targets import Wanted


@asynccontextmanager
async def field(arguments: Namespace, asked: Wanted) -> AsyncIterator[Field]:
    """Watch the hosts asked for, and open the stores."""
    config = settings(arguments)
    async with shelves(arguments, config) as opened, watched(arguments, config, asked) as fleet:
        yield Field(fleet, opened, await opened.catalogue(), config)


def resumed(arguments: Namespace, rollouts: Rollouts, rollout: Clean) -> int:
    """Drive a rollout that has begun until nothing more is done by itself."""

    async def main() -> Machine | None:
        with rollouts.driving(rollout, operator()):
            book = rollouts.book(rollout)
            machine = replayed(await book.read())
            book.close()
            arguments.targets = list(machine.standings)
            async with field(arguments, wanted(arguments, settings(arguments))) as found:
                return await driven(arguments, rollouts, rollout, found)

    return ended(arguments, rollouts, rollout, main())


def ended(
    arguments: Namespace,
    rollouts: Rollouts,
    rollout: Clean,
    driving: Coroutine[None, None, Machine | None],
) -> int:
    """Let a console drive, and tell how it stands then; return 0 if it is done.

    Of what did not begin nothing is told, and 1 returned.
    """
    heard: list[int] = []

    async def main() -> Machine | None:
        with ended_by(heard):
            return await driving

    try:
        machine = asyncio.run(main())
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write(
            f"subdeck: {rollout} stands still; what was begun on hosts goes on there "
            f"(subdeck rollout resume {rollout})\n"
        )
        return 128 + (heard or [signal.SIGINT])[0]
    if machine is None:
        return 1
    if arguments.json:
        (kept,) = (each for each in asyncio.run(rollouts.kept()) if each.id == rollout)
        document("rollout", rollout_json(kept, whole=True))
    else:
        sys.stdout.write(f"{course_text(machine)}\n")
    return int(machine.course is not Course.DONE)


async def driven(
    arguments: Namespace, rollouts: Rollouts, rollout: Clean, found: Field
) -> Machine:
    """Drive, as the one console that may; the set is known to be good when all hosts run it."""
    book = rollouts.book(rollout)
    machine = replayed(records := await book.read())
    stream = sys.stderr if arguments.json else sys.stdout

    def old_of(target: Clean) -> Clean | None:
        moving = machine.standings[target].moving
        return moving.before.image if moving and moving.before else None

    def tell(machine: Machine, record: Record) -> None:
        stream.write(f"{record_text(machine, record)}\n")
        stream.flush()

    mover = FleetMover(found, machine.begun, old_of)
    clock = steady(max(time.time(), records[-1].at))
    try:
        driver = Driver(machine, book, mover, tell, clock, lambda: new_id(time.time()))
        await driver.run(operator())
    finally:
        mover.close()
        book.close()
    if machine.course is Course.DONE:
        known = found.catalogue.find(machine.begun.image)
        with suppress(ConsoleError):  # a store that is not here stays as it is
            publisher = found.shelves.publisher(known.store)
            await publisher.point(known.manifest.name, "good", known.manifest.version)
    return machine

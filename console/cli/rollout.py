"""``subdeck rollout``: begin one, drive it, look at it, and say what is to become of it.

What the documents of ``--json`` hold is told in ``console.cli.rollout_tables``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from argparse import Namespace

from backends.rollouts import Kept, Rollouts
from console.clean import Clean
from console.cli.rollout_tables import (
    course_text,
    document,
    kept_table,
    rollout_json,
    rollout_table,
)
from console.cli.setup import operator, state_folder
from console.errors import ConsoleError
from console.rollout.machine import Machine
from console.rollout.phases import Course, Phase
from console.rollout.records import Said, Word


def run(arguments: Namespace) -> int:
    """Do what is asked; return the exit status."""
    rollouts = Rollouts(state_folder() / "rollouts")
    try:
        if arguments.deed == "start":
            from console.cli.rollout_start import start

            return start(arguments, rollouts)
        if arguments.deed == "list":
            return _list(arguments, rollouts)
        rollout = asyncio.run(rollouts.find(arguments.id))
        if arguments.deed == "show":
            return _show(arguments, rollouts, rollout)
        return _say(arguments, rollouts, rollout)
    finally:
        rollouts.close()


def _list(arguments: Namespace, rollouts: Rollouts) -> int:
    kept = asyncio.run(rollouts.kept())
    if arguments.json:
        document("rollouts", [rollout_json(each, whole=False) for each in kept])
    else:
        sys.stdout.write(kept_table(kept, time.time()))
    return int(any(each.machine is None for each in kept))


def _show(arguments: Namespace, rollouts: Rollouts, rollout: Clean) -> int:
    kept, machine = asyncio.run(_found(rollouts, rollout))
    if arguments.json:
        document("rollout", rollout_json(kept, whole=True))
    else:
        sys.stdout.write(rollout_table(kept, machine))
    return 0


def _say(arguments: Namespace, rollouts: Rollouts, rollout: Clean) -> int:
    """Write what the operator says, and see to it where no other console drives."""
    kept, machine = asyncio.run(_found(rollouts, rollout))
    word = Word(arguments.deed)
    if why := _pointless(machine, word):
        raise ConsoleError(f"{rollout}: {why}", f"subdeck rollout show {rollout}")
    if word is not Word.RESUME or machine.paused:
        asyncio.run(_written(rollouts, rollout, word))
    if word is Word.PAUSE or kept.driver:
        return _told(arguments, rollouts, rollout, word, kept.driver)
    from console.cli.rollout_driving import resumed

    return resumed(arguments, rollouts, rollout)


def _told(
    arguments: Namespace, rollouts: Rollouts, rollout: Clean, word: Word, driver: Clean | None
) -> int:
    kept, machine = asyncio.run(_found(rollouts, rollout))
    if arguments.json:
        document("rollout", rollout_json(kept, whole=True))
        return 0
    sees = f"; {driver} sees to it" if driver else "; nobody drives it"
    sys.stdout.write(f"{course_text(machine)}{sees}\n")
    return 0


def _pointless(machine: Machine, word: Word) -> str | None:
    """Return why there is no use in saying that; ``None``: there is."""
    lost = any(each.phase is Phase.LOST for each in machine.standings.values())
    match machine.course, word:
        case Course.DONE, Word.RESUME if not lost:
            return "is done"
        case Course.STOPPED, Word.RESUME if not lost:
            return f"was stopped, and its wave is back: {machine.stopped}"
        case ((Course.DONE | Course.STOPPED), (Word.PAUSE | Word.ABORT)):
            return f"is {machine.course}"
        case _, Word.PAUSE if machine.paused:
            return f"was paused by {machine.paused}"
        case _, Word.ABORT if machine.stopped:
            return f"is on its way back: {machine.stopped}"
    return None


async def _found(rollouts: Rollouts, rollout: Clean) -> tuple[Kept, Machine]:
    kept = next(each for each in await rollouts.kept() if each.id == rollout)
    if kept.machine is None:
        raise ConsoleError(f"{kept.trouble}", "its hosts are left as they are")
    return kept, kept.machine


async def _written(rollouts: Rollouts, rollout: Clean, word: Word) -> None:
    book = rollouts.book(rollout)
    try:
        await book.write(Said(time.time(), operator(), word), guarded=False)
    finally:
        book.close()

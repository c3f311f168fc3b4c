"""``subdeck rollout start``: who takes part, in which wave, and then off."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from dataclasses import dataclass, replace

from backends.rollouts import Kept, Rollouts
from console.clean import Clean, clean
from console.cli.act import refuse_unasked
from console.cli.confirm import answered
from console.cli.rollout_driving import driven, ended, field
from console.cli.rollout_mover import Field, FleetMover
from console.cli.rollout_tables import begun_text, document, rollout_json
from console.cli.saying import say
from console.cli.setup import operator, settings, wanted
from console.cli.watching import mute
from console.errors import ConsoleError
from console.jobs import new_id
from console.rollout.machine import Machine
from console.rollout.records import Begun, Rules
from console.rollout.waves import waves

_TEXTS = ("gate_command", "method", "in_spite", "stage_in")


@dataclass(frozen=True, slots=True)
class _Left:
    """A host that takes no part, and why."""

    host: Clean
    why: str
    failed: bool = True


def start(arguments: Namespace, rollouts: Rollouts) -> int:
    """Begin a rollout and drive it to its end; return the exit status."""
    arguments.command = "rollout start"
    refuse_unasked(arguments)
    asked = wanted(arguments, settings(arguments))
    for target in asked.targets:
        if target.subhost is not None:
            raise ConsoleError(f"{target}: a rollout is of whole hosts", "subdeck upgrade --lower")
    rollout = new_id(time.time())
    failed: list[bool] = []

    async def main() -> Machine | None:
        async with field(arguments, asked) as found:
            begun, left = _begun(arguments, rollout, found)
            failed.extend(each.failed for each in left)
            for each in left:
                say(f"{each.host} is left out: {each.why}")
            if not await _agreed(arguments, begun):
                return None
            await rollouts.begin(begun)
            with rollouts.driving(rollout, operator()):
                return await driven(arguments, rollouts, rollout, found)

    status = ended(arguments, rollouts, rollout, main())
    if arguments.dry_run:
        return int(any(failed))
    return max(status, int(any(failed)))


def _begun(arguments: Namespace, rollout: Clean, found: Field) -> tuple[Begun, list[_Left]]:
    """Return what is to be done, and who takes no part in it."""
    known = found.catalogue.find(arguments.image.replace("@", "/"))
    given = vars(arguments)
    texts = {key: clean(given[key], 4096) if given[key] else None for key in _TEXTS}
    first = Begun(
        at=time.time(),
        id=rollout,
        who=operator(),
        image=known.title,
        digest=known.digest,
        waves=(),
        rules=Rules(1, arguments.failures, arguments.soak, arguments.limit, texts["gate_command"]),
        method=texts["method"],
        reason=texts["in_spite"],
        stage_in=texts["stage_in"],
        pull=arguments.pull,
    )
    mover = FleetMover(found, first, lambda _: None)
    left, tags = _taking_part(mover, found)
    most = max(arguments.max_unavailable.of(len(tags)), 1)
    divided = waves(tags, arguments.waves)
    return replace(first, waves=divided, rules=replace(first.rules, most=most)), left


def _taking_part(
    mover: FleetMover, found: Field
) -> tuple[list[_Left], dict[Clean, tuple[Clean, ...]]]:
    """Return who is left out, and the tags of all others."""
    contacts = found.fleet.view.contacts
    left = [_Left(name, told.removeprefix(f"{name}: ")) for name, told in mute(contacts)]
    silent = {each.host for each in left}
    tags: dict[Clean, tuple[Clean, ...]] = {}
    for contact in contacts:
        if contact.host is None or contact.name in silent:
            continue
        if mover.runs(contact.host):
            left.append(_Left(contact.name, "it runs that image already", failed=False))
        elif refused := found.fleet.deeds.refusal(contact.name):
            left.append(_Left(contact.name, _told(refused.text, refused.remedy)))
        else:
            try:
                mover.fit(contact.host)
                tags[contact.name] = contact.tags
            except ConsoleError as error:
                left.append(_Left(contact.name, _told(str(error), error.hint)))
    return left, tags


async def _agreed(arguments: Namespace, begun: Begun) -> bool:
    """Show what is to be done, and ask; whether it is to be done."""
    machine = Machine(begun)
    if arguments.dry_run and arguments.json:
        document("rollout", rollout_json(Kept(begun.id, machine, None), whole=True))
        return False
    stream = sys.stderr if arguments.json else sys.stdout
    stream.write("".join(f"{line}\n" for line in begun_text(begun)))
    stream.flush()
    if arguments.dry_run or not begun.waves:
        return False
    if arguments.yes:
        return True
    title = begun.image
    if await answered(f"Type {title} to do it: ", frozenset((title,))):
        return True
    say("nothing was done")
    return False


def _told(why: str, remedy: str | None) -> str:
    return "; ".join(filter(None, (why, remedy)))

"""Stop: services in reverse order, then whatever is left inside, then the first process.

Each step asks before the next one forces, and what is left afterwards is looked for by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from console.actions import remains
from console.actions.reading import subhost
from console.actions.tools import absent, lacking, misnamed
from console.blast import ending, tier
from console.clean import Clean
from console.model import Host, Running, Subhost
from console.operations import Operation
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Kin, Survey

_KILLED = 10
"""Seconds that what has been killed has to be gone."""
SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]*")
"""A word of START that is the name of a service."""


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what ends the subhost."""
    guest = subhost(host, wish.subhost)
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=tier(host, guest, survey) if guest else Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=checks(wish, survey),
        steps=steps(host, guest, wish, survey) if guest else (),
        consequences=ending(host, guest, survey) if guest else (),
        notes=_notes(survey),
        obstacles=tuple(obstacles(host, guest, wish, survey)),
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why it cannot be stopped, as far as the host alone tells."""
    guest = subhost(host, name)
    if guest is None:
        return absent(host, name)
    if found := misnamed(name, "rename its configuration, and NAME in it"):
        return found
    if guest.pid is not None:
        return None
    if guest.state is Running.STOPPED:
        return Obstacle(Clean(f"{name} is not running"))
    if guest.state is Running.BROKEN:
        return Obstacle(Clean(f"no process of {name} runs"), Clean("repair removes what is left"))
    return Obstacle(Clean(f"{name} is being started"), Clean("wait, or roll its job back"))


def obstacles(host: Host, guest: Subhost | None, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    """Yield all that stands in the way."""
    found = hindrance(host, wish.subhost, Verb.STOP)
    if found is not None or guest is None:
        yield from (found,) if found else ()
        return
    yield from lacking(survey, "ip", "flock", "nsenter", "timeout", "stat", "find", "sleep")
    if survey.lineage is None:
        yield Obstacle(Clean(f"{guest.name} has ended just now"), Clean("look again"))


def checks(wish: Wish, survey: Survey) -> tuple[Check, ...]:
    """Return what must hold still: that it is the subhost that was looked at."""
    if survey.lineage is None:
        return ()
    refusal = Clean(f"{wish.subhost} has ended, or was started anew, since this was planned")
    return (Check(Operation(("alive", *_words(survey.lineage.first))), refusal),)


def steps(host: Host, guest: Subhost, wish: Wish, survey: Survey) -> tuple[Step, ...]:
    """Return what ends the subhost, from its last service to its names."""
    line = survey.lineage
    if line is None:
        return ()
    first, patience = _words(line.first), str(max(1, round(wish.patience)))
    made = [
        Step(
            Clean(f"stop {service}, for at most {patience} s"),
            (Operation(("stop_service", *first, service, patience)),),
            remains.LASTING,
        )
        for service in reversed(guest.services)
        if SERVICE.fullmatch(service)
    ]
    made.append(
        Step(
            Clean(f"ask all that is left inside to end, and give it {patience} s"),
            (Operation(("ask", *first, patience)),),
            remains.LASTING,
        )
    )
    kill = Operation(("slay", *first, str(_KILLED), str(line.pid_ns or 0)))
    made.append(
        Step(
            Clean("kill its first process, and with it all that is inside"),
            (kill, *_parents(line.unshare, line.holder)),
            remains.LASTING,
        )
    )
    made.append(remains.group(guest))
    return (*made, *remains.network(host, guest, line.net_ns or remains.netns(host, guest)))


def _parents(*kin: Kin | None) -> Iterator[Operation]:
    for each in kin:
        if each is not None:
            yield Operation(("dismiss", *_words(each), str(_KILLED)))


def _words(kin: Kin) -> tuple[str, str]:
    return str(kin.pid), str(kin.started)


def _notes(survey: Survey) -> tuple[Clean, ...]:
    line = survey.lineage
    if line is None or line.supervised:
        return ()
    if line.holder is None:
        return (Clean("its holder is gone: what that would have removed is removed here"),)
    return (Clean("started by overlay-boot: what that leaves behind is removed here"),)

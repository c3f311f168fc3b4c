"""Repair: what a crash left of a subhost that does not run, exactly that and no more."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import remains
from console.actions.reading import subhost
from console.actions.tools import absent, inexact, lacking, misnamed
from console.clean import Clean, clean
from console.model import Host, Running, Subhost
from console.operations import Operation
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Survey

_MOUNT = "mount "


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what removes it."""
    guest = subhost(host, wish.subhost)
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=tuple(_checks(guest)) if guest else (),
        steps=tuple(_steps(host, guest)) if guest else (),
        obstacles=tuple(_obstacles(host, wish, survey)),
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why there is nothing to repair, as far as the host alone tells."""
    guest = subhost(host, name)
    if guest is None:
        return absent(host, name)
    if found := misnamed(name, "remove what it left by hand"):
        return found
    if guest.pid is not None or guest.state not in {Running.STOPPED, Running.BROKEN}:
        return Obstacle(Clean(f"{name} has processes"), Clean("stop it"))
    if not guest.residue:
        return Obstacle(Clean(f"nothing is left of {name}"))
    return None


def _obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    found = hindrance(host, wish.subhost, wish.verb)
    if found is not None:
        yield found
        return
    yield from lacking(survey, "ip", "flock", "umount", "stat", "find")
    guest = subhost(host, wish.subhost)
    if guest is not None:
        yield from inexact(*_mounts(guest))


def _checks(guest: Subhost) -> Iterator[Check]:
    running = Clean(f"{guest.name} is running")
    yield Check(Operation(("free", guest.name)), running)
    if guest.config is not None:
        yield Check(Operation(("idle", guest.config)), running)


def _steps(host: Host, guest: Subhost) -> Iterator[Step]:
    yield remains.group(guest)
    yield from _unmounting(guest)
    yield from remains.network(host, guest, remains.netns(host, guest))


def _unmounting(guest: Subhost) -> Iterator[Step]:
    mounts = tuple(_mounts(guest))
    if mounts:
        yield Step(
            Clean("unmount what is left of its tree"),
            tuple(
                Operation(("drop_mount", place, remains.escaped(place)))
                for place in reversed(mounts)
            ),
            remains.LASTING,
        )


def _mounts(guest: Subhost) -> Iterator[Clean]:
    for each in guest.residue:
        if each.startswith(_MOUNT):
            yield clean(each.removeprefix(_MOUNT), 4096)

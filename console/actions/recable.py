"""Cable: what a cable of a running subhost is plugged into, its VLANs, its MAC, and its being up.

Live alone: ``CABLES`` stays as it is. Where the change may cut our own way to the host, its job
waits at the end until we have reached that anew, and takes all back if we do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from console import blast
from console.actions import recable_steps, stop
from console.actions.reading import settings, subhost
from console.actions.recable_obstacles import obstacles
from console.cables.ends import Ends, down, ends, riding
from console.clean import Clean, clean
from console.errors import Unparsable
from console.listed import listed
from console.model import CableSpec, Host, Link, Running, Subhost
from console.operations import Operation
from console.plan import Obstacle, Plan, Step, Tier, Verb, Wish
from console.recabling import Change, Recabling
from console.survey import Survey

_HARMLESS = frozenset({Change.VLAN, Change.UP})
_NAMED = 5
"""Routes that are told of one VLAN."""
_GUARD = Operation(("guard",))


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what changes a cable."""
    guest, wanted = subhost(host, wish.subhost), wish.recabling
    found = ends(host, guest, wanted.end) if guest and wanted else None
    against = tuple(obstacles(host, wish, survey))
    bare = Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        obstacles=against,
        recabling=wanted,
    )
    if against or guest is None or wanted is None or found is None:
        return bare
    through = blast.severed(host, survey, _touched(host, guest, found, wanted))
    steps = tuple(recable_steps.steps(host, guest, found, wanted, survey))
    return replace(
        bare,
        tier=Tier.LOSES if through else _tier(found, wanted),
        checks=(*stop.checks(wish, survey), *recable_steps.checks(host, found, wanted, survey)),
        steps=_guarded(steps, wanted.patience) if through else steps,
        consequences=tuple(_consequences(host, guest, found, wanted, survey, through)),
        notes=tuple(_notes(host, guest, found, wanted, survey)),
        awaited=wanted.patience if through else None,
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why no cable of it can be changed, as far as the host alone tells."""
    guest = subhost(host, name)
    found = stop.hindrance(host, name, Verb.STOP)
    if found is not None or guest is None or guest.state is Running.RUNNING:
        return found
    return Obstacle(Clean(f"{name} is {guest.state}"))


def _guarded(steps: tuple[Step, ...], seconds: int) -> tuple[Step, ...]:
    """Return the steps of a job that takes all back unless we reach its host anew."""
    waiting = Step(
        Clean(f"wait at most {seconds} s for us to reach this host anew, else take all back"),
        (Operation(("heard", str(seconds))),),
    )
    changing = (replace(step, operations=(_GUARD, *step.operations)) for step in steps)
    return (*changing, waiting)


def _touched(host: Host, guest: Subhost, of: Ends, wanted: Recabling) -> frozenset[Clean]:
    """Return the links of the host whose working the change may end."""
    found = {of.outer.name, wanted.bridge, of.outer.master}
    if wanted.change is Change.NO_VLAN and (vlan := riding(host, of, wanted.vlan)):
        found |= {vlan.name, vlan.master}
    if wanted.change is Change.UP:
        found |= {link.name for link in down(host, guest, of) if link.netns is None}
    return frozenset(name for name in found if name)


def _tier(of: Ends, wanted: Recabling) -> Tier:
    attaches = wanted.change is Change.BRIDGE and of.outer.master is None
    harmless = attaches or wanted.change in _HARMLESS
    return Tier.REVERSIBLE if harmless else Tier.INTERRUPTS


def _consequences(
    host: Host, guest: Subhost, of: Ends, wanted: Recabling, survey: Survey, through: str | None
) -> Iterator[Clean]:
    if through is not None:
        yield clean(
            f"our own way to this host, by {through}, may be cut: all is taken back unless we "
            f"have reached it anew within {wanted.patience} s"
        )
    if _tier(of, wanted) is not Tier.REVERSIBLE:
        yield from blast.sessions(survey)
    leaves = wanted.change in {Change.BRIDGE, Change.NO_BRIDGE}
    if leaves and of.outer.master is not None:
        yield from blast.leaving(host, guest, of.outer.master)
    if wanted.bridge is not None:
        yield from blast.joining(host, guest, wanted.bridge)
    if wanted.change is Change.MAC:
        yield from _taken(host, guest, wanted.mac)
    vlan = riding(host, of, wanted.vlan)
    if vlan is not None and wanted.change is Change.NO_VLAN:
        yield from _lost(host, guest, vlan)


def _taken(host: Host, guest: Subhost, mac: Clean | None) -> Iterator[Clean]:
    """Yield those that do not run, and would have the same MAC if they did."""
    for other in host.subhosts:
        if other is not guest and any(each.mac == mac for each in other.cables):
            yield Clean(f"{other.name} has the same MAC in its CABLES: the two cannot both run")


def _lost(host: Host, guest: Subhost, vlan: Link) -> Iterator[Clean]:
    if vlan.addresses:
        yield clean(f"{vlan.name} goes with its addresses: {', '.join(vlan.addresses)}")
    if routes := [route for route in vlan.routes or () if " via " in route]:
        yield clean(f"{vlan.name} goes with its routes: {listed(routes, _NAMED)}")
    if vlan.master is not None:
        yield from blast.leaving(host, guest, vlan.master)


def _notes(
    host: Host, guest: Subhost, of: Ends, wanted: Recabling, survey: Survey
) -> Iterator[Clean]:
    if wanted.change in {Change.BRIDGE, Change.NO_BRIDGE} and of.outer.master is not None:
        yield Clean(
            f"what {of.outer.name} was given as a port of {of.outer.master} alone, as a cost or a "
            "filter of VLANs, is lost"
        )
    if wanted.change is Change.UP:
        return
    try:
        conf = settings(host, guest.name, survey)
    except Unparsable:
        conf = None
    if conf is None:
        yield Clean(f"it lasts until {guest.name} stops: its CABLES could not be read")
    elif any(key == "CABLES" for key, _ in conf.commands):
        yield clean(
            f"it lasts until {guest.name} stops: a command decides its CABLES in {conf.path}"
        )
    else:
        yield _lasting(guest, of, wanted, conf.cables, conf.path)


def _lasting(
    guest: Subhost, of: Ends, wanted: Recabling, specs: tuple[CableSpec, ...], path: Clean
) -> Clean:
    """Return what becomes of it at the next start."""
    riders = [each for each in specs if each.outer.startswith(f"{of.outer.name}.")]
    own = next((each for each in specs if each.outer == of.outer.name), None)
    vlan = next((each for each in riders if each.vlan == wanted.vlan), None)
    match wanted.change:
        case Change.BRIDGE | Change.NO_BRIDGE:
            lasts = own is not None and own.bridge == wanted.bridge
        case Change.MAC:
            lasts = own is not None and own.mac == wanted.mac
        case Change.VLAN:
            own, lasts = vlan, vlan is not None and vlan.bridge == wanted.bridge
        case _:
            own, lasts = vlan, vlan is None
    if lasts:
        return clean(f"that is as CABLES in {path} says: it is so after the next start, too")
    said = f"says {own.text}" if own is not None else "knows nothing of it"
    return clean(f"CABLES in {path} {said} and is left as it is: the next start cables it so")

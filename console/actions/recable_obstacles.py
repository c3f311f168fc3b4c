"""Why a cable cannot be changed as wished."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import stop
from console.actions.obstacles import obstacle
from console.actions.reading import subhost
from console.actions.tools import inexact, lacking
from console.cables.ends import Ends, down, ends, riding
from console.cables.wiring import full_name, place
from console.cabling import HOST, cable
from console.clean import Clean
from console.model import Host, Link, Running, Subhost
from console.parse.cable_specs import INTERFACE_BYTES
from console.plan import Obstacle, Verb, Wish
from console.recabling import Change, Recabling
from console.survey import Survey

_NEEDED = ("ip", "flock", "nsenter", "sleep")


def obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    """Yield all that stands in the way; without any the cable is there, and so is its subhost."""
    guest, wanted = subhost(host, wish.subhost), wish.recabling
    found = stop.hindrance(host, wish.subhost, Verb.STOP)
    if found is not None or guest is None:
        yield from (found,) if found else ()
        return
    if guest.state is not Running.RUNNING:
        yield obstacle(f"{guest.name} is {guest.state}")
        return
    yield from lacking(survey, *_NEEDED)
    if survey.lineage is None:
        yield obstacle(f"{guest.name} has ended just now", "look again")
    if wanted is None:
        yield obstacle("it is not told what is to become of which cable")
        return
    of = ends(host, guest, wanted.end)
    if of is None:
        yield from _missing(guest, wanted.end)
        return
    yield from inexact(of.outer.name, of.inner.name if of.inner else None, of.outer.master)
    yield from _against(host, guest, of, wanted)


def _missing(guest: Subhost, end: Clean) -> Iterator[Obstacle]:
    known = cable(guest, end)
    if known is not None:
        yield obstacle(f"{known.outer} does not exist", f"restart {guest.name}")
        return
    there = ", ".join(each.inner or each.outer for each in guest.cables) or "none"
    yield obstacle(f"{guest.name} has no cable {end}", f"it has: {there}")


def _against(host: Host, guest: Subhost, of: Ends, wanted: Recabling) -> Iterator[Obstacle]:
    match wanted.change:
        case Change.BRIDGE:
            yield from _plugging(host, of.outer, wanted.bridge)
            yield from _enslaved(of)
        case Change.NO_BRIDGE if of.outer.master is None:
            yield obstacle(f"{of.outer.name} is in no bridge")
        case Change.NO_BRIDGE:
            yield from _enslaved(of)
        case Change.VLAN:
            yield from _vlan(host, of, wanted)
        case Change.NO_VLAN:
            yield from _no_vlan(host, of, wanted)
        case Change.MAC:
            yield from _mac(host, of, wanted)
        case Change.UP if not down(host, guest, of):
            yield obstacle(f"all on the way of {wanted.end} is up")
        case _:
            pass


def _enslaved(of: Ends) -> Iterator[Obstacle]:
    if of.outer.master is not None and (of.bridge is None or of.bridge.kind != "bridge"):
        yield obstacle(f"{of.outer.name} is a port of {of.outer.master}, which is no bridge")


def _plugging(host: Host, link: Link | None, bridge: Clean | None) -> Iterator[Obstacle]:
    """Yield why a link cannot be put into a bridge; ``None``: it is still to be made."""
    known = {each.name: each for each in host.links if place(each) == HOST}
    found = known.get(bridge) if bridge is not None else None
    if found is None or found.kind != "bridge":
        what = "bridge" if found else "interface"
        there = ", ".join(each.name for each in known.values() if each.kind == "bridge")
        remedy = f"there are: {there}" if there else f"ip link add {bridge} type bridge"
        yield obstacle(f"{bridge} is no {what} of this host", remedy)
    elif link is not None and link.master == bridge:
        yield obstacle(f"{link.name} is in {bridge} already")


def _vlan(host: Host, of: Ends, wanted: Recabling) -> Iterator[Obstacle]:
    name = f"{of.outer.name}.{wanted.vlan}"
    if of.outer.vlan is not None:
        yield obstacle(f"{of.outer.name} is a VLAN itself", "name the cable that it is on")
    elif riding(host, of, wanted.vlan) or any(
        each.name == name for each in host.links if place(each) == HOST
    ):
        yield obstacle(f"{name} exists already")
    elif len(name.encode()) > INTERFACE_BYTES:
        yield obstacle(f"the interface name {name} is longer than {INTERFACE_BYTES} bytes")
    if wanted.bridge is not None:
        yield from _plugging(host, None, wanted.bridge)


def _no_vlan(host: Host, of: Ends, wanted: Recabling) -> Iterator[Obstacle]:
    found = riding(host, of, wanted.vlan)
    if found is None:
        yield obstacle(f"there is no VLAN {wanted.vlan} on {of.outer.name}")
        return
    yield from inexact(found.name, found.master)


def _mac(host: Host, of: Ends, wanted: Recabling) -> Iterator[Obstacle]:
    if of.inner is None:
        remedy = "name the cable that it is on" if of.outer.vlan is not None else None
        yield obstacle(f"the end of {of.outer.name} inside is not seen", remedy)
        return
    for link in host.links:
        if link.mac is not None and link.mac.lower() == wanted.mac:
            where = full_name(place(link), link.name)
            yield obstacle(f"{wanted.mac} is the MAC of {where} already")
            return

"""Both ends of one cable of a subhost, as the kernel has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.cables.trace import trace
from console.cables.wiring import Wiring, place
from console.cabling import HOST, cable, rider
from console.model import Cable, Host, Link, Subhost


@dataclass(frozen=True, slots=True)
class Ends:
    """A cable that is there."""

    cable: Cable
    outer: Link
    """The host's end, or a VLAN on it."""
    inner: Link | None
    """``None``: of a VLAN, or not seen inside."""
    bridge: Link | None = None
    """What the outer end is a port of."""


def ends(host: Host, guest: Subhost, end: str) -> Ends | None:
    """Return the cable that an interface is an end of; ``None``: its outer end is not there."""
    wiring = Wiring(host)
    found = cable(guest, end)
    outer = wiring.at(HOST, found.outer) if found else None
    if found is None or outer is None:
        return None
    inner = wiring.peer(outer)
    if inner is not None and wiring.subhost(place(inner)) is not guest:
        inner = None
    return Ends(found, outer, inner, wiring.master(outer))


def riding(host: Host, on: Ends, vlan: int | None) -> Link | None:
    """Return the interface of that VLAN on the outer end."""
    return None if vlan is None else rider(host.links, on.outer, vlan)


def down(host: Host, guest: Subhost, of: Ends) -> tuple[Link, ...]:
    """Return the links on its way out that are down, in the order in which they can be set up."""
    wiring = Wiring(host)
    way = trace(host, guest.name, of.cable.inner or of.outer.name)
    links = [hop.link for hop in way.hops if hop.link is not None] if way else []
    ours = (HOST, place(of.inner) if of.inner else HOST)
    found = (link for link in reversed(links) if place(link) in ours)
    ordered = dict.fromkeys(each for link in found for each in _after_parents(wiring, link))
    return tuple(link for link in ordered if not link.up)


def _after_parents(wiring: Wiring, link: Link) -> Iterator[Link]:
    parent = wiring.parent(link)
    if parent is not None and place(parent) == place(link):
        yield from _after_parents(wiring, parent)
    yield link

"""The way from an interface inside a subhost to the wire, and where it breaks.

``trace(host, "mta", "eth0")`` goes from ``mta:eth0`` over its outer end, the bridge, a VLAN or a
bond to the interface that leaves the host, by what the kernel has; what ``CABLES`` asks for is
followed where the kernel has nothing.
"""

from __future__ import annotations

from console.cables.checks import checked
from console.cables.faults import Break, Fault, Role, Trace
from console.cables.mending import mended
from console.cables.walk import Walk
from console.cables.wiring import LOOPBACK, Wiring, full_name, place
from console.cabling import HOST
from console.clean import Clean
from console.model import Cable, Host, Link, Running, Subhost
from console.parse.cable_specs import INTERFACE_BYTES


def trace(host: Host, where: str, interface: str) -> Trace | None:
    """Return the way out from an interface of a subhost, namespace or, with ``""``, the host.

    The outer end of a subhost's cable stands for the inner one. ``None``: neither the kernel nor
    a configuration knows such an interface there.
    """
    wiring = Wiring(host)
    at, name = _inward(wiring, wiring.where(Clean(where)), Clean(interface))
    walk = Walk(wiring)
    owner, asked = _cable(wiring, at, name)
    link = _beginning(wiring, at, name, asked)
    if link is not None:
        walk.out(link)
    elif owner is not None and asked is not None:
        _as_asked(walk, wiring, owner, asked)
    else:
        return None
    reach = min((each.hop for each in walk.breaks), default=len(walk.hops))
    found = [*walk.breaks, *checked(walk.hops, wiring, asked, reach)]
    way = Trace(tuple(walk.hops), tuple(sorted(found, key=_place)))
    return mended(way, host, owner, asked) if owner is not None and asked is not None else way


def parted(subhost: str, item: str) -> tuple[str, str]:
    """Return where an interface is and its name; without a subhost it may be ``NETNS:NAME``."""
    if subhost:
        return subhost, item
    where, _, name = item.rpartition(":")
    return where, name


def interfaces(host: Host, where: str) -> tuple[Clean, ...]:
    """Return the names that can be traced from a subhost, a namespace or the host."""
    wiring = Wiring(host)
    at = wiring.where(Clean(where))
    there = [link.name for link in host.links if place(link) == at]
    subhost = wiring.subhost(at)
    asked = [each.inner or each.outer for each in subhost.cables] if subhost else []
    return tuple(dict.fromkeys(name for name in (*there, *asked) if name != LOOPBACK))


def _inward(wiring: Wiring, at: Clean, name: Clean) -> tuple[Clean, Clean]:
    """Return where the way begins: of an outer end in the host, inside its subhost."""
    if at != HOST:
        return at, name
    outer = wiring.at(at, name)
    inner = wiring.inner(outer) if outer is not None and outer.vlan is None else None
    if inner is not None:
        return place(inner), inner.name
    known = wiring.cable(name)
    return (wiring.where(known[0].name) if known else at), name


def _place(each: Break) -> int:
    return each.hop


def _cable(wiring: Wiring, at: Clean, name: Clean) -> tuple[Subhost | None, Cable | None]:
    """Return the cable of a subhost of which an interface is an end, by either name."""
    subhost = wiring.subhost(at)
    if subhost is None:
        return None, None
    for cable in subhost.cables:
        if name in {cable.inner, cable.outer}:
            return subhost, cable
    return subhost, None


def _beginning(wiring: Wiring, at: Clean, name: Clean, asked: Cable | None) -> Link | None:
    found = wiring.at(at, name)
    if found is None and asked is not None and asked.inner is not None:
        found = wiring.at(at, asked.inner)
    return None if found is None or found.name == LOOPBACK else found


def _as_asked(walk: Walk, wiring: Wiring, owner: Subhost, asked: Cable) -> None:
    """Go the way a cable would go that is not there as a whole."""
    outer = wiring.at(HOST, asked.outer)
    if asked.inner is not None:
        walk.absent(Role.INNER, owner.name, asked.inner)
        _inner_missing(walk, owner, asked, outer)
    if outer is not None:
        walk.onward(outer, asked)
        return
    walk.absent(Role.OUTER, HOST, asked.outer)
    _outer_missing(walk, owner, asked)
    if asked.asked is not None:
        walk.beyond(asked.asked)


def _inner_missing(walk: Walk, owner: Subhost, asked: Cable, outer: Link | None) -> None:
    name = full_name(owner.name, asked.inner or Clean(""))
    if owner.state is Running.STOPPED:
        walk.broken(Fault.STOPPED, f"{owner.name} is stopped: {name} is made when it starts")
    elif outer is not None:
        told = f"{asked.outer} is there, but its other end is not in {owner.name} as {asked.inner}"
        walk.broken(Fault.PEER_MISSING, told, f"restart {owner.name}")


def _outer_missing(walk: Walk, owner: Subhost, asked: Cable) -> None:
    if len(asked.outer.encode()) > INTERFACE_BYTES:
        told = f"{asked.outer} is longer than the {INTERFACE_BYTES} bytes an interface may have"
        walk.broken(Fault.NAME_TOO_LONG, told, f"give {owner.name} a shorter name")
    elif asked.fault not in {None, "missing"}:
        walk.broken(Fault.CONFIGURED, f"CABLES: {asked.fault}", "mend CABLES, then restart it")
    elif owner.state is not Running.STOPPED:
        told = f"{asked.outer} does not exist"
        walk.broken(Fault.MISSING, told, f"restart {owner.name}")
    elif not walk.breaks:
        walk.broken(Fault.STOPPED, f"{owner.name} is stopped: {asked.outer} comes when it starts")

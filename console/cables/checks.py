"""What is wrong with the interfaces on a way, each looked at beside those before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_interface

from console.cables.faults import Break, Fault, Hop, Role
from console.cables.wiring import BONDS, BRIDGES, Wiring, full_name, place
from console.cabling import HOST
from console.clean import Clean
from console.model import Cable, Link

_WAITING = frozenset({"disabled", "blocking", "listening", "learning"})
"""States in which a port of a bridge passes nothing on."""


def checked(
    hops: Sequence[Hop], wiring: Wiring, asked: Cable | None, reach: int
) -> Iterator[Break]:
    """Yield what is wrong with hops that are there.

    ``asked`` is the first one's cable, ``reach`` the last hop that is really connected to it.
    """
    for at, hop in enumerate(hops):
        if hop.link is not None:
            before = hops[at - 1] if at else None
            yield from _state(at, hop.link, before, wiring)
            yield from _port(at, hop.link, wiring)
        elif hop.role is Role.ROUTER:
            yield from _routing(at, hops, wiring)
    yield from _sizes(hops)
    if hops and (first := hops[0].link) is not None:
        yield from _addresses(first, hops[: reach + 1], wiring)
        yield from _asked_mac(first, asked)


def _state(at: int, link: Link, before: Hop | None, wiring: Wiring) -> Iterator[Break]:
    name = full_name(place(link), link.name)
    inside = f"ip -n {link.netns} " if link.netns else "ip "
    parent = wiring.parent(link)
    if not link.up and parent is not None and not parent.up:
        return  # the kernel takes VLANs down with what they ride on
    if not link.up:
        fault = Fault.DOWN
        told = f"{name} is down"
        if before is not None and before.link is not None and wiring.parent(before.link) is link:
            fault, told = Fault.PARENT_DOWN, f"{told}, and {before.name} rides on it"
        yield Break.of(at, fault, told, f"{inside}link set {link.name} up")
    elif not link.carrier and _answers_itself(link, wiring):
        told = f"{name} is up but has no carrier"
        remedy = "look at its other end" if link.kind == "veth" else "look at plug and switch"
        yield Break.of(at, Fault.NO_CARRIER, told, remedy)


def _answers_itself(link: Link, wiring: Wiring) -> bool:
    """Whether no other hop that is seen tells why a link has no carrier."""
    if link.kind in BRIDGES | BONDS or wiring.stacked(link):
        return False
    return wiring.peer(link) is None


def _port(at: int, link: Link, wiring: Wiring) -> Iterator[Break]:
    bridge = wiring.master(link)
    if bridge is None or link.port_state not in _WAITING:
        return
    if link.up and link.carrier and bridge.up:
        told = f"{link.name} is {link.port_state} in {bridge.name}: the bridge passes nothing on"
        remedy = f"bridge -d link show dev {link.name}; a second way to the same bridge?"
        yield Break.of(at, Fault.BLOCKED, told, remedy)


def _routing(at: int, hops: Sequence[Hop], wiring: Wiring) -> Iterator[Break]:
    routing = wiring.host.routing
    first = hops[0].link
    if routing is None or first is None or place(first) == HOST:
        return
    if routing.forwards is False:
        told = "the host forwards no packets between its interfaces"
        yield Break.of(at, Fault.NOT_FORWARDED, told, "sysctl -w net.ipv4.ip_forward=1")
    private = [text for text in map(_bare, first.addresses) if _is_private(text)]
    if routing.translated is not None and private and not {*private} & {*routing.translated}:
        told = f"no DNAT rule leads to {private[0]}: nobody outside can begin to talk to it"
        remedy = f"iptables -t nat -A PREROUTING -d ADDRESS -j DNAT --to-destination {private[0]}"
        yield Break.of(at, Fault.NO_DNAT, told, remedy)


def _sizes(hops: Sequence[Hop]) -> Iterator[Break]:
    """Yield the first hop that is too narrow for what comes along the way."""
    first = hops[0].link if hops else None
    before: tuple[int, Link] | None = None
    for at, hop in enumerate(hops):
        link = hop.link
        if hop.role is Role.ROUTER or first is None:
            return  # a router tells the sender
        if link is None or hop.role is Role.BRIDGE:
            continue  # what a bridge passes on is not measured by its own size
        if before is not None and before[1].kind == link.kind == "veth":
            wide, narrow = sorted((before, (at, link)), key=lambda pair: -pair[1].mtu)
            if wide[1].mtu != narrow[1].mtu:
                yield _narrow(*narrow, wide[1])
                return
        if link.mtu < first.mtu:
            yield _narrow(at, link, first)
            return
        before = at, link


def _narrow(at: int, link: Link, wide: Link) -> Break:
    name, other = (full_name(place(each), each.name) for each in (link, wide))
    told = f"MTU {link.mtu} at {name}, {wide.mtu} at {other}: larger packets are lost"
    inside = f"ip -n {link.netns} " if link.netns else "ip "
    return Break.of(at, Fault.MTU, told, f"{inside}link set {link.name} mtu {wide.mtu}")


def _addresses(first: Link, hops: Sequence[Hop], wiring: Wiring) -> Iterator[Break]:
    """Yield who else has the address of the first hop, among those it can talk to directly."""
    if place(first) == HOST:
        return
    others: dict[tuple[Clean, Clean], Link] = {}
    for hop in hops:
        if hop.role is Role.BRIDGE and hop.link is not None:
            for each in wiring.stations(hop.link):
                others.setdefault((place(each), each.name), each)
    for hop in hops:
        if hop.link is not None:
            others.setdefault((hop.place, hop.name), hop.link)
    away = [each for each in others.values() if place(each) != place(first)]
    name = full_name(place(first), first.name)
    for each in away:
        if first.mac is not None and each.mac == first.mac and each.kind not in BRIDGES:
            told = f"{name} and {full_name(place(each), each.name)} have the same MAC {first.mac}"
            yield Break.of(0, Fault.DUPLICATE_MAC, told, "give one of them another in CABLES")
            break
    mine = {text for text in map(_bare, first.addresses) if _is_given(text)}
    for each in away:
        if shared := sorted(mine & set(map(_bare, each.addresses))):
            told = f"{name} and {full_name(place(each), each.name)} both have {shared[0]}"
            yield Break.of(0, Fault.DUPLICATE_ADDRESS, told, "give one of them another address")
            break


def _asked_mac(first: Link, asked: Cable | None) -> Iterator[Break]:
    if asked is not None and asked.fault and asked.fault.startswith("MAC is"):
        told = f"{full_name(place(first), first.name)}: {asked.fault}"
        yield Break.of(0, Fault.OTHER_MAC, told, "start it again, or change CABLES")


def _bare(address: Clean) -> str:
    return address.partition("/")[0].lower()


def _is_given(address: str) -> bool:
    return not address.startswith(("fe80:", "127.", "::1"))


def _is_private(address: str) -> bool:
    try:
        return ip_interface(address).is_private and "." in address
    except ValueError:
        return False

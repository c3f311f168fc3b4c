"""One way from an interface to the wire, hop by hop, with what is missing on it."""

from __future__ import annotations

from collections.abc import Sequence

from console.cables.faults import Break, Fault, Hop, Role
from console.cables.wiring import BONDS, BRIDGES, LOOPBACK, Wiring, full_name, place
from console.cabling import HOST
from console.clean import Clean
from console.model import Cable, Link

_FORWARDING = frozenset({None, "forwarding"})
_RANKS = {None: 0, "bond": 1, "team": 1, "vlan": 2, "veth": 4, "tun": 5}
"""What an uplink of a bridge is likeliest to be, by its kind; others are in between."""
_DEFAULT = "default"


class Walk:
    """Collects hops; begin with ``out`` at an interface, or with ``absent`` and ``onward``."""

    def __init__(self, wiring: Wiring) -> None:
        self.hops: list[Hop] = []
        self.breaks: list[Break] = []
        self._wiring = wiring
        self._been: set[tuple[Clean, Clean]] = set()
        self._tags: list[int | None] = []

    def absent(self, role: Role, where: Clean, name: Clean) -> None:
        """Note a hop that is not there."""
        self.hops.append(Hop(role, where, name, None))

    def broken(self, fault: Fault, told: str, remedy: str | None = None) -> None:
        """Note what is wrong at the last hop."""
        self.breaks.append(Break.of(len(self.hops) - 1, fault, told, remedy))

    def out(self, link: Link) -> None:
        """Go on with what is sent out of a link."""
        wiring = self._wiring
        if link.kind == "veth":
            if self._step(Role.INNER if place(link) in wiring.places else Role.LINK, link):
                self._to_peer(link)
        elif wiring.stacked(link):
            if self._step(Role.VLAN if link.kind == "vlan" else Role.LINK, link):
                self._to_parent(link)
        elif link.kind in BRIDGES:
            self.across(link, None)
        elif link.kind in BONDS:
            if self._step(Role.BOND, link):
                self._to_port(link)
        else:
            self._step(Role.UPLINK if place(link) not in wiring.places else Role.INNER, link)

    def onward(self, link: Link, asked: Cable | None = None) -> None:
        """Go on with what a link received: from the outer end of a cable to where it leads."""
        outer = Role.OUTER if link.vlan is None else Role.VLAN
        if not self._step(outer if place(link) == HOST else Role.FAR, link):
            return
        if self._tags and (rider := self._rider(link, self._tags.pop())):
            self.onward(rider, self._asked(rider))
        elif link.master is not None:
            self._into_master(link, asked)
        elif asked is not None and asked.asked is not None:
            self._outside_of(asked.asked, link)
        elif place(link) != HOST:
            return  # whoever is there answers
        elif _own_addresses(link):
            self._route(link)
        elif rider := self._rider(link, None):
            self.onward(rider, self._asked(rider))
        else:
            told = f"{link.name} is in no bridge and has no address: nothing goes on from there"
            self.broken(Fault.NOWHERE, told, f"ip link set {link.name} master BRIDGE")

    def across(self, bridge: Link, came: Link | None) -> None:
        """Go on from a bridge to the port that leads outwards."""
        if not self._step(Role.BRIDGE, bridge):
            return
        ports = [port for port in self._wiring.ports(bridge) if port is not came]
        outward = sorted((port for port in ports if self._wiring.leads_out(port)), key=_preference)
        if outward:
            self.out(outward[0])
        elif _own_addresses(bridge):
            self._route(bridge)
        else:
            told = f"{bridge.name} has no port to the outside and no address of its own"
            self.broken(Fault.NO_UPLINK, told, f"ip link set UPLINK master {bridge.name}")

    def beyond(self, bridge: Clean) -> None:
        """Go on from a bridge by name, whether it is there or not."""
        found = self._wiring.at(HOST, bridge)
        if found is not None:
            self.across(found, None)
            return
        self.absent(Role.BRIDGE, HOST, bridge)
        self.broken(
            Fault.BRIDGE_MISSING,
            f"bridge {bridge} does not exist",
            f"ip link add {bridge} type bridge; ip link set {bridge} up",
        )

    def _step(self, role: Role, link: Link) -> bool:
        key = place(link), link.name
        if key in self._been:
            self.broken(Fault.LOOP, f"the way comes back to {full_name(*key)}")
            return False
        self._been.add(key)
        self.hops.append(Hop(role, place(link), link.name, link))
        return True

    def _to_peer(self, link: Link) -> None:
        peer = self._wiring.peer(link)
        if peer is not None:
            self.onward(peer, self._asked(peer))
        elif place(link) not in self._wiring.places:
            return  # the host itself is cabled to something outside of what is seen
        elif not self._wiring.seen(link.peer_netns):
            told = f"the other end of {full_name(place(link), link.name)} is where nobody can look"
            self.broken(Fault.UNSEEN, told, "look as root, with iproute2 installed there")
        else:
            told = f"{full_name(place(link), link.name)} has no other end"
            self.broken(Fault.PEER_MISSING, told)

    def _to_parent(self, link: Link) -> None:
        parent = self._wiring.parent(link)
        if parent is None:
            told = f"what {full_name(place(link), link.name)} rides on is not there"
            self.broken(Fault.PARENT_MISSING, told)
            return
        if link.vlan is not None:
            self._tags.append(link.vlan)
        self.out(parent)

    def _to_port(self, bond: Link) -> None:
        ports = sorted(self._wiring.ports(bond), key=_preference)
        if ports:
            self.out(ports[0])
        else:
            told = f"{bond.name} has no port"
            self.broken(Fault.NO_UPLINK, told, f"ip link set UPLINK master {bond.name}")

    def _into_master(self, link: Link, asked: Cable | None) -> None:
        master = self._wiring.master(link)
        if asked is not None and asked.asked not in {None, link.master}:
            told = f"{link.name} is in {link.master}, CABLES asks for {asked.asked}"
            self.broken(Fault.OTHER_BRIDGE, told, f"ip link set {link.name} master {asked.asked}")
        if master is None:
            told = f"{link.name} is a port of {link.master}, which was not seen"
            self.broken(Fault.UNSEEN, told)
        else:
            self.across(master, link)

    def _outside_of(self, bridge: Clean, link: Link) -> None:
        if self._wiring.at(HOST, bridge) is not None:
            told = f"{link.name} is not in {bridge}"
            self.broken(Fault.NOT_IN_BRIDGE, told, f"ip link set {link.name} master {bridge}")
        self.beyond(bridge)

    def _route(self, entry: Link) -> None:
        """Go on by the routes of the host."""
        self.hops.append(Hop(Role.ROUTER, HOST, Clean("routes"), None))
        links = [link for link in self._wiring.host.links if place(link) == HOST]
        known = any(link.routes for link in links)
        leading = [link for link in links if _leads_away(link, known=known)]
        onward = [link for link in sorted(leading, key=_preference) if link is not entry]
        if onward:
            self.out(onward[0])
        elif known and not leading:
            self.broken(Fault.NO_UPLINK, "the host has no default route")

    def _asked(self, link: Link) -> Cable | None:
        found = self._wiring.cable(link.name) if place(link) == HOST else None
        return found[1] if found else None

    def _rider(self, link: Link, tag: int | None) -> Link | None:
        """Return the VLAN on a link that takes frames of this tag; of none: the first there is."""
        riders: Sequence[Link] = self._wiring.riders(link)
        vlans = (each for each in riders if each.vlan is not None)
        return next((each for each in vlans if tag in {None, each.vlan}), None)


def _preference(link: Link) -> tuple[bool, int, int]:
    usable = link.up and link.carrier and link.port_state in _FORWARDING
    return not usable, _RANKS.get(link.kind, 3), link.index


def _leads_away(link: Link, *, known: bool) -> bool:
    if known:
        return any(route.startswith(_DEFAULT) for route in link.routes or ())
    return link.kind is None and link.name != LOOPBACK and link.up and link.master is None


def _own_addresses(link: Link) -> bool:
    """Whether a link has addresses that somebody gave it."""
    return any(not address.lower().startswith("fe80:") for address in link.addresses)

"""How the links of one host hang together: who is whose peer, port, parent and station.

``Wiring(host).peer(eth0)`` is the host's end of a cable. A place is the name of a network
namespace as links tell it; the empty one is the host's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from console.cabling import HOST
from console.clean import Clean
from console.model import Cable, Host, Link, Subhost

LOOPBACK = "lo"
BRIDGES = frozenset({"bridge", "openvswitch"})
BONDS = frozenset({"bond", "team"})
_STACKED = frozenset({"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"})
"""Kinds that ride on one parent in the same namespace or another."""

_Key = tuple[Clean, Clean]


def place(link: Link) -> Clean:
    """Return where a link is."""
    return link.netns or HOST


def full_name(where: Clean, name: Clean) -> Clean:
    """Return ``mta:eth0``, or ``br0`` of what is the host's own."""
    return Clean(f"{where}:{name}") if where else name


class Wiring:
    """The links of a host by what they are connected to; looks nothing up twice."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._named: dict[_Key, Link] = {}
        self._numbered: dict[tuple[Clean, int], Link] = {}
        self._ports: dict[_Key, list[Link]] = {}
        self._riders: dict[_Key, list[Link]] = {}
        self.places: dict[Clean, Subhost] = {}
        """Namespaces that belong to subhosts."""
        self.outer_names: set[Clean] = set()
        """Outer ends of what subhosts have, or are to have."""
        self._cables: dict[Clean, tuple[Subhost, Cable]] = {}
        for link in host.links:
            self._named.setdefault((place(link), link.name), link)
            self._numbered.setdefault((place(link), link.index), link)
            if link.master is not None:
                self._ports.setdefault((place(link), link.master), []).append(link)
        for link in host.links:
            if (parent := self.parent(link)) is not None:
                self._riders.setdefault((place(parent), parent.name), []).append(link)
        there = self._there = {place(link) for link in host.links}
        for subhost in host.subhosts:
            unnamed = Clean(f"pid:{subhost.pid}")
            self.places[unnamed if unnamed in there else subhost.name] = subhost
            for cable in subhost.cables:
                self._cables.setdefault(cable.outer, (subhost, cable))
                self.outer_names.add(cable.outer)

    def at(self, where: Clean, name: Clean) -> Link | None:
        """Return the link of that name in a place."""
        return self._named.get((where, name))

    def seen(self, where: Clean | None) -> bool:
        """Whether a place could be looked into: even an idle one has a link."""
        return where in self._there

    def where(self, name: Clean) -> Clean:
        """Return the place of a subhost, or the namespace of that name."""
        return next((at for at, subhost in self.places.items() if subhost.name == name), name)

    def subhost(self, where: Clean) -> Subhost | None:
        """Return the subhost whose namespace a place is."""
        return self.places.get(where)

    def cable(self, outer: Clean) -> tuple[Subhost, Cable] | None:
        """Return the cable whose outer end is called so, and whose it is."""
        return self._cables.get(outer)

    def peer(self, link: Link) -> Link | None:
        """Return the other end of a veth, as far as that was seen."""
        if link.kind != "veth" or link.peer_index is None or link.peer_netns is None:
            return None
        found = self._numbered.get((link.peer_netns, link.peer_index))
        return found if found is not None and found.peer_index in {link.index, None} else None

    def parent(self, link: Link) -> Link | None:
        """Return what a VLAN, macvlan or ipvlan rides on, as far as that was seen."""
        if link.kind not in _STACKED or link.peer_index is None:
            return None
        where = place(link) if link.peer_nsid is None else link.peer_netns
        return None if where is None else self._numbered.get((where, link.peer_index))

    def stacked(self, link: Link) -> bool:
        """Whether a link is of a kind that rides on another."""
        return link.kind in _STACKED

    def riders(self, link: Link) -> tuple[Link, ...]:
        """Return what rides on a link."""
        return tuple(self._riders.get((place(link), link.name), ()))

    def ports(self, link: Link) -> tuple[Link, ...]:
        """Return the ports of a bridge or bond."""
        return tuple(self._ports.get((place(link), link.name), ()))

    def master(self, link: Link) -> Link | None:
        """Return the bridge or bond that a link is a port of."""
        return None if link.master is None else self.at(place(link), link.master)

    def inner(self, port: Link) -> Link | None:
        """Return the end inside a subhost that a port of the host's leads to."""
        end = self.end(port)
        return end if end is not None and place(end) in self.places else None

    def end(self, port: Link) -> Link | None:
        """Return the other end of the cable that is, or carries, a port of the host's."""
        return self.peer(self.parent(port) or port)

    def leads_out(self, port: Link) -> bool:
        """Whether a port of a bridge may lead to the wire: it does not end inside a subhost."""
        return self.inner(port) is None and port.name not in self.outer_names

    def stations(self, bridge: Link) -> Iterator[Link]:
        """Yield what may have an address on a bridge: itself, its ports, what they lead to."""
        yield bridge
        yield from self.riders(bridge)
        for port in self.ports(bridge):
            yield port
            if (end := self.end(port)) is not None:
                yield end

"""Links, network namespaces and the cables between them."""

from __future__ import annotations

from dataclasses import dataclass

from console.clean import Clean


@dataclass(frozen=True, slots=True)
class Rates:
    """What passed an interface between the last two looks at it, a second."""

    rx_bytes: float
    tx_bytes: float
    rx_packets: float
    tx_packets: float
    dropped: float
    """Packets, of both ways."""


@dataclass(frozen=True, slots=True)
class Link:
    """One network interface as seen from its own namespace."""

    netns: Clean | None
    """Name of the namespace it lives in; ``None`` for the host's own."""
    index: int
    name: Clean
    kind: Clean | None
    """``veth``, ``bridge``, ``vlan``, ``tun`` …; ``None`` for hardware and loopback."""
    mac: Clean | None
    up: bool
    """Administratively up."""
    carrier: bool
    mtu: int
    master: Clean | None = None
    """The bridge or bond it is a port of."""
    peer_index: int | None = None
    """Index of the veth peer or VLAN parent, in the peer's own namespace."""
    peer_nsid: int | None = None
    """Id of the peer's namespace, local to the observing namespace; ``None``: the same one."""
    peer_netns: Clean | None = None
    """Name of the peer's namespace where known; ``""`` is the host's own."""
    vlan: int | None = None
    addresses: tuple[Clean, ...] = ()
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_packets: int = 0
    tx_packets: int = 0
    dropped: int = 0
    """Packets dropped or wrong, received and sent together."""
    port_state: Clean | None = None
    """Of a port of a bridge, as its spanning tree has it: ``forwarding``, ``blocking`` …;
    ``None``: no such port, or not known."""
    routes: tuple[Clean, ...] | None = None
    """IPv4 routes over it, ``default via 192.0.2.1``; ``None``: not known."""
    rates: Rates | None = None
    """``None``: looked at once only."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Whether and how a host passes packets on between its interfaces."""

    forwards: bool | None
    """Of IPv4 (``net.ipv4.ip_forward``); ``None``: not known."""
    translated: tuple[Clean, ...] | None = None
    """Addresses that a rule of iptables or nftables sends packets for others to (DNAT);
    ``None``: not known."""


@dataclass(frozen=True, slots=True)
class Netns:
    """One named network namespace under ``/run/netns``."""

    name: Clean
    inode: int | None
    nsid: int | None = None
    owner: Clean | None = None
    """The subhost it belongs to; ``None``: residue or somebody else's."""
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Cable:
    """One cable of a subhost, both ends: ``NAMEi`` outside, ``ethi`` inside."""

    outer: Clean
    inner: Clean | None
    """``None`` for a VLAN on the previous cable: the inner side is left alone."""
    bridge: Clean | None
    mac: Clean | None
    vlan: int | None
    up: bool
    fault: Clean | None = None
    outer_mac: Clean | None = None
    rx_bytes: int = 0
    tx_bytes: int = 0
    asked: Clean | None = None
    """The bridge that the configuration names for it, whatever bridge it is in."""

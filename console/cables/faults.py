"""What may be wrong on the way from an interface to the wire, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean, clean
from console.model import Link


class Role(StrEnum):
    """What a hop is on the way out."""

    INNER = "inside"
    OUTER = "outside"
    VLAN = "vlan"
    BRIDGE = "bridge"
    BOND = "bond"
    LINK = "link"
    ROUTER = "router"
    """The host itself, which passes packets on by its routes."""
    UPLINK = "uplink"
    FAR = "other namespace"


class Fault(StrEnum):
    """Why nothing, or not everything, comes past a hop."""

    STOPPED = "subhost stopped"
    MISSING = "missing"
    PEER_MISSING = "peer missing"
    NAME_TOO_LONG = "name too long"
    CONFIGURED = "configured wrongly"
    NOT_IN_BRIDGE = "not in bridge"
    OTHER_BRIDGE = "in another bridge"
    BRIDGE_MISSING = "bridge missing"
    NO_UPLINK = "no uplink"
    PARENT_MISSING = "parent missing"
    PARENT_DOWN = "parent down"
    DOWN = "down"
    NO_CARRIER = "no carrier"
    BLOCKED = "blocked by spanning tree"
    MTU = "MTU mismatch"
    DUPLICATE_MAC = "duplicate MAC"
    DUPLICATE_ADDRESS = "duplicate address"
    OTHER_MAC = "another MAC"
    NOWHERE = "leads nowhere"
    NOT_FORWARDED = "not forwarded"
    NO_DNAT = "no DNAT"
    LOOP = "loop"
    UNSEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Hop:
    """One interface on the way, or the host where it routes."""

    role: Role
    place: Clean
    """The namespace it is in; empty for the host's own."""
    name: Clean
    link: Link | None
    """``None``: it is not there, or is the host."""


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is wrong."""

    hop: int
    """Which hop it is at, from 0."""
    fault: Fault
    told: Clean
    """What is wrong, in a line that names the things."""
    remedy: Clean | None = None
    """A command, of the host or ours, or what to look at."""

    @staticmethod
    def of(hop: int, fault: Fault, told: str, remedy: str | None = None) -> Break:
        """Return a break told in words that may hold names."""
        return Break(hop, fault, clean(told), None if remedy is None else clean(remedy))


@dataclass(frozen=True, slots=True)
class Trace:
    """The way from an interface outwards, as far as it goes."""

    hops: tuple[Hop, ...]
    breaks: tuple[Break, ...]
    """What is wrong, the innermost hop first."""

    @property
    def broken(self) -> Break | None:
        """The first thing that is wrong."""
        return self.breaks[0] if self.breaks else None

    def at(self, hop: int) -> tuple[Break, ...]:
        """Return what is wrong at one hop."""
        return tuple(each for each in self.breaks if each.hop == hop)

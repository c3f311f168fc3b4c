"""Recabling: what is to become of one cable of a subhost that runs, as it is typed.

``recabling("eth0", ("bridge", "br1"))`` plugs the host's end of that cable into ``br1``;
``("vlan", "7", "br1")`` puts ``mta0.7`` there, as ``br1=.7`` of ``CABLES`` does at a start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean, clean
from console.parse.cable_specs import cable_specs
from console.parse.subhost_conf import BRIDGE_RULE

PATIENCE = 30
"""Seconds a job waits for us where it may have cut us off."""
LEAST, MOST = 5, 600
"""Of those: a new connection takes some, and nobody waits for hours."""
_ANY = Clean("x")
"""A subhost whose cables are asked about."""


class Change(StrEnum):
    """What becomes of a cable."""

    BRIDGE = "bridge"
    """Its host's end becomes a port of that bridge, and of no other."""
    NO_BRIDGE = "no-bridge"
    VLAN = "vlan"
    """There is an interface of that VLAN on the host's end, in a bridge if one is named."""
    NO_VLAN = "no-vlan"
    MAC = "mac"
    """Of the end inside."""
    UP = "up"
    """All that is down on its way out."""


PHRASES = {
    Change.BRIDGE: "bridge BRIDGE",
    Change.NO_BRIDGE: "no-bridge",
    Change.VLAN: "vlan N [BRIDGE]",
    Change.NO_VLAN: "no-vlan N",
    Change.MAC: "mac ADDRESS",
    Change.UP: "up",
}
"""How each is typed."""
_WORDS = {
    Change.BRIDGE: (1, 1),
    Change.NO_BRIDGE: (0, 0),
    Change.VLAN: (1, 2),
    Change.NO_VLAN: (1, 1),
    Change.MAC: (1, 1),
    Change.UP: (0, 0),
}
"""Words after each, at least and at most."""


@dataclass(frozen=True, slots=True)
class Recabling:
    """What becomes of which cable."""

    end: Clean
    """Either end of it, ``eth0`` or ``mta0``, or a VLAN on it, ``mta0.5``."""
    change: Change
    bridge: Clean | None = None
    vlan: int | None = None
    mac: Clean | None = None
    patience: int = PATIENCE
    """Seconds to wait for us where it may cut us off, before all is taken back."""

    @property
    def words(self) -> Clean:
        """What becomes of it, as it is typed."""
        vlan = None if self.vlan is None else str(self.vlan)
        return Clean(" ".join(filter(None, (self.change, vlan, self.bridge, self.mac))))


def recabling(end: str, words: Sequence[str], patience: int = PATIENCE) -> Recabling:
    """Return what these words mean for a cable. Raises ``ValueError`` with what is wrong."""
    first, *rest = words or ("",)
    if first not in {*Change}:
        raise ValueError(f"{clean(first)!r} is none of: {', '.join(PHRASES.values())}")
    change = Change(first)
    least, most = _WORDS[change]
    if not least <= len(rest) <= most:
        raise ValueError(f"it is typed: {PHRASES[change]}")
    meant = Recabling(clean(end), change, patience=patience)
    match change:
        case Change.BRIDGE:
            return Recabling(meant.end, change, bridge=_bridge(rest[0]), patience=patience)
        case Change.VLAN:
            bridge = _bridge(rest[1]) if len(rest) > 1 else None
            return Recabling(meant.end, change, bridge, _vlan(rest[0]), patience=patience)
        case Change.NO_VLAN:
            return Recabling(meant.end, change, vlan=_vlan(rest[0]), patience=patience)
        case Change.MAC:
            return Recabling(meant.end, change, mac=_mac(rest[0]), patience=patience)
        case _:
            return meant


def _shown(text: str) -> str:
    """Return a word to be complained about; a blank that is none of ASCII's is spelled out."""
    shown = clean(text)
    return shown if shown.isprintable() else repr(shown)[1:-1]


def _bridge(text: str) -> Clean:
    if not BRIDGE_RULE.fullmatch(text):
        raise ValueError(f"{_shown(text)} is not the name of a bridge")
    return Clean(text)


def _vlan(text: str) -> int:
    found = cable_specs(_ANY, f"= =.{text}") if text.isascii() and text.isdigit() else ()
    vlan = found[-1].vlan if found and found[-1].fault is None else None
    if vlan is None:
        raise ValueError(f"{_shown(text)} is not the number of a VLAN, from 1 to 4094")
    return vlan


def _mac(text: str) -> Clean:
    found = cable_specs(_ANY, f"={text}") if text.split() == [text] else ()
    mac = found[0].mac if found and found[0].fault is None else None
    if mac is None:
        why = found[0].fault if found and found[0].mac else None
        raise ValueError(why or f"{_shown(text)} is not a MAC address")
    return mac

"""The cabling of a host as a drawing: one rung a cable, uplinks and bridges above their ports.

::

    eth0 ─┐
    eth1 ─┴ bond0 ── bond0.7 ── br7
      ├─ mta0 ─── mta:eth0
      └─ web0 ─── web:eth0

What is broken has a cross in it. ``drawing(host)`` is the same for the same host, in whatever
order its links were told; how wide it is goes by the names alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from console.cables.strokes import CROSS, Line, Mark, Part, joined, mark, state, wire
from console.cables.wiring import BONDS, BRIDGES, LOOPBACK, Wiring, full_name, place
from console.cabling import HOST
from console.clean import Clean
from console.model import Cable, Host, Link, Subhost

_RUNS = re.compile(r"[0-9]+|[^0-9]+")
_INDENT = "  "
_LONGEST = 16
"""Cells up to which the ends of cables stand below each other."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of the drawing, and what it is about."""

    parts: tuple[Part, ...]
    place: Clean
    """Subhost or namespace from which it is traced; empty: the host."""
    name: Clean
    link: Link | None
    """What its facts are those of: the inner end of a cable; ``None``: it is not there."""
    drawn: tuple[Link, ...]
    """All that can be seen in it."""
    fault: Clean | None = None

    @property
    def text(self) -> str:
        """The line."""
        return "".join(part.text for part in self.parts)


def drawing(host: Host) -> tuple[Rung, ...]:
    """Return the whole cabling: bridges by name, what is in none, namespaces of nobody."""
    sheet = _Sheet(Wiring(host))
    outside = [link for link in host.links if place(link) == HOST and link.name != LOOPBACK]
    for bridge in _by_name(link for link in outside if link.kind in BRIDGES):
        sheet.bridge(bridge)
    sheet.missing_bridges()
    for link in _by_name(link for link in outside if link.master is None):
        if not sheet.wiring.riders(link) and not sheet.has(link):
            sheet.alone(link)
    for link in _by_name(link for link in host.links if link.name != LOOPBACK):
        if not sheet.has(link):
            sheet.alone(link)
    return tuple(sheet.rungs)


@dataclass(frozen=True, slots=True)
class _Branch:
    """A port of a bridge as asked for or as found, and whose cable it is."""

    name: Clean
    port: Link | None
    cable: Cable | None
    owner: Subhost | None


class _Sheet:
    """Draws one thing below the other; remembers what was drawn."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.rungs: list[Rung] = []
        self._seen: set[tuple[Clean, Clean]] = set()
        self._absent: dict[Clean, list[_Branch]] = {}
        """What is not where CABLES wants it, by the bridge asked for; in none: the empty name."""
        for subhost in wiring.host.subhosts:
            for cable in subhost.cables:
                found = wiring.at(HOST, cable.outer)
                if found is None or (found.master is None and cable.asked is not None):
                    branch = _Branch(cable.outer, found, cable, subhost)
                    self._absent.setdefault(cable.asked or Clean(""), []).append(branch)

    def has(self, link: Link) -> bool:
        """Whether a link was drawn."""
        return (place(link), link.name) in self._seen

    def bridge(self, bridge: Link) -> None:
        """Draw a bridge: its way out, then what is plugged into it."""
        self._trunk(bridge)
        ports = [each for each in self.wiring.ports(bridge) if not self._outward(each)]
        branches = [self._found(port) for port in ports]
        self._branches(bridge.name, [*branches, *self._absent.pop(bridge.name, ())])

    def missing_bridges(self) -> None:
        """Draw what is to be in bridges that do not exist, and cables of none that are missing."""
        loose = self._absent.pop(Clean(""), ())
        for name, branches in sorted(self._absent.items()):
            parts = (Part(f"{CROSS} ", Mark.BROKEN), Part(name, Mark.BROKEN))
            fault = Clean(f"bridge {name} does not exist")
            self.rungs.append(Rung(parts, HOST, name, None, (), fault))
            self._branches(name, branches)
        for branch in sorted(loose, key=_branch_name):
            self._branch(branch, "", len(branch.name), None)

    def alone(self, link: Link) -> None:
        """Draw what is in no bridge."""
        known = self.wiring.cable(link.name) if place(link) == HOST else None
        if known or self.wiring.end(link):
            self._branch(self._found(link), "", len(link.name), None)
        else:
            self._trunk(link)

    def _found(self, port: Link) -> _Branch:
        known = self.wiring.cable(port.name) if place(port) == HOST else None
        return _Branch(port.name, port, known[1] if known else None, known[0] if known else None)

    def _branches(self, bridge: Clean, branches: Iterable[_Branch]) -> None:
        ordered = sorted(branches, key=_branch_name)
        width = min(max((len(each.name) for each in ordered), default=0), _LONGEST)
        for number, branch in enumerate(ordered, 1):
            joint = "└" if number == len(ordered) else "├"
            self._branch(branch, f"{_INDENT}{joint}", width, bridge)

    def _branch(self, branch: _Branch, joint: str, width: int, bridge: Clean | None) -> None:
        port, cable = branch.port, branch.cable
        inner = self.wiring.end(port) if port else None
        fault = cable.fault if cable else None
        line = Line([], 0, [])
        if joint:
            line.add(joint)
            plugged = port is not None and port.master == bridge
            line.add(*wire(1, None if plugged else fault, there=plugged))
            line.add(" ")
        line.add(branch.name, state(port, fault))
        other = self._named(inner) if inner else self._other(branch)
        if other:
            line.add(" ")
            length = 3 + max(width - len(branch.name), 0)
            line.add(*wire(length, None if inner else fault, there=inner is not None))
            line.add(f" {other}", state(inner, fault))
        drawn = tuple(each for each in (port, inner) if each is not None)
        self._seen |= {(place(each), each.name) for each in drawn}
        where, name = self._subject(branch, inner)
        self.rungs.append(Rung(tuple(line.parts), where, name, inner or port, drawn, fault))

    def _other(self, branch: _Branch) -> Clean | None:
        """Return what the inner end is called that is not there."""
        if branch.owner is None or branch.cable is None or branch.cable.inner is None:
            return None
        return full_name(branch.owner.name, branch.cable.inner)

    def _subject(self, branch: _Branch, inner: Link | None) -> tuple[Clean, Clean]:
        """Return from where a branch is traced."""
        if branch.owner is not None:
            return branch.owner.name, branch.name
        end = inner or branch.port
        if end is None:
            return HOST, branch.name
        owner = self.wiring.subhost(place(end))
        return (owner.name if owner else place(end)), end.name

    def _named(self, link: Link) -> Clean:
        owner = self.wiring.subhost(place(link))
        return full_name(owner.name if owner else place(link), link.name)

    def _trunk(self, link: Link) -> None:
        """Draw a link after all that it reaches the wire by."""
        for line in self._lines(link, frozenset()):
            last = line.links[-1]
            self._seen |= {(place(each), each.name) for each in line.links}
            where = self.wiring.subhost(place(last))
            at = where.name if where else place(last)
            self.rungs.append(
                Rung(tuple(line.parts), at, last.name, last, tuple(line.links), _trouble(last))
            )

    def _lines(self, link: Link, way: frozenset[tuple[Clean, Clean]]) -> list[Line]:
        """Return lines of which the last one ends with the link."""
        way |= {(place(link), link.name)}
        onward = [each for each in self._beyond(link) if (place(each), each.name) not in way]
        name = self._named(link)
        if not onward:
            return [Line([Part(name, mark(link))], len(name), [link])]
        lines = joined([self._lines(each, way) for each in onward])
        lines[-1].add("─ " if len(onward) > 1 else " ── ")
        lines[-1].add(name, mark(link))
        lines[-1].links.append(link)
        return lines

    def _beyond(self, link: Link) -> list[Link]:
        """Return what a link reaches the wire by."""
        if link.kind in BRIDGES:
            return _by_name(port for port in self.wiring.ports(link) if self._outward(port))
        if link.kind in BONDS:
            return _by_name(self.wiring.ports(link))
        return [each for each in (self.wiring.parent(link), self.wiring.peer(link)) if each]

    def _outward(self, port: Link) -> bool:
        """Whether a port is drawn as a way out: not what ends in a subhost, or where unseen."""
        if port.kind == "tun" or not self.wiring.leads_out(port):
            return False
        return port.kind != "veth" or self.wiring.peer(port) is not None


def _trouble(link: Link) -> Clean | None:
    """Return what is wrong with a link that is nobody's cable."""
    waiting = link.port_state is not None and link.port_state != "forwarding"
    return Clean(f"{link.port_state} by spanning tree") if waiting and link.carrier else None


def _by_name(links: Iterable[Link]) -> list[Link]:
    return sorted(links, key=lambda link: (link.netns or "", _natural(link.name)))


def _branch_name(branch: _Branch) -> tuple[tuple[int, str], ...]:
    return _natural(branch.name)


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return a key by which ``mta2`` comes before ``mta10``."""
    found: list[tuple[int, str]] = []
    for word in _RUNS.findall(name):
        found.append((int(word), "") if word.isdecimal() and word.isascii() else (-1, word))
    return tuple(found)

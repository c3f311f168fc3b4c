"""The cabling of every host: as a drawing, cable by cable and link by link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.cables.drawing import Rung, drawing
from console.cables.strokes import Mark
from console.cables.wiring import full_name
from console.cabling import HOST
from console.clean import Clean, clean
from console.model import Host, Link, Netns
from screens import marks
from screens.page import Cell, Column, Page, Row, Table, Tone, Wire, Words
from screens.pages.across import Sweep
from screens.pages.parts import UNKNOWN
from screens.pages.subhost import cable_rows, cable_table
from screens.place import row_key

DRAWING = "drawing"
_TONES = {
    Mark.WIRE: Tone.DIM,
    Mark.UP: Tone.PLAIN,
    Mark.DOWN: Tone.DIM,
    Mark.SILENT: Tone.WATCH,
    Mark.BROKEN: Tone.BAD,
}
_NARROWEST, _WIDEST = 24, 72
"""Cells of a drawing."""
_FACTS = (
    Column("state", "STATE", 19, grow=1, most=36),
    Column("mtu", "MTU", 5, priority=3, right=True),
    Column("in", "IN", 8, priority=2, right=True),
    Column("out", "OUT", 8, priority=2, right=True),
    Column("addresses", "ADDRESSES", 14, grow=1, priority=1),
    Column("mac", "MAC", 17, priority=4),
)
_LINKS = (
    Column("name", "LINK", 14),
    Column("netns", "NETNS", 10),
    Column("state", "STATE", 7),
    Column("kind", "KIND", 8, priority=2),
    Column("master", "PORT OF", 10),
    Column("peer", "PEER", 14, priority=1),
    Column("mtu", "MTU", 5, priority=2, right=True),
    Column("mac", "MAC", 17, priority=3),
    Column("in", "PKT IN", 7, priority=4, right=True),
    Column("out", "PKT OUT", 7, priority=4, right=True),
    Column("lost", "LOST", 5, priority=4, right=True),
    Column("addresses", "ADDRESSES", 18, grow=1),
    Column("routes", "ROUTES", 18, grow=1, priority=5),
)


def page(sweep: Sweep) -> Page:
    """Return drawing, cables of subhosts, and every link."""
    several = len(sweep.view.contacts) > 1
    drawn = tuple(sweep.rows(DRAWING, lambda host: _drawn(host, with_host=several)))
    cables = sweep.rows("cables", lambda host: cable_rows(host, host.subhosts, with_owner=True))
    links = sweep.rows("links", _links)
    return Page(
        "cables",
        (),
        (
            Table(DRAWING, "Cabling", _columns(drawn), drawn, "no link could be seen"),
            cable_table(cables, with_owner=True),
            Table("links", "Links", _LINKS, tuple(links), "no link could be seen"),
        ),
    )


def state_words(link: Link | None) -> Words:
    """Return whether an interface is up, in a word."""
    if link is None:
        return Words("missing", Tone.BAD)
    if not link.up:
        return Words("down", Tone.DIM)
    return Words("up", Tone.GOOD) if link.carrier else Words("no link", Tone.WATCH)


def rate_words(rate: float | None) -> Words:
    """Return bytes a second."""
    return UNKNOWN if rate is None else Words(marks.rate(rate), Tone.DIM, rate)


def packet_words(rate: float | None) -> Words:
    """Return packets a second."""
    return UNKNOWN if rate is None else Words(f"{marks.count(round(rate))}/s", Tone.DIM, rate)


def _columns(rows: tuple[Row, ...]) -> tuple[Column, ...]:
    longest = max(
        (len(row.cells[0].text) for row in rows if isinstance(row.cells[0], Wire)), default=0
    )
    width = min(max(longest, _NARROWEST), _WIDEST)
    return (Column("name", "WAY OUT, BRIDGE, PORTS", width, most=_WIDEST), *_FACTS)


def _drawn(host: Host, *, with_host: bool) -> Iterator[Row]:
    if with_host:
        head = Wire((Words(host.name, Tone.HEAD),))
        yield Row(row_key(host.name), (head, *(Words("") for _ in _FACTS)), {"host": host.name})
    names = {subhost.name for subhost in host.subhosts}
    for rung in drawing(host):
        yield _rung(host, rung, names)
    for netns in host.netns:
        if netns.owner is None:
            yield _of_nobody(host, netns)


def _rung(host: Host, rung: Rung, subhosts: set[Clean]) -> Row:
    ours = rung.place in subhosts
    item = rung.name if ours or not rung.place else f"{rung.place}:{rung.name}"
    return Row(
        row_key(host.name, rung.place if ours else "", item),
        (Wire(tuple(Words(part.text, _TONES[part.mark]) for part in rung.parts)), *_facts(rung)),
        {"host": host.name, "subhost": rung.place if ours else "", "fault": rung.fault or "none"},
    )


def _facts(rung: Rung) -> Iterator[Cell]:
    link = rung.link
    yield _state(rung)
    yield Words(str(link.mtu), Tone.DIM, link.mtu) if link else UNKNOWN
    yield rate_words(link.rates.rx_bytes if link and link.rates else None)
    yield rate_words(link.rates.tx_bytes if link and link.rates else None)
    yield Words(" ".join(link.addresses) if link else "")
    yield Words((link.mac if link else None) or "-", Tone.DIM)


def _state(rung: Rung) -> Words:
    """Return what is wrong, else the worst state of what is drawn there."""
    if rung.fault:
        return Words(rung.fault, Tone.BAD)
    states = [state_words(link) for link in (*rung.drawn[:1], rung.link) if link]
    worse = (each for each in states if each.tone is not Tone.GOOD)
    return next(worse, states[0] if states else Words("down", Tone.DIM))


def _of_nobody(host: Host, netns: Netns) -> Row:
    count = netns.processes
    inside = "" if count is None else f", {count} process{'es' * (count != 1)}"
    told = Words(f"of no running subhost: residue or foreign{inside}", Tone.WATCH)
    return Row(
        row_key(host.name, netns.name),
        (Wire((Words(f"netns {netns.name}"),)), told, *(Words("") for _ in _FACTS[1:])),
        {"host": host.name, "netns": netns.name},
    )


def _links(host: Host) -> Iterator[Row]:
    names = {(link.netns or HOST, link.index): link.name for link in host.links}
    for link in host.links:
        yield _link(host, link, _peer(link, names))


def _link(host: Host, link: Link, peer: str) -> Row:
    rates = link.rates
    return Row(
        row_key(host.name, link.netns or "", link.name),
        (
            Words(link.name),
            Words(link.netns or "-"),
            state_words(link),
            Words(link.kind or "-", Tone.DIM),
            Words(link.master or "-"),
            Words(peer or "-"),
            Words(str(link.mtu), Tone.DIM, link.mtu),
            Words(link.mac or "-", Tone.DIM),
            packet_words(rates.rx_packets if rates else None),
            packet_words(rates.tx_packets if rates else None),
            packet_words(rates.dropped if rates else None),
            Words(" ".join(link.addresses)),
            UNKNOWN if link.routes is None else Words(", ".join(link.routes), Tone.DIM),
        ),
        {"host": host.name, "netns": link.netns or ""},
    )


def _peer(link: Link, names: Mapping[tuple[Clean, int], Clean]) -> str:
    """Return the peer as ``mta:eth0``, as far as it is known."""
    if link.peer_index is None:
        return ""
    place = link.peer_netns
    if place is None and link.peer_nsid is None:
        place = link.netns or HOST
    if place is None:
        return f"nsid {link.peer_nsid}: {link.peer_index}"
    name = names.get((place, link.peer_index), clean(str(link.peer_index)))
    return full_name(place, name)

"""One way from an interface to the wire: every hop, and where it breaks."""

from __future__ import annotations

from collections.abc import Iterator

from console.cables.faults import Break, Hop, Role, Trace
from console.cables.strokes import CROSS
from console.cables.trace import parted, trace
from console.cables.wiring import full_name
from console.model import Host
from screens.page import Column, Line, Page, Row, Table, Tone, Wire, Words
from screens.pages.cables import packet_words, rate_words, state_words
from screens.pages.parts import UNKNOWN, fact, told
from screens.place import row_key

TABLE = "hops"
_COLUMNS = (
    Column("number", "", 2, right=True),
    Column("role", "HOP", 8),
    Column("name", "LINK", 14, grow=1, most=28),
    Column("state", "STATE", 20, grow=2, most=44),
    Column("mtu", "MTU", 5, right=True),
    Column("in", "IN", 8, priority=1, right=True),
    Column("out", "OUT", 8, priority=1, right=True),
    Column("lost", "LOST", 5, priority=2, right=True),
    Column("addresses", "ADDRESSES", 14, grow=1, priority=3),
    Column("mac", "MAC", 17, priority=4),
    Column("routes", "ROUTES", 18, grow=1, priority=5),
)


def page(host: Host, subhost: str, item: str) -> Page | None:
    """Return the way out from an interface; ``None`` where nobody knows of it."""
    found = trace(host, *parted(subhost, item))
    if found is None:
        return None
    title = " ".join(("/".join(filter(None, (host.name, subhost))), item))
    rows = tuple(_hop(host, found, number) for number in range(len(found.hops)))
    return Page(title, tuple(_verdict(found)), (Table(TABLE, "Way out", _COLUMNS, rows),))


def whole(row: Row) -> Iterator[Words]:
    """Yield all that is wrong at a hop."""
    for told_there in filter(None, row.attributes["wrong"].split("\n")):
        yield Words(f"{told_there}  ", Tone.BAD)


def _verdict(found: Trace) -> Iterator[Line]:
    yield fact("way", Wire(tuple(_way(found))))
    if not found.breaks:
        last = found.hops[-1]
        yield told("verdict", f"whole, as far as {_name(last)}", Tone.GOOD)
    for each in found.breaks:
        yield told(
            "broken" if each is found.broken else "and", f"{each.fault}: {each.told}", Tone.BAD
        )
        if each.remedy:
            yield told("remedy", each.remedy, Tone.ACCENT)


def _way(found: Trace) -> Iterator[Words]:
    for at, hop in enumerate(found.hops):
        wrong = found.at(at)
        if at:
            yield Words(" ── ", Tone.DIM)
        if wrong:
            yield Words(f"{CROSS} ", Tone.BAD)
        yield Words(_name(hop), Tone.BAD if wrong else Tone.PLAIN)


def _name(hop: Hop) -> str:
    return "routes of the host" if hop.role is Role.ROUTER else full_name(hop.place, hop.name)


def _hop(host: Host, found: Trace, number: int) -> Row:
    hop, wrong = found.hops[number], found.at(number)
    link, rates = hop.link, hop.link.rates if hop.link else None
    return Row(
        row_key(host.name, hop.place, f"{number} {hop.name}"),
        (
            Words(str(number), Tone.DIM, number),
            Words(hop.role.value, Tone.DIM),
            Words(_name(hop)),
            _state(hop, wrong),
            UNKNOWN if link is None else Words(str(link.mtu), Tone.DIM, link.mtu),
            rate_words(rates.rx_bytes if rates else None),
            rate_words(rates.tx_bytes if rates else None),
            packet_words(rates.dropped if rates else None),
            Words(" ".join(link.addresses) if link else ""),
            Words((link.mac if link else None) or "-", Tone.DIM),
            Words(", ".join((link.routes if link else None) or ()), Tone.DIM),
        ),
        {"host": host.name, "wrong": "\n".join(each.told for each in wrong)},
    )


def _state(hop: Hop, wrong: tuple[Break, ...]) -> Words:
    if wrong:
        return Words(", ".join(each.fault.value for each in wrong), Tone.BAD)
    if hop.role is Role.ROUTER:
        return Words("forwards", Tone.GOOD)
    return state_words(hop.link)

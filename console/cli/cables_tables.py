"""How hosts are cabled and traced ways, as text for people and as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from console.cables.contract import cable_json, link_json, routing_json
from console.cables.drawing import Rung, drawing
from console.cables.faults import Role, Trace
from console.cables.strokes import CROSS, Mark, in_ascii
from console.cables.wiring import BRIDGES, full_name
from console.clean import Clean
from console.cli.tables import new_table, rendered
from console.contract import Json, iso
from console.model import Host, Link
from screens import marks

_STYLES = {
    Mark.WIRE: "dim",
    Mark.UP: "",
    Mark.DOWN: "dim",
    Mark.SILENT: "yellow",
    Mark.BROKEN: "bold red",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What is told of a host."""

    host: Host
    subhosts: tuple[Clean, ...] | None
    """Those whose cables are told; ``None``: all there is."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way that was asked for."""

    host: Clean
    subhost: Clean
    """Empty: of the host."""
    interface: Clean
    """As it was asked for."""
    found: Trace


def cables_text(parts: Sequence[Part], *, plain: bool) -> str:
    """Return drawings with the state of each cable beside it; ``plain`` is ASCII."""
    return rendered(_drawings(parts, plain=plain))


def cables_json(parts: Sequence[Part]) -> str:
    """Return one JSON document."""
    return _document("hosts", [_host_json(part) for part in parts])


def ways_text(ways: Sequence[Way], *, plain: bool) -> str:
    """Return every way with its hops and what is wrong; ``plain`` is ASCII."""
    return rendered(line for way in ways for line in _way(way, plain=plain))


def ways_json(ways: Sequence[Way]) -> str:
    """Return one JSON document."""
    return _document("traces", [_way_json(way) for way in ways])


def _document(name: str, found: list[Json]) -> str:
    document = {"version": 1, "time": iso(time.time()), name: found}
    return json.dumps(document, allow_nan=False) + "\n"


def _drawings(parts: Sequence[Part], *, plain: bool) -> Iterator[RenderableType]:
    for part in parts:
        if len(parts) > 1:
            yield Text(part.host.name, "bold")
        table = new_table(
            *("CABLING", "STATE", "MTU", "IN", "OUT", "ADDRESSES", "MAC"),
            right=("MTU", "IN", "OUT"),
            wrap=("STATE", "ADDRESSES"),
        )
        for rung in _chosen(part):
            table.add_row(_drawn(rung, plain=plain), *_facts(rung))
        yield table


def _chosen(part: Part) -> Iterator[Rung]:
    """Yield the rungs of the subhosts that are meant, and of the bridges they are in."""
    rungs = drawing(part.host)
    if part.subhosts is None:
        yield from rungs
        return
    mine = [each for each in part.host.subhosts if each.name in part.subhosts]
    cables = [cable for each in mine for cable in each.cables]
    bridges = {name for cable in cables for name in (cable.bridge, cable.asked)}
    for rung in rungs:
        if rung.place in part.subhosts or (not rung.place and rung.name in bridges):
            yield rung


def _drawn(rung: Rung, *, plain: bool) -> Text:
    pieces = ((in_ascii(part.text) if plain else part.text, part) for part in rung.parts)
    return Text.assemble(*((text, _STYLES[part.mark]) for text, part in pieces))


def _facts(rung: Rung) -> Iterator[Text]:
    link = rung.link
    if rung.fault:
        yield Text(rung.fault, "bold red")
    else:
        yield _state(link)
    rates = link.rates if link else None
    yield Text(str(link.mtu) if link else "-")
    yield Text(marks.rate(rates.rx_bytes) if rates else "-")
    yield Text(marks.rate(rates.tx_bytes) if rates else "-")
    yield Text(" ".join(link.addresses) if link else "")
    yield Text((link.mac if link else None) or "-")


def _state(link: Link | None) -> Text:
    if link is None or not link.up:
        return Text("down", "dim")
    return Text("up", "green") if link.carrier else Text("no link", "yellow")


def _way(way: Way, *, plain: bool) -> Iterator[RenderableType]:
    found = way.found
    line = " ── ".join(
        f"{CROSS} " * bool(found.at(at)) + full_name(hop.place, hop.name)
        for at, hop in enumerate(found.hops)
    )
    yield Text(in_ascii(line) if plain else line, "bold")
    for each in found.breaks:
        yield Text(f"{each.fault}: {each.told}", "bold red")
        if each.remedy:
            yield Text(f"  remedy: {each.remedy}")
    if not found.breaks:
        yield Text("whole", "green")
    yield _hops(found)


def _hops(found: Trace) -> Table:
    names = ("HOP", "LINK", "STATE", "MTU", "ADDRESSES", "MAC")
    table = new_table(*names, right=("MTU",), wrap=("STATE",))
    for at, hop in enumerate(found.hops):
        wrong, link = found.at(at), hop.link
        if wrong:
            state = Text(", ".join(each.fault for each in wrong), "bold red")
        else:
            state = Text("forwards", "green") if hop.role is Role.ROUTER else _state(link)
        table.add_row(
            Text(hop.role),
            Text(full_name(hop.place, hop.name)),
            state,
            Text(str(link.mtu) if link else "-"),
            Text(" ".join(link.addresses) if link else ""),
            Text((link.mac if link else None) or "-"),
        )
    return table


def _host_json(part: Part) -> Json:
    host, chosen = part.host, part.subhosts
    mine = [each for each in host.subhosts if chosen is None or each.name in chosen]
    return {
        "name": host.name,
        "drawing": [rung.text for rung in _chosen(part)],
        "cables": [
            {"subhost": each.name, **cable_json(cable)} for each in mine for cable in each.cables
        ],
        "links": [link_json(link) for link in host.links] if chosen is None else [],
        "bridges": [link.name for link in host.links if not link.netns and link.kind in BRIDGES],
        "routing": routing_json(host.routing) if host.routing else None,
    }


def _way_json(way: Way) -> Json:
    broken = way.found.broken
    return {
        "host": way.host,
        "subhost": way.subhost or None,
        "interface": way.interface,
        "whole": broken is None,
        "hops": [
            {
                "role": hop.role,
                "netns": hop.place or None,
                "name": hop.name,
                "link": link_json(hop.link) if hop.link else None,
            }
            for hop in way.found.hops
        ],
        "breaks": [asdict(each) for each in way.found.breaks],
    }

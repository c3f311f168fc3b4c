"""The cabling of hosts and a traced way, as pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import Contact
from console.model import Host, Rates
from console.view import FleetView
from screens.filter import row_text
from screens.grid_draw import cell_pieces
from screens.marks import ASCII, UNICODE
from screens.page import Page, Tone, Wire, Words
from screens.pages import build, detail, door
from screens.place import Place, View
from tests.console.cables.sites import cable, host, link
from tests.console.cables.test_trace import WORLD

MTA = Place(View.TRACE, "here", "mta", "mta0")


def view(*hosts: Host) -> FleetView:
    return FleetView(tuple(Contact(each.name, 2.0, each) for each in hosts))


def built(place: Place, *hosts: Host) -> Page:
    return build(view(*hosts), place, 0.0)


def lines(page: Page) -> list[str]:
    return [
        "".join(each.text for each in line.pieces if isinstance(each, (Words, Wire))).rstrip()
        for line in page.lines
    ]


def texts(page: Page, table: int = 0) -> list[str]:
    return [row_text(row) for row in page.tables[table].rows]


def test_every_rung_is_a_row_that_can_be_followed() -> None:
    here = host(WORLD, {"mta": "br7="})
    page = built(Place(View.CABLES), here)
    (drawing, cables, links) = page.tables
    assert texts(page)[1].startswith("eth1 ─┴─ bond0 ── bond0.7 ── br7 up")
    for row in drawing.rows:
        place = door(drawing.key, row.key)
        assert place is not None
        assert built(place, here).tables, place
    assert door(cables.key, cables.rows[0].key) == MTA
    assert len(links.rows) == len(WORLD)


def test_several_hosts_stand_under_their_names() -> None:
    here = host(WORLD, {"mta": "br7="})
    drawing = built(Place(View.CABLES), here, replace(here, name=Clean("there"))).tables[0]
    heads = [row for row in drawing.rows if row_text(row) in {"here", "there"}]
    assert [door(drawing.key, row.key) for row in heads] == [
        Place(View.HOST, "here"),
        Place(View.HOST, "there"),
    ]
    assert len({row.key for row in drawing.rows}) == len(drawing.rows)


def test_a_namespace_of_nobody_is_told_and_its_links_are_followed() -> None:
    wire = cable(0, "wire", 90, master="br7")
    here = host((*WORLD, *wire), {"mta": "br7="})
    page = built(Place(View.CABLES), here)
    assert "netns wire of no running subhost: residue or foreign" in texts(page)
    place = Place(View.TRACE, "here", "", "wire:eth0")
    way = "wire:eth0 ── wire0 ── br7 ── bond0.7 ── bond0 ── eth0"
    assert lines(built(place, here))[0] == f"way      {way}"


def test_a_way_says_where_it_breaks_and_what_to_do() -> None:
    outer = replace(WORLD[-2], master=None)
    here = host((*WORLD[:-2], outer, WORLD[-1]), {"mta": "br7="})
    page = built(MTA, here)
    assert lines(page)[1:3] == [
        "broken   not in bridge: mta0 is not in br7",
        "remedy   subdeck cable here/mta eth0 --bridge br7",
    ]
    (hops,) = page.tables
    assert texts(page)[1].startswith("1 outside mta0 not in bridge 1500")
    told = detail(view(here), MTA, hops, hops.rows[1].key, 0.0)
    assert told is not None
    assert [each.text for each in told.pieces if isinstance(each, Words)] == [
        "mta0 is not in br7  "
    ]


def test_a_whole_way_says_how_far_it_goes() -> None:
    rates = Rates(2048.0, 0.0, 3.0, 0.0, 1.0)
    inner = replace(WORLD[-1], rates=rates, routes=(Clean("default via 10.0.0.1"),))
    page = built(MTA, host((*WORLD[:-1], inner), {"mta": "br7="}))
    assert lines(page)[1] == "verdict  whole, as far as eth0"
    assert "2.0K/s 0B/s 1/s" in texts(page)[0]
    assert texts(page)[0].endswith("default via 10.0.0.1")


def test_what_nobody_knows_of_is_gone() -> None:
    here = host((link(2, "eth0", None),), {})
    for place in (replace(MTA, item="eth9"), Place(View.TRACE, "here", "", "lo")):
        assert lines(built(place, here)) == ["gone     no longer there; Esc goes back"]


@pytest.mark.parametrize(
    ("width", "unicode", "ascii_"),
    [(9, "a ── b   ", "a -- b   "), (4, "a ──", "a --"), (3, "a …", "a ~"), (0, "", "")],
)
def test_a_wire_is_drawn_as_the_terminal_can(width: int, unicode: str, ascii_: str) -> None:
    cell = Wire((Words("a"), Words(" ── ", Tone.DIM), Words("b", Tone.BAD)))
    for glyphs, text in ((UNICODE, unicode), (ASCII, ascii_)):
        drawn = "".join(piece.text for piece in cell_pieces(cell, width, glyphs))
        assert len(drawn) == width
        assert drawn[:2] == text[:2]
    if width == 9:
        assert "".join(piece.text for piece in cell_pieces(cell, width, ASCII)) == ascii_

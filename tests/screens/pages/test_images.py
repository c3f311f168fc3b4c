"""The view of boot images: what stores hold, who runs it, whom a reboot would change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import Contact, answering
from console.fleet import FleetView
from console.images.catalogue import Catalogue
from console.images.signature import Signature, Vouched
from console.model import Host, Image
from screens.page import Page, Table, Tone, Words
from screens.pages import build, detail, door
from screens.pages.desk import Desk
from screens.place import Place, View
from tests.console.images.sets import IDENTITY, MADE, host, known, version

OLD = known(
    version("1", MADE - 10),
    replace(IDENTITY, squashfs=((MADE - 10, 3000),)),
    signature=Signature(Vouched.UNSIGNED),
    pointers=["good"],
)
NEW = known(version("2", MADE), pointers=["current"])
CATALOGUE = Catalogue((OLD, NEW), {Clean("@web"): Clean("web")})


def contact(seen: Host) -> Contact:
    return answering(Contact(seen.name, 2.0, tags=(Clean("web"),)), seen, None)


BEHIND = host("web2", image=Image(None, None, Clean("/x"), built=MADE - 10, size=3000))
SEEN = FleetView((contact(host("web1")), contact(BEHIND)), catalogue=CATALOGUE)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells if isinstance(cell, Words)] for row in table.rows]


def page(view: FleetView, desk: Desk | None = None) -> Page:
    return build(view, Place(View.IMAGES), 0, desk)


def test_what_stores_hold_and_how_many_run_it() -> None:
    sets, _, _ = page(SEEN).tables
    kernel = OLD.manifest.kernel
    assert texts(sets) == [
        ["main:web/1", "35B", kernel, OLD.digest[:12], "unsigned", "1", "-", "good"],
        ["main:web/2", "35B", kernel, NEW.digest[:12], NEW.signature.told, "1", "@web", "current"],
    ]
    tones = [row.cells[4].tone for row in sets.rows if isinstance(row.cells[4], Words)]
    assert tones == [Tone.WATCH, Tone.GOOD]


def test_whom_a_reboot_would_change() -> None:
    _, drift, _ = page(SEEN).tables
    told = texts(drift)
    assert [each[:4] for each in told] == [
        ["web1", "same", "main:web/2", "main:web/2"],
        ["web2", "differs", "main:web/1", "main:web/2"],
    ]
    assert told[1][4].startswith("runs a squashfs made 2023-11-14 of 3000 bytes")


def test_what_is_cut_is_told_whole_and_enter_leads_to_the_host() -> None:
    _, drift, _ = page(SEEN).tables
    key = drift.rows[1].key
    line = detail(SEEN, Place(View.IMAGES), drift, key, 0)
    assert line
    told = "".join(piece.text for piece in line.pieces if isinstance(piece, Words))
    assert told.startswith(
        "web2  differs  main:web/1  main:web/2  runs a squashfs made 2023-11-14"
    )
    assert door(drift.key, key) == Place(View.HOST, "web2")


def test_troubles_of_stores_are_told() -> None:
    made = page(replace(SEEN, catalogue=Catalogue(troubles=(Clean("boot1: no answer"),))))
    assert "".join(
        str(piece.text) for piece in made.lines[0].pieces if isinstance(piece, Words)
    ) == ("boot1: no answer ")
    assert texts(made.tables[0]) == []


def test_without_stores_there_is_what_is_mounted() -> None:
    (images,) = page(replace(SEEN, catalogue=Catalogue())).tables
    assert images.key == "images"


@pytest.mark.parametrize("desk", [None, Desk()])
def test_counts_follow_the_hosts_and_the_stores(desk: Desk | None) -> None:
    for seen, counted in (
        (SEEN, ["1", "1"]),
        (replace(SEEN, contacts=SEEN.contacts[1:]), ["1", "0"]),
        (replace(SEEN, contacts=(contact(host("web2")),)), ["0", "1"]),
        (replace(SEEN, catalogue=Catalogue((NEW,))), ["1"]),
    ):
        assert [each[5] for each in texts(page(seen, desk).tables[0])] == counted

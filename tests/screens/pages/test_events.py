"""The page of what happened."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.events import Event, Word
from console.fleet import FleetView
from screens.filter import row_text
from screens.page import Words
from screens.pages import build, detail
from screens.pages.desk import Desk
from screens.pages.events import TONES, moment
from screens.place import Place, View

PLACE = Place(View.EVENTS)


def test_the_newest_comes_first_with_time_host_word_and_reason(forty: FleetView) -> None:
    (table,) = build(forty, PLACE, 0.0).tables
    times = [row.cells[0].sort for row in table.rows if isinstance(row.cells[0], Words)]
    assert times == sorted((event.time for event in forty.events), reverse=True)
    assert row_text(table.rows[0]) == (
        "09-21 14:14:28 edge-07 flapping 3x the link was lost: no frame for 6 s"
    )


def test_many_hosts_at_once_are_one_row_that_each_of_them_is_found_by(forty: FleetView) -> None:
    (table,) = build(forty, PLACE, 0.0).tables
    crowd = [row for row in table.rows if "6 hosts" in row_text(row)]
    assert crowd
    assert all("edge-05" in row.attributes["host"].split() for row in crowd)


def test_an_event_that_grows_stays_the_same_row() -> None:
    event = Event(10.0, Clean("web1"), Word.LOST, Clean("no answer"), since=10.0)
    grown = replace(event, time=60.0, count=2, word=Word.LOST)
    keys = {
        build(FleetView(events=(each,)), PLACE, 0.0).tables[0].rows[0].key
        for each in (event, grown)
    }
    assert len(keys) == 1


def test_rows_are_made_once(forty: FleetView) -> None:
    desk = Desk()
    first, again = (build(forty, PLACE, now, desk).tables[0].rows for now in (0.0, 9.0))
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_what_is_cut_in_a_row_is_whole_beneath(forty: FleetView) -> None:
    (table,) = build(forty, PLACE, 0.0).tables
    line = detail(forty, PLACE, table, table.rows[0].key, 0.0)
    assert line
    said = "".join(piece.text for piece in line.pieces if isinstance(piece, Words))
    assert said == "flapping 3x  the link was lost: no frame for 6 s"
    empty = detail(forty, PLACE, table, None, 0.0)
    assert empty is not None
    assert empty.pieces == ()


def test_nothing_happened_yet_says_so() -> None:
    (table,) = build(FleetView(), PLACE, 0.0).tables
    assert table.empty.startswith("nothing yet")


def test_every_word_has_a_tone_and_every_moment_a_text() -> None:
    assert set(TONES) == set(Word)
    assert moment(1_790_000_000.0) == "09-21 14:13:20"
    assert {moment(time) for time in (float("nan"), float("inf"), 1e30, -1e30)} == {"-"}

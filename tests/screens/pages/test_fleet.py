"""The fleet page: what stands first, what is marked as old, and what is not made twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import Contact, failing
from console.errors import Denied, Problem, Unreachable
from console.fleet import FleetView
from console.model import Clock, Forecast, Host, State, Trend
from screens.filter import row_text
from screens.layout import layout
from screens.listing import Listing
from screens.page import Gauge, Page, Row, Tone, Words
from screens.pages import build
from screens.pages.desk import Desk
from screens.paragraph import flowed
from screens.place import Place, View, row_key

GONE = Unreachable("no answer", problem=Problem.TIMEOUT)
SHUT = Denied("no key fits", problem=Problem.AUTH)
MOVED = Denied("another key", problem=Problem.CHANGED_KEY)


def made(view: FleetView, now: float, desk: Desk | None = None) -> Page:
    return build(view, Place(View.FLEET), now, desk)


def order(page: Page) -> list[str]:
    return [row.key.rstrip("\x1f") for row in Listing(page.tables[0]).rows]


def end(view: FleetView) -> float:
    return max(each.host.at for each in view.contacts if each.host) + 2


def filled(
    pattern: Host, name: str, state: State, used: float, forecast: Forecast | None = None
) -> Contact:
    """Return a host with one level, so full."""
    level = next(each for each in pattern.levels if each.id == "mem")
    assert level.limit
    size = int(used * level.limit.total)
    level = replace(level, state=state, used=size, inodes_used=None, forecast=forecast)
    host = replace(pattern, name=Clean(name), levels=(level,), subhosts=(), gaps=())
    return Contact(Clean(name), 2.0, host)


@pytest.fixture
def pattern(seen: FleetView) -> Host:
    (contact,) = seen.contacts
    assert contact.host
    return contact.host


def test_what_needs_attention_comes_first_and_nobody_lost_hides_among_the_quiet(
    pattern: Host,
) -> None:
    fleet = (
        filled(pattern, "quiet", State.OK, 0.3),
        filled(pattern, "busy", State.OK, 0.6),
        Contact(Clean("asked"), 2.0),
        failing(Contact(Clean("dead"), 2.0), GONE, 99.0),
        failing(Contact(Clean("shut"), 2.0), SHUT, None),
        failing(filled(pattern, "gone-quiet", State.OK, 0.2), GONE, 99.0),
        failing(filled(pattern, "moved", State.OK, 0.1), MOVED, None),
        filled(pattern, "watch", State.WATCH, 0.75),
        failing(filled(pattern, "gone-act", State.ACT, 0.9), GONE, 99.0),
        filled(pattern, "act", State.ACT, 0.88),
        filled(pattern, "full", State.FULL, 1.0),
        filled(pattern, "lost", State.LOST, 1.0),
    )
    page = made(FleetView(fleet), pattern.at + 2)
    assert order(page) == [
        *("lost", "full", "gone-act", "act", "watch"),
        *("moved", "gone-quiet", "shut", "dead", "asked"),
        *("busy", "quiet"),
    ]


def test_of_the_same_state_the_soonest_full_comes_first_and_then_the_fullest(
    pattern: Host,
) -> None:
    def filling(seconds: float) -> Forecast:
        return Forecast(Trend.FILLING, Clock.BYTES, seconds)

    fleet = (
        filled(pattern, "full-steady", State.ACT, 0.95, Forecast(Trend.STEADY)),
        filled(pattern, "days", State.ACT, 0.9, filling(2e5)),
        filled(pattern, "minutes", State.ACT, 0.2, filling(700)),
        filled(pattern, "unsteady", State.ACT, 0.9, Forecast(Trend.UNSTEADY)),
        filled(pattern, "seconds", State.ACT, 0.5, filling(30)),
        filled(pattern, "watch", State.WATCH, 0.7, filling(20)),
    )
    page = made(FleetView(fleet), pattern.at + 2)
    assert order(page) == ["seconds", "minutes", "days", "full-steady", "unsteady", "watch"]
    assert [row.attributes["host"] for row in Listing(page.tables[1]).rows] == order(page)
    fill = build(FleetView(fleet), Place(View.FILL), pattern.at + 2).tables[0]
    assert [row.attributes["host"] for row in Listing(fill).rows] == order(page)


def test_the_incident_is_what_can_be_averted_first(pattern: Host) -> None:
    def named(*fleet: Contact) -> str:
        page = made(FleetView(fleet), pattern.at + 2)
        words = (p for line in page.lines[1:2] for p in line.pieces if isinstance(p, Words))
        return "".join(word.text for word in words).split()[0] if page.lines[1:] else ""

    lost = filled(pattern, "lost", State.LOST, 1.0)
    soon = filled(pattern, "soon", State.ACT, 0.5, Forecast(Trend.FILLING, Clock.BYTES, 60.0))
    later = filled(pattern, "later", State.ACT, 0.9, Forecast(Trend.FILLING, Clock.BYTES, 600.0))
    calm = filled(pattern, "calm", State.WATCH, 0.72)
    assert named(lost, later, soon, calm) == "soon"
    assert named(lost, calm) == "lost"
    assert named(calm) == ""
    assert named(failing(soon, GONE, None)) == ""


def rows(page: Page) -> Iterator[tuple[str, Row]]:
    return ((row.key.rstrip("\x1f"), row) for row in page.tables[0].rows)


def test_each_host_of_forty_says_how_it_answers(forty: FleetView) -> None:
    page = made(forty, end(forty))
    words = {
        name: row.cells[1].text for name, row in rows(page) if isinstance(row.cells[1], Words)
    }
    assert words == dict.fromkeys(words, "up") | {
        **dict.fromkeys(
            ("edge-07", "edge-08", "web-06", "web-09", "kiosk-03", "kiosk-07"), "unreachable"
        ),
        "ci-03": "denied",
        "pxe-02": "KEY CHANGED",
        "pxe-03": "connecting",
        "pxe-04": "unknown key",
        "web-04": "stale 16s",
        "kiosk-05": "rebooted 2m",
    }


def test_what_was_seen_of_a_lost_host_is_marked_without_colour(forty: FleetView) -> None:
    page = made(forty, end(forty))
    fills = [column.key for column in page.tables[0].columns].index("fill")
    for name, row in rows(page):
        contact = next(each for each in forty.contacts if each.name == name)
        state, fill = row.cells[2], row.cells[fills]
        assert isinstance(state, Words)
        if contact.host and isinstance(fill, Gauge):
            old = contact.failed is not None or name == "web-04"
            assert fill.old is old
            assert state.text.startswith("~") is old
            assert (fill.tone is Tone.DIM) is old


def test_why_a_host_was_never_seen_stands_where_its_gauge_would(forty: FleetView) -> None:
    page = made(forty, end(forty))
    never = {name: row_text(row) for name, row in rows(page) if name in {"web-09", "ci-03"}}
    assert never == {
        "web-09": "web-09 unreachable - refused: 192.0.2.69 port 22 refuses web prod -",
        "ci-03": "ci-03 denied - auth: root@192.0.2.83: permission denied (publickey) lab -",
    }


def test_on_80_columns_there_is_what_an_operator_needs(forty: FleetView) -> None:
    columns = made(forty, end(forty)).tables[0].columns
    drawn = [place.column.key for place in layout(columns, 80).places]
    assert drawn == ["host", "contact", "state", "level", "full", "fill", "age"]
    wide = [place.column.key for place in layout(columns, 200).places]
    assert wide == [column.key for column in columns]


@pytest.mark.parametrize("width", [40, 60, 79, 120, 200])
def test_the_summary_counts_every_host_in_any_width(forty: FleetView, width: int) -> None:
    line = made(forty, end(forty)).lines[0]
    flowing = flowed((line,), width)
    texts = ["".join(p.text for p in part.pieces if isinstance(p, Words)) for part in flowing]
    assert all(len(text.rstrip()) <= width for text in texts)
    words = " ".join(texts).split()
    numbers = words[words.index("hosts") + 1 : words.index("levels")]
    assert sum(int(word) for word in numbers if word.isdigit()) == 40
    assert " ".join(numbers).replace("  ", " ") == (
        "1 KEY CHANGED 1 unknown key 1 denied 6 unreachable 1 stale 1 connecting 29 up"
    )


def test_levels_of_hosts_that_do_not_answer_are_counted_as_old(forty: FleetView) -> None:
    line = made(forty, end(forty)).lines[0]
    said = "".join(piece.text for piece in line.pieces if isinstance(piece, Words))
    levels = said[said.index("levels") : said.index("subhosts")].split()
    counted = dict(zip(levels[2::2], map(int, levels[1::2]), strict=True))
    hosts = [each.host for each in forty.contacts if each.host]
    assert sum(counted.values()) == sum(len(host.all_levels) for host in hosts)
    lost = [each.host for each in forty.contacts if each.host and each.failed]
    assert counted["old"] > sum(len(host.all_levels) for host in lost)  # one more is stale


def test_a_row_is_made_again_only_for_another_contact_or_another_age(forty: FleetView) -> None:
    desk, now = Desk(), end(forty)
    before = dict(rows(made(forty, now, desk)))
    again = dict(rows(made(replace(forty), now + 0.4, desk)))
    assert all(again[name] is row for name, row in before.items())
    later = dict(rows(made(replace(forty), now + 1, desk)))
    assert {name for name in before if later[name] is not before[name]} == {"edge-07", "web-04"}
    changed = replace(forty.contacts[0])
    newer = replace(forty, contacts=(changed, *forty.contacts[1:]))
    newest = dict(rows(made(newer, now + 1, desk)))
    assert {name for name in before if newest[name] is not later[name]} == {"edge-01"}
    assert newest == later


def test_the_fullest_levels_are_bounded_and_the_first_of_all(forty: FleetView) -> None:
    levels = made(forty, end(forty)).tables[1]
    assert len(levels.rows) == 100
    fill = build(forty, Place(View.FILL), end(forty)).tables[0]
    assert [_order(row) for row in levels.rows] == sorted(map(_order, fill.rows))[:100]


def _order(row: Row) -> float:
    full = row.cells[2]
    assert isinstance(full, Words)
    assert isinstance(full.sort, float)
    return full.sort


def test_two_hosts_about_as_full_do_not_change_places_with_every_sample(pattern: Host) -> None:
    desk, orders, now = Desk(), set(), pattern.at
    for step in range(40):
        wobble = 0.004 if step % 2 else -0.004
        fleet = tuple(
            filled(pattern, name, State.OK, used)
            for name, used in (("a", 0.5 + wobble), ("b", 0.5 - wobble), ("c", 0.7))
        )
        orders.add(tuple(order(made(FleetView(fleet), now, desk))))
    assert len(orders) == 1
    risen = (filled(pattern, "a", State.OK, 0.4), filled(pattern, "b", State.OK, 0.75))
    assert order(made(FleetView(risen), now, desk)) == ["b", "a"]


def test_a_fill_that_creeps_is_followed(pattern: Host) -> None:
    desk = Desk()
    for percent in range(400, 720):
        creeping = filled(pattern, "creeps", State.OK, percent / 1000)
        page = made(FleetView((creeping, filled(pattern, "still", State.OK, 0.7))), 0.0, desk)
    assert order(page) == ["creeps", "still"]


def test_rows_are_found_by_contact_problem_style_and_tag(forty: FleetView) -> None:
    table = made(forty, end(forty)).tables[0]

    def found(text: str) -> list[str]:
        return sorted(row.key.rstrip("\x1f") for row in Listing(table).filtered(text).rows)

    assert found("contact=denied") == ["ci-03", "pxe-04"]
    assert found("contact=key-changed") == ["pxe-02"]
    assert found("problem=timeout") == ["edge-08", "kiosk-03", "kiosk-07", "web-06"]
    assert found("style=disk") == ["db-01", "db-02", "db-03", "db-04"]
    assert found("state=watch @shop") == ["kiosk-05"]
    assert found("kiosk-[03-05] contact=up") == ["kiosk-04", "kiosk-05"]
    assert len(found("@prod")) == 24
    assert len(found("!contact=up")) == 11


def test_levels_and_subhosts_are_found_by_their_host(forty: FleetView) -> None:
    for view, expected in ((View.FILL, "edge-03"), (View.SUBHOSTS, "edge-03")):
        table = build(forty, Place(view), end(forty)).tables[0]
        shown = Listing(table).filtered("@edge host=edge-[03,07] contact=up").rows
        assert shown
        assert {row.attributes["host"] for row in shown} == {expected}


def test_names_of_hosts_and_keys_of_rows_are_one(forty: FleetView) -> None:
    assert {row.key for row in made(forty, 0.0).tables[0].rows} == {
        row_key(contact.name) for contact in forty.contacts
    }

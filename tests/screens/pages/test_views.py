"""Pages as data: what each view says of the made-up host."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import failing
from console.errors import Denied, Problem, Unreachable
from console.fleet import Contact, FleetView
from console.model import Gap, Host, State
from screens.filter import row_text
from screens.layout import layout
from screens.page import Gauge, Page, Row, Table, Tone, Wire, Words
from screens.pages import build, door
from screens.place import OF_LEVELS, Place, View, another_key, row_key

OVERLAY = "overlay:/srv/subhost/mta/live"


def the_host(seen: FleetView) -> Host:
    (contact,) = seen.contacts
    assert contact.host
    return contact.host


def page(seen: FleetView, view: View, *subject: str, age: float = 2.0) -> Page:
    return build(seen, Place(view, *subject), the_host(seen).at + age)


def said(page: Page) -> list[str]:
    return ["".join(p.text for p in line.pieces if isinstance(p, Words)) for line in page.lines]


def rows(table: Table) -> list[str]:
    return [row_text(row) for row in table.rows]


def cell(table: Table, row: Row, column: str) -> object:
    return row.cells[[each.key for each in table.columns].index(column)]


@pytest.mark.parametrize("view", View)
def test_every_table_has_a_cell_for_every_column_and_a_key_for_every_row(
    seen: FleetView, view: View
) -> None:
    subject = {
        **dict.fromkeys(OF_LEVELS, ("local", "mta", OVERLAY)),
        View.HELP: ("", "", "fleet"),
        View.JOB: ("local", "mta", seen.jobs[1].id),
        View.TRACE: ("local", "mta", "mta0"),
    }
    made = page(seen, view, *subject.get(view, ("local", "mta")))
    assert made.tables
    for table in made.tables:
        assert {len(row.cells) for row in table.rows} <= {len(table.columns)}
        assert len({row.key for row in table.rows}) == len(table.rows)
        assert len({column.key for column in table.columns}) == len(table.columns)
        assert table.sort in {None, *(column.key for column in table.columns)}


@pytest.mark.parametrize("view", [View.FLEET, View.FILL, View.HOST])
def test_what_matters_when_a_root_fills_is_seen_on_80_columns(seen: FleetView, view: View) -> None:
    table = next(table for table in page(seen, view, "local").tables if table.key == "levels")
    drawn = [place.column.key for place in layout(table.columns, 80).places]
    assert drawn == ["state", "level", "full", "fill", "used", "limit", "rate"]


def test_the_fleet_says_the_worst_first(seen: FleetView) -> None:
    made = page(seen, View.FLEET)
    first, *incident = said(made)
    assert first == (
        "1 not seen  levels 1 act  2 watch  9 ok  subhosts 1 broken  2 running  1 stopped  "
    )
    assert "local tmpfs:/tmp  act" in incident[0]
    assert made.lines[0].pieces[0] == Words("1 not seen  ", Tone.WATCH)
    hosts, levels = made.tables
    assert re.match(r"local up act tmpfs:/tmp .*95\.4% inodes 2/4", rows(hosts)[0])
    assert rows(hosts)[0].endswith(" now")
    assert re.match(r"act tmpfs:/tmp .*95\.4% inodes 84M", rows(levels)[0])


def test_only_what_a_lost_host_is_now_keeps_its_colour(seen: FleetView) -> None:
    (contact,) = seen.contacts
    lost = failing(contact, Unreachable("timed out", problem=Problem.TIMEOUT), None)
    hosts = page(replace(seen, contacts=(lost,)), View.FLEET, age=61).tables[0]
    name, contacted, *old = hosts.rows[0].cells
    assert name == Words("local")
    assert isinstance(contacted, Words)
    assert (contacted.text, contacted.tone) == ("unreachable", Tone.BAD)
    assert {each.tone for each in old if not isinstance(each, Wire)} == {Tone.DIM}
    state, fill, age = (cell(hosts, hosts.rows[0], key) for key in ("state", "fill", "age"))
    assert isinstance(state, Words)
    assert state.text == "~act"
    assert isinstance(fill, Gauge)
    assert fill.old
    assert isinstance(age, Words)
    assert age.text == "1m00s"


def test_a_host_that_never_answered_says_why() -> None:
    asked = Contact(Clean("web1"), 2.0)
    refused = failing(asked, Denied("key refused", "ask its owner", Problem.AUTH), None)
    for contact, word, why in (
        (asked, "connecting", "no answer yet"),
        (refused, "denied", "auth: key refused"),
    ):
        made = build(FleetView((contact,)), Place(View.FLEET), 0)
        assert said(made) == [""]
        both = build(FleetView((contact, asked)), Place(View.FLEET), 0)
        assert f" {'2' if word == 'connecting' else '1'} {word}  " in f"{said(both)[0]}"
        assert rows(made.tables[0])[0].startswith(f"web1 {word} - {why}")
        alone = build(FleetView((contact,)), Place(View.HOST, "web1"), 0)
        assert said(alone)[0].startswith(f"contact  {word}")
    assert "reason   auth: key refused " in said(alone)
    assert "remedy   ask its owner " in said(alone)


def test_before_the_first_look() -> None:
    made = build(FleetView(), Place(View.FLEET), 0)
    assert [table.empty for table in made.tables] == ["looking…", "no level seen yet"]


def test_fill_says_that_something_was_not_seen(seen: FleetView) -> None:
    assert page(seen, View.FILL).tables[0].title == "Levels, 1 not seen"
    (contact,) = seen.contacts
    whole = replace(contact, host=replace(the_host(seen), gaps=()))
    whole_view = replace(seen, contacts=(whole,))
    assert page(whole_view, View.FILL).tables[0].title == "Levels"
    assert "not seen" not in said(page(whole_view, View.FLEET))[0]


def test_levels_are_named_by_host_only_where_there_are_several(seen: FleetView) -> None:
    (contact,) = seen.contacts
    other = replace(contact, name=Clean("web1"))
    alone = page(seen, View.FILL).tables[0]
    assert any(" mta/overlay:/srv/subhost/mta/live " in row for row in rows(alone))
    both = build(FleetView((contact, other)), Place(View.FILL), 0).tables[0]
    assert any(" local/mta/overlay:/srv/subhost/mta/live " in row for row in rows(both))


def test_a_host_shows_identity_levels_subhosts_and_what_was_not_seen(seen: FleetView) -> None:
    made = page(seen, View.HOST, "local")
    text = "\n".join(said(made))
    assert "\nboot     dracut-dm  6.1.0-56-amd64  up 3d02h" in text
    assert "\nimage    edge-42.img  http://boot.example/img/edge-42.img" in text
    assert "local tmpfs:/tmp  act" in text
    levels, subhosts, gaps = made.tables
    assert levels.rows[0].key == row_key("local", "", "tmpfs:/tmp")
    assert rows(subhosts)[0].startswith("running mta tmpfs:/run 74.0%")
    assert subhosts.sort == "state"
    assert subhosts.descending
    assert rows(gaps) == [
        "statvfs /mnt/nfs hung no answer within 1 s umount -l /mnt/nfs, or bring its server back"
    ]


def test_a_subhost_shows_layers_cables_and_processes(seen: FleetView) -> None:
    made = page(seen, View.SUBHOST, "local", "mta")
    text = "\n".join(said(made))
    for line in (
        "config   /srv/subhost/mta/mta.conf",
        "upper    /srv/subhost/mta/root\nwork     /srv/subhost/mta/work\n",
        "\nlive     /srv/subhost/mta/live\n",
        "services rsyslog  networking  postfix",
        "share    /var/spool/mail -> /var/spool/mail",
        "log      postfix/master: daemon started",
    ):
        assert line in text
    levels, cables, processes = made.tables
    assert {table.key for table in made.tables} == {"levels", "cables", "processes"}
    assert len(processes.rows) == 6
    assert rows(cables)[0].startswith("up mta0 eth0 br-lan")
    assert any(OVERLAY in row for row in rows(levels))


def test_a_subhost_shows_what_a_restart_would_change(seen: FleetView) -> None:
    host = the_host(seen)
    assert "restart" not in "\n".join(said(page(seen, View.SUBHOST, "local", "mta")))
    again = [replace(each, configured_lower=Clean("/srv/trees/2")) for each in host.subhosts]
    (contact,) = seen.contacts
    contact = replace(contact, host=replace(host, subhosts=tuple(again)))
    made = page(replace(seen, contacts=(contact,)), View.SUBHOST, "local", "mta")
    assert "         a restart would change it to /srv/trees/2" in said(made)


def test_faulty_cables_come_first_across_subhosts(seen: FleetView) -> None:
    drawing, cables, links = page(seen, View.CABLES).tables
    assert rows(cables)[0].startswith("local/web not in bridge br-lan web0")
    assert rows(drawing)[0].startswith("eth0 ── br-lan up 1500")
    assert rows(drawing)[2].startswith(
        "  ├─ mta0 ─── mta:eth0 up 1500 640B/s 410B/s 192.0.2.25/24"
    )
    assert rows(drawing)[-1].startswith("netns old of no running subhost: residue or foreign")
    assert any(row.startswith("mta0 - up veth br-lan mta:eth0") for row in rows(links))


def test_a_level_says_what_binds_it_and_what_happens_when_it_is_full(seen: FleetView) -> None:
    store = "\n".join(said(page(seen, View.LEVEL, "local", "", "dm:live-rw")))
    assert "bound by RAM" in store
    assert "nominal size 4.0G" in store
    text = "\n".join(said(page(seen, View.LEVEL, "local", "", "tmpfs:/tmp")))
    assert "writes fail with ENOSPC" in text
    gauges = [
        piece
        for line in page(seen, View.LEVEL, "local", "", "tmpfs:/tmp").lines
        for piece in line.pieces
        if isinstance(piece, Gauge)
    ]
    assert 954 in [gauge.tenths for gauge in gauges]


def test_a_lost_level_is_full_and_bad(seen: FleetView) -> None:
    host = the_host(seen)
    lost = replace(host.levels[0], state=State.LOST, notes=(Clean("Overflow"),))
    (contact,) = seen.contacts
    contact = replace(contact, host=replace(host, levels=(lost,), subhosts=()))
    hosts, levels = page(replace(seen, contacts=(contact,)), View.FLEET).tables
    assert cell(hosts, hosts.rows[0], "fill") == Gauge(1000, Tone.BAD, "Overflow")
    assert cell(levels, levels.rows[0], "state") == Words("lost", Tone.BAD, 4)


def test_an_image_of_any_age_has_a_row(seen: FleetView) -> None:
    host = the_host(seen)
    built = (1_789_000_000, 0, -1, 2**62, -(2**62), None)
    (contact,) = seen.contacts
    images = tuple(replace(host.images[0], built=each) for each in built)
    contact = replace(contact, host=replace(host, images=images))
    (table,) = page(replace(seen, contacts=(contact,)), View.IMAGES).tables
    days = [cell(table, row, "built") for row in table.rows]
    assert [each.text for each in days if isinstance(each, Words)] == [
        *("2026-09-10", "1970-01-01", "1969-12-31", "-", "-", "-")
    ]


def test_two_gaps_alike_are_two_rows(seen: FleetView) -> None:
    host = the_host(seen)
    gap = Gap(Clean("statvfs /a"), Clean("no answer"), None, Problem.HUNG)
    (contact,) = seen.contacts
    contact = replace(contact, host=replace(host, gaps=(gap, gap)))
    table = page(replace(seen, contacts=(contact,)), View.HOST, "local").tables[2]
    assert len({row.key for row in table.rows}) == 2


def test_logs_and_json_are_numbered_lines(seen: FleetView) -> None:
    (log,) = page(seen, View.LOG, "local", "mta").tables
    assert log.newest_last
    assert rows(log) == ["1 + service postfix start", "2 postfix/master: daemon started"]
    (raw,) = page(seen, View.RAW, "local", "mta").tables
    assert rows(raw)[0] == "1 {"
    assert any('"name": "mta"' in row for row in rows(raw))
    assert page(seen, View.LOG, "local", "web").tables[0].empty.startswith("the log is empty")


@pytest.mark.parametrize(
    "place",
    [
        Place(View.HOST, "other"),
        Place(View.SUBHOST, "local", "gone"),
        Place(View.LEVEL, "local", "", "tmpfs:/gone"),
        Place(View.LEVEL, "local", "gone", "tmpfs:/run"),
        Place(View.LOG, "local", "gone"),
        Place(View.RAW, "local", "gone"),
    ],
)
def test_what_is_gone_is_said_to_be(seen: FleetView, place: Place) -> None:
    assert said(build(seen, place, 0)) == ["gone     no longer there; Esc goes back"]


@pytest.mark.parametrize("view", [View.HOST, View.SUBHOST, View.LEVEL, View.LOG, View.RAW])
def test_before_any_host_is_known_nothing_is_said_to_be_gone(view: View) -> None:
    place = Place(view, "local", "mta" if view is not View.HOST else "")
    assert said(build(FleetView(), place, 0)) == ["host     looking…"]


def test_doors() -> None:
    key = row_key("web1", "mta", "mta0")
    assert door("events", another_key(row_key("web1"), "lost 12.5")) == Place(View.HOST, "web1")
    store = another_key(row_key("web1", "mta", "tmpfs:/run"), "act 12.5")
    assert door("events", store) == Place(View.LEVEL, "web1", "mta", "tmpfs:/run")
    assert door("events", another_key(row_key(""), "failed 12.5")) is None
    assert door("hosts", row_key("web1")) == Place(View.HOST, "web1")
    assert door("subhosts", row_key("web1", "mta")) == Place(View.SUBHOST, "web1", "mta")
    assert door("levels", key) == Place(View.LEVEL, "web1", "mta", "mta0")
    assert door("cables", key) == Place(View.TRACE, "web1", "mta", "mta0")
    assert door("drawing", key) == Place(View.TRACE, "web1", "mta", "mta0")
    assert door("drawing", row_key("web1", "", "br0")) == Place(View.TRACE, "web1", "", "br0")
    assert door("drawing", row_key("web1")) == Place(View.HOST, "web1")
    assert door("drawing", row_key("web1", "foreign")) is None
    assert door("processes", "1702") is None

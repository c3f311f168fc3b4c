"""The first and the last line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import failing
from console.errors import Denied, Problem, Unreachable
from console.fleet import Contact, FleetView
from screens import marks
from screens.banner import banner, hints
from screens.page import Line, Tone, Words
from screens.place import ROOT, Path, Place, Trail, View
from screens.sight import Clocks, Sight
from tests.screens.stage import Clock

HOST = Place(View.HOST, "local")
LEVEL = Place(View.LEVEL, "local", "mta", "overlay:/srv/subhost/mta/live")
DEEP = (ROOT, HOST, Place(View.SUBHOST, "local", "mta"), LEVEL)


def text(line: Line) -> str:
    return "".join(piece.text for piece in line.pieces if isinstance(piece, Words))


def at(view: FleetView, age: float) -> Sight:
    clock = Clock(max(c.host.at for c in view.contacts if c.host) + age)
    sight = Sight(Clocks(clock))
    sight.take(view)
    return sight


def said(sight: Sight, path: Path = (ROOT,), width: int = 78) -> str:
    return text(banner(sight, path, width))


@pytest.mark.parametrize(
    ("path", "crumbs"),
    [
        (Trail().path, "fleet"),
        (DEEP, "fleet > local > mta > overlay:/srv/subhost/mta/live"),
        ((ROOT, LEVEL), "fleet > local/mta/overlay:/srv/subhost/mta/live"),
        ((ROOT, HOST, replace(HOST, view=View.RAW)), "fleet > local > json"),
        ((ROOT, replace(HOST, view=View.RAW)), "fleet > local json"),
        ((ROOT, Place(View.FILL), Place(View.HELP, item="fill")), "fleet > fill > help"),
        ((ROOT, Place(View.SUBHOSTS), Place(View.LOG, "local", "mta")), "> local/mta log"),
    ],
)
def test_the_way_here(seen: FleetView, path: Path, crumbs: str) -> None:
    assert crumbs in said(at(seen, 2), path)
    assert said(at(seen, 2), path).endswith(" 2s old ")


@pytest.mark.parametrize("width", range(0, 79))
def test_the_age_outlives_the_way_here_in_any_width(seen: FleetView, width: int) -> None:
    line = said(at(seen, 2), DEEP, width)
    assert marks.cells(line, 500) == max(width, len(" 2s old "))
    assert line.endswith(" 2s old ")
    if width > 40:
        assert "mta/live" in line
    if 50 <= width < 68:
        assert line.startswith("subdeck … > ")


def test_before_anything_is_known() -> None:
    assert said(Sight(Clocks(Clock(0)))).endswith(" looking… ")


def test_paused_says_how_far_behind(seen: FleetView) -> None:
    sight = at(seen, 2)
    sight.toggle()
    clock = sight._clock
    assert isinstance(clock, Clock)
    clock.now += 12
    assert said(sight).endswith(" PAUSED 12s behind ")


def test_an_old_picture_is_stale_and_says_why(seen: FleetView) -> None:
    assert said(at(seen, 65)).endswith(" STALE 1m00s ")
    (contact,) = seen.contacts
    lost = failing(contact, Unreachable("timed out", problem=Problem.TIMEOUT), None)
    view = replace(seen, contacts=(lost,))
    assert said(at(view, 65)).endswith(" timeout: timed out  UNREACHABLE 1m00s ")
    never = Contact(Clean("web1"), 2.0)
    sight = Sight(Clocks(Clock(0)))
    sight.take(FleetView((never,)))
    assert said(sight).endswith(" connecting… ")
    sight.take(FleetView((failing(never, Denied("refused", problem=Problem.AUTH), None),)))
    assert said(sight).endswith(" auth: refused  DENIED ")


def test_a_long_reason_is_cut_and_leaves_room_for_the_way_here(seen: FleetView) -> None:
    (contact,) = seen.contacts
    lost = failing(contact, Unreachable("no answer " * 20), None)
    line = said(at(replace(seen, contacts=(lost,)), 65), (ROOT, HOST))
    assert line.startswith("subdeck fleet > local ")
    assert line.endswith("…  UNREACHABLE 1m00s ")
    assert marks.cells(line, 500) == 78


def test_lost_hosts_of_several_are_counted(forty: FleetView) -> None:
    assert said(at(forty, 2)).endswith(" 1 connecting  1 stale  9 of 40 lost ")
    assert said(at(forty, 2), (ROOT, Place(View.HOST, "db-01"))).endswith(" 2s old ")
    up = tuple(each for each in forty.contacts if each.host and each.name < "edge-02")
    assert said(at(replace(forty, contacts=up), 2)).endswith(" 2s old ")


def test_trouble_with_the_history_stays_in_sight_where_there_is_room(seen: FleetView) -> None:
    view = replace(seen, trouble="history is not kept: disk full")
    assert said(at(view, 2)).endswith(" history is not kept: disk full  2s old ")
    assert said(at(view, 2), width=40).endswith(" 2s old ")
    assert "history" not in said(at(view, 2), width=40)


def test_hints_of_a_view_and_of_what_is_typed() -> None:
    assert "Tab table" in text(hints(View.HOST))
    assert "Tab table" not in text(hints(View.FILL))
    assert text(hints(View.FILL, "/")).startswith("Enter keep  Esc clear")
    assert text(hints(View.FILL, ":")).startswith("Enter run  Esc leave  Tab complete")
    assert "Esc" not in text(hints(View.FLEET))
    assert hints(View.FILL).pieces[0] == Words("Esc", Tone.ACCENT)

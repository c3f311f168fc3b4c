"""The screen of many hosts: what stays put, who is asked, what is told, how often it paints."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import Contact, failing
from console.errors import Unreachable
from console.events import Event, Word
from console.fleet import FleetView
from screens.app import ConsoleApp, Watched
from screens.page import Words
from screens.place import Place, View, row_key
from screenshots.still import StillFleet, clocks
from tests.screens.stage import Stage, opened


def lost(view: FleetView, *names: str) -> FleetView:
    """Return the view after these hosts were lost."""
    contacts = tuple(
        failing(each, Unreachable("no answer"), None) if each.name in names else each
        for each in view.contacts
    )
    return replace(view, contacts=contacts)


def under(stage: Stage) -> str:
    return Place.at(View.HOST, stage.main.grid.listing.cursor or "").host


async def test_the_cursor_stays_with_its_host_when_rows_change_places(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press(*"jjjj")
        host, place = under(stage), stage.cursor
        first = [Place.at(View.HOST, row.key).host for row in stage.main.grid.listing.rows]
        worse = tuple(
            failing(each, Unreachable("no"), None) if each.name in first[20:] else each
            for each in forty.contacts
        )
        await stage.show(replace(forty, contacts=tuple(reversed(worse))))
        assert under(stage) == host
        await stage.show(replace(forty, contacts=forty.contacts[::-1]))
        assert (under(stage), stage.cursor) == (host, place)


async def test_until_it_is_moved_the_cursor_stays_on_the_worst(forty: FleetView) -> None:
    asked = tuple(Contact(each.name, each.interval) for each in forty.contacts)
    async with opened(FleetView(asked)) as stage:
        assert stage.cursor == 0
        await stage.show(forty)
        assert (under(stage), stage.cursor) == ("edge-03", 0)
        assert stage.main.grid.scroll_offset.y == 0
        await stage.press("j", "k")
        await stage.show(FleetView(asked))
        assert under(stage) == "edge-03"


async def test_ctrl_r_asks_the_host_under_the_cursor_or_the_marked_ones(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press("slash", *"contact=lost", "enter", "g", "ctrl+r")
        assert stage.fleet.asked == ["web-06"]
        assert stage.told == "looking again at web-06"
        await stage.press("space", "j", "space", "ctrl+r")
        assert stage.fleet.asked[1:] == ["web-06", "pxe-02"]
        await stage.press("u", "enter", "ctrl+r")
        assert stage.fleet.asked[3:] == ["pxe-02"]
        await stage.press("colon", *"refresh", "enter")
        assert stage.fleet.asked[4:] == [None]
        assert stage.told == "looking again at every host"


async def test_the_fleet_is_told_who_is_seen_and_only_when_that_changes(forty: FleetView) -> None:
    calls: list[tuple[str, ...]] = []

    class Listening(StillFleet):
        def prefer(self, names):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  as there
            calls.append(tuple(names))

    async def prepare() -> Watched:
        return Listening(forty)

    app = ConsoleApp(prepare, clocks=clocks(482.0))
    async with app.run_test(size=(80, 24)) as pilot:
        while not calls or len(calls[-1]) < 10:
            await pilot.pause(0.01)
        app.main.frame()
        await pilot.pause()
        seen = calls[-1]
        assert len(seen) < 20
        assert {"edge-03", "web-02", "pxe-02"} <= {*seen}
        assert "pxe-01" not in seen
        count = len(calls)
        await pilot.press("j", "k", "j")
        app._show(replace(forty))
        await pilot.pause()
        assert len(calls) == count
        await pilot.press("G")
        await pilot.pause()
        assert "pxe-01" in calls[-1]
        await pilot.press("enter")
        await pilot.pause()
        assert calls[-1] == ("pxe-01",)


async def test_the_line_beneath_says_why_the_host_under_the_cursor_is_lost(
    forty: FleetView,
) -> None:
    async with opened(forty) as stage:
        await stage.press("slash", *"edge-08", "enter")
        assert stage.lines[-2].startswith(" retry in 39s  timeout: no answer from 192.0.2.47")
        await stage.press("slash", "ctrl+u", *"db-02", "enter")
        assert stage.lines[-2].startswith(" disk  up 3d")


async def test_a_single_host_has_no_line_beneath_the_list(seen: FleetView) -> None:
    async with opened(seen) as stage:
        assert not stage.main._detail.display


async def test_e_leads_to_the_events_of_the_host(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press("slash", *"edge-07", "enter", "e")
        assert stage.main.place == Place(View.EVENTS)
        assert [row.attributes["host"] for row in stage.main.grid.listing.rows] == ["edge-07"]
        await stage.press("enter")
        assert stage.main.place == Place(View.HOST, "edge-07")
        await stage.press("escape", "escape", "escape")
        assert stage.main.place == Place(View.FLEET)


async def test_a_lost_host_is_drilled_into_like_any_other(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press("slash", *"edge-08", "enter", "enter")
        assert "UNREACHABLE 2m10s" in stage.lines[0]
        assert "last seen 2m10s ago  retry in 39s" in stage.text
        await stage.press("tab", "enter")
        assert stage.main.place.view is View.SUBHOST
        assert "timeout: no answer" in stage.lines[0]
        states = [row.cells[0] for row in stage.main.grid.listing.rows]
        assert states
        assert all(isinstance(cell, Words) and cell.text.startswith("~") for cell in states)


async def test_many_hosts_lost_at_once_are_one_message(
    forty: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.app._GATHERED", 0.01)
    names = [each.name for each in forty.contacts[:30]]
    losses = tuple(Event(900.0 + n, name, Word.LOST, Clean("no")) for n, name in enumerate(names))
    async with opened(replace(forty, events=())) as stage:
        await stage.show(replace(forty, events=losses))
        await stage.until(lambda: bool(stage.told))
        assert stage.told == "30 hosts lost: edge-01, edge-02, edge-03 and 27 more"
        more = Event(950.0, Clean("db-01"), Word.LOST, Clean("no"))
        await stage.show(replace(forty, events=(*losses, more)))
        await stage.settled()
        assert len(stage.app._notifications) == 1


class Flood(StillFleet):
    """A fleet in which something happens all the time."""

    def __init__(self, view: FleetView) -> None:
        super().__init__(view)
        self.yielded = 0

    async def views(self) -> AsyncIterator[FleetView]:
        while True:
            self.yielded += 1
            yield replace(self._views[0])
            await asyncio.sleep(0)


async def test_a_flood_of_news_is_painted_a_few_times_a_second(forty: FleetView) -> None:
    fleet = Flood(forty)

    async def prepare() -> Watched:
        return fleet

    app = ConsoleApp(prepare)
    async with app.run_test(size=(80, 24)) as pilot:
        loop = asyncio.get_running_loop()
        while not fleet.yielded:
            await pilot.pause(0.01)
        began, before = loop.time(), fleet.yielded
        await pilot.pause(1.0)
        assert 0 < fleet.yielded - before <= (loop.time() - began) / 0.2 + 1


async def test_lost_hosts_stay_in_reach_while_they_are_lost(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press("G")
        name = under(stage)
        await stage.show(lost(forty, name))
        assert under(stage) == name
        assert stage.main.grid.listing.cursor == row_key(name)
        await stage.press("enter")
        assert stage.main.place == Place(View.HOST, name)
        assert "UNREACHABLE" in stage.lines[0]

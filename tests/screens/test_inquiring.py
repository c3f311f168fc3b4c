"""``w`` tells who fills a level and ``r`` what helps; both only look until a plan is confirmed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from console.ballast_rule import Ballast
from console.clean import Clean
from console.events import Word
from console.fleet import FleetView
from console.model import State
from console.plan import Verb, Wish
from screens.form import Form
from screens.place import Place, View
from screens.plan_dialog import PlanDialog
from screens.rows import subject
from screenshots import incident
from screenshots.still import StillAsking
from screenshots.world import GIB
from tests.screens.acting import begun, ready
from tests.screens.stage import Stage, opened

STORE = ("local", "", "dm:live-rw")


@pytest.fixture(scope="module")
def filling() -> FleetView:
    return asyncio.run(incident.story(240))


async def answered(stage: Stage, *reports: object) -> StillAsking:
    """Let the fleet know who fills the store; return who is asked."""
    asking = StillAsking(*([incident.report()] if not reports else []))
    stage.main.asking = asking
    return asking


async def test_w_on_a_host_asks_who_fills_its_worst_level(filling: FleetView) -> None:
    async with opened(filling) as stage:
        asking = await answered(stage)
        await stage.press("w")
        assert stage.main.place == Place(View.WRITERS, *STORE)
        await stage.until(lambda: "systemd-journal" in stage.text)
        assert asking.asked == [STORE]
        assert "/home: another filesystem" in stage.text
        await stage.press("escape")
        assert stage.main.place == Place(View.FLEET)


async def test_it_is_asked_again_while_it_is_looked_at_and_not_while_paused(
    filling: FleetView,
) -> None:
    async with opened(filling) as stage:
        asking = await answered(stage)
        await stage.press("w")
        await stage.until(lambda: len(asking.asked) == 1)
        for _ in range(8):
            stage.main._inquire()
            await stage.settled()
        known = len(asking.asked)
        assert known > 1
        for keys in (("p",), ("p", "escape")):
            await stage.press(*keys)
            for _ in range(8):
                stage.main._inquire()
            await stage.settled()
            assert len(asking.asked) == known


async def test_why_nobody_answers_is_said_and_no_key_waits_for_it(filling: FleetView) -> None:
    async with opened(filling) as stage:
        await stage.press("3", "j", "w")
        await stage.until(lambda: "cannot be asked who fills" in stage.text)
        await stage.press("1")
        assert stage.main.place.view is View.FLEET


async def test_r_lists_what_helps_and_enter_plans_it(filling: FleetView) -> None:
    async with opened(filling) as stage:
        await answered(stage)
        await stage.press("enter", "r")
        assert stage.main.place == Place(View.RELIEF, *STORE)
        assert "grow" in stage.text
        await stage.press("g")
        while "grow" not in (stage.main.grid.listing.cursor or ""):
            await stage.press("j")
        await stage.press("enter")
        assert isinstance(await ready(stage), PlanDialog)
        assert "grow dm:live-rw on local" in stage.text
        assert begun(stage) == []
        await stage.press("enter")
        assert begun(stage) == []
        assert len(stage.app.screen_stack) == 1


async def test_one_key_beside_relief_lets_go_of_the_ballast(filling: FleetView) -> None:
    async with opened(filling) as stage:
        await answered(stage)
        await stage.press("enter", "r", "b")
        assert isinstance(await ready(stage), PlanDialog)
        ((host, wish),) = stage.fleet.deeds.wished
        assert (host, wish) == ("local", Wish(Verb.RELEASE, Clean(""), level=Clean("dm:live-rw")))


async def test_a_ballast_is_of_the_size_that_is_configured(filling: FleetView) -> None:
    async with opened(filling, size=(120, 40)) as stage:
        stage.main.ballast = Ballast(4 << 20, 9)
        await stage.press("3")
        await stage.type("/level=tmpfs\n")
        await stage.press("r", "G")
        while "hold" not in (stage.main.grid.listing.cursor or ""):
            await stage.press("k")
        await stage.press("enter")
        assert isinstance(await ready(stage), PlanDialog)
        ((_, wish),) = stage.fleet.deeds.wished
        assert (wish.verb, wish.size, wish.inodes) == (Verb.HOLD, 4 << 20, 9)


async def test_a_size_is_asked_for_and_counts_from_what_the_level_holds(
    filling: FleetView,
) -> None:
    async with opened(filling) as stage:
        await stage.press("3", "a", "m")
        assert isinstance(stage.app.screen, Form)
        assert "+25%, +50%, +100%, 8G" in stage.text
        await stage.type("+50%")
        await stage.press("enter")
        assert isinstance(await ready(stage), PlanDialog)
        ((host, wish),) = stage.fleet.deeds.wished
        assert (host, wish.verb, wish.level, wish.size) == (
            "local",
            Verb.GROW,
            "dm:live-rw",
            6 * GIB,
        )


async def test_a_size_that_is_none_is_refused_with_what_is_one(filling: FleetView) -> None:
    async with opened(filling) as stage:
        await stage.press("3", "a", "m")
        await stage.type("much")
        await stage.press("enter")
        assert "no size like 512M, 2G, +256M or +50%" in stage.told
        await stage.type(":grow more\n")
        assert "no size like 512M" in stage.told


async def test_what_cannot_grow_says_why(filling: FleetView) -> None:
    async with opened(filling, size=(120, 30)) as stage:
        await stage.press("3")
        await stage.type("/level=mem\n")
        await stage.press("a", "m")
        assert "memory cannot be made larger here" in stage.text
        assert stage.fleet.deeds.wished == []


async def test_an_event_of_a_store_leads_to_it_and_is_acknowledged(filling: FleetView) -> None:
    async with opened(filling) as stage:
        await stage.press("7", "j")
        event = next(each for each in filling.events if each.item == "dm:live-rw")
        here = subject(stage.main.grid.listing, stage.main.place)
        assert here == Place(View.LEVEL, *STORE)
        await stage.press("o")
        assert stage.fleet.acknowledged == {event.key}
        known = tuple(
            replace(each, acknowledged=each.key in stage.fleet.acknowledged)
            for each in filling.events
        )
        await stage.show(replace(filling, events=known))
        assert [" ok " in line for line in stage.lines[:-2] if " act " in line] == [
            each.item == "dm:live-rw" for each in reversed(filling.events)
        ]
        await stage.press("enter")
        assert stage.main.place == Place(View.LEVEL, *STORE)


async def test_marked_events_are_acknowledged_together(filling: FleetView) -> None:
    first = filling.events[0]
    another = replace(first, item=Clean("tmpfs:/tmp"), since=first.since + 1)
    async with opened(replace(filling, events=(first, another))) as stage:
        await stage.press("7", "space", "j", "space", "o")
        assert len(stage.fleet.acknowledged) == 2
        assert "2 acknowledged" in stage.told
        assert not stage.main.grid.listing.marks


async def test_that_relief_is_automatic_is_seen_everywhere(filling: FleetView) -> None:
    async with opened(replace(filling, auto=1)) as stage:
        for keys in ((), ("enter",), ("enter",), ("7",)):
            await stage.press(*keys)
            assert "AUTO-RELIEF" in stage.lines[0]


async def test_an_alert_rings_and_notifies_where_that_is_wished(filling: FleetView) -> None:
    from console.alerting import Alerting
    from screens.signals import Signals

    written: list[str] = []
    async with opened(replace(filling, events=())) as stage:
        stage.app.signals = Signals(Alerting(bell=True, osc9=True, least=State.FULL))
        assert stage.app._driver
        stage.app._driver.write = written.append  # type: ignore[assignment]
        act = next(each for each in filling.events if each.word is Word.ACT)
        full = replace(act, word=Word.FULL)
        await stage.show(replace(filling, events=(act,)))
        stage.app._tell()
        assert "".join(written).count("\a") == 0
        await stage.show(replace(filling, events=(act, full)))
        stage.app._tell()
        assert "\a\x1b" in "".join(written)
        assert f"]9;subdeck: local full: {full.text}"[:60] in "".join(written)

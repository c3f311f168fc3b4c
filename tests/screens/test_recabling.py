"""What becomes of a cable: chosen in the cables view, typed, or from the palette; then planned."""

from __future__ import annotations

import pytest

from console.fleet import FleetView
from console.plan import Verb, Wish
from console.recabling import recabling
from screens.form import Form
from screens.palette import offers
from screens.plan_dialog import PlanDialog
from tests.screens.acting import MTA, ready
from tests.screens.stage import Stage, opened

CABLE = ("4", "slash", *"mta0", "enter")
"""Puts the cursor on the cable of ``local/mta`` in the bridge."""


async def wished(stage: Stage) -> Wish:
    """Return what is planned, once it is."""
    await stage.until(lambda: isinstance(stage.app.screen, PlanDialog))
    await stage.until(lambda: bool(stage.fleet.deeds.wished))
    host, wish = stage.fleet.deeds.wished[-1]
    assert (host, wish.verb, wish.subhost) == ("local", Verb.CABLE, "mta")
    return wish


@pytest.mark.parametrize(
    ("letter", "line", "words"),
    [
        ("U", "", "up"),
        ("X", "", "no-bridge"),
        ("B", "br9", "bridge br9"),
        ("L", "7 br9", "vlan 7 br9"),
        ("D", "7", "no-vlan 7"),
        ("M", "2:0:0:0:0:9", "mac 02:00:00:00:00:09"),
    ],
)
async def test_a_letter_leads_to_a_plan_or_to_what_it_needs(
    seen: FleetView, letter: str, line: str, words: str
) -> None:
    async with opened(seen, size=(110, 40)) as stage:
        await stage.press(*CABLE, "a")
        assert "take it out of its bridge" in stage.text
        await stage.press(letter)
        if line:
            assert isinstance(stage.app.screen, Form)
            await stage.press("ctrl+u", *("space" if each == " " else each for each in line))
            await stage.press("enter")
        wish = await wished(stage)
        assert wish.recabling == recabling("mta0", words.split()), stage.text


async def test_a_bridge_of_its_host_is_offered_and_nonsense_is_said(seen: FleetView) -> None:
    async with opened(seen, size=(110, 40)) as stage:
        await stage.press(*CABLE, "a", "B")
        assert "a bridge of the host: br-lan" in stage.text
        await stage.press("escape", "a", "M", *"nonsense", "enter")
        assert "nonsense is not a MAC address" in stage.told
        assert not stage.fleet.deeds.wished


async def test_it_is_typed_and_offered_where_a_cable_is_followed(seen: FleetView) -> None:
    async with opened(seen, size=(110, 40)) as stage:
        await stage.press(*CABLE, "enter")
        (offer,) = (each for each in offers(stage.main) if each.how.endswith("a U"))
        assert offer.title == "up local/mta/mta0: set up all that is down on its way out"
        await stage.press("ctrl+p", *"up local/mta/mta0")
        await stage.until(lambda: "change, a U" in stage.text)
        await stage.press("enter")
        assert (await wished(stage)).recabling == recabling("mta0", ("up",))
        await ready(stage)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.main)
        await stage.press("colon", *"cable vlan 70", "enter")
        assert (await wished(stage)).recabling == recabling("mta0", ("vlan", "70"))


async def test_without_a_cable_there_is_nothing_to_change(seen: FleetView) -> None:
    async with opened(seen, size=(110, 40)) as stage:
        await stage.press(*MTA, "a")
        assert "take it out of its bridge" not in stage.text
        await stage.press("escape", "colon", *"cable up", "enter")
        assert "put the cursor on a cable" in stage.told
        await stage.press("colon", *"cable down", "enter")
        assert "'down' is none of: bridge BRIDGE, no-bridge" in stage.told
        assert not stage.fleet.deeds.wished

"""What a verb needs besides its target is asked for, offered where it is known, and planned."""

from __future__ import annotations

from console.clean import Clean
from console.fleet import FleetView
from console.plan import Verb, Wish
from screens.form import Form
from tests.screens.acting import MTA, ready
from tests.screens.stage import opened


async def test_a_signal_is_asked_for(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press(*MTA, "a", "i")
        assert "a signal: TERM, HUP" in stage.text
        await stage.press("enter")
        assert isinstance(stage.app.screen, Form)
        await stage.press(*"hup", "enter")
        await ready(stage)
        assert stage.fleet.deeds.wished == [
            (Clean("local"), Wish(Verb.KILL, Clean("mta"), signal=Clean("HUP")))
        ]


async def test_what_is_no_signal_is_said_to_be_none(seen: FleetView) -> None:
    async with opened(seen) as stage:
        for typed in ("'[/red]", "TERM web", "nothing"):
            await stage.press("2", "g", "j", "a", "i", *typed, "enter")
            assert stage.app.screen is stage.main
            assert "is not a signal" in stage.told
        assert stage.fleet.deeds.wished == []


async def test_folders_shared_are_offered_to_be_taken_back(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press(*MTA, "a", "n", "enter")
        await ready(stage)
        mail = Clean("/var/spool/mail")
        assert stage.fleet.deeds.wished[0][1].share == (mail, mail)


async def test_esc_asks_for_nothing(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press(*MTA, "a", "h", *"/srv", "escape")
        assert stage.app.screen is stage.main
        assert stage.fleet.deeds.wished == []

"""Rule zero: no bare letter changes anything, no key that was meant for something else."""

from __future__ import annotations

import os
from random import Random

import pytest
from textual.widgets import Input

from console.fleet import FleetView
from screens.confirm import Confirm
from screens.plan_dialog import PlanDialog
from tests.screens.acting import ENABLE, STOP, begun, ready, two
from tests.screens.stage import opened

SEEDS = 4 if "LEAKS" in os.environ else 1
KEYS = (
    *("enter", "y", "tab", "escape", "q", "space", "down", "up", "left", "right", "v", "1", "2"),
    *("shift+tab", "pagedown", "home", "end", "a", "t", "s", "ctrl+r", "n", "o", "yes", "mta"),
)


async def test_keys_meant_for_what_was_there_before_do_nothing(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.dialog.ARMED_AFTER", 600.0)
    async with opened(seen) as stage:
        for keys in (STOP, ENABLE):
            await stage.press(*keys)
            screen = stage.app.screen
            assert isinstance(screen, PlanDialog)
            await stage.press(
                "y", "enter", "tab", *"yes", "enter", "escape", "q", "space", "enter"
            )
            assert stage.app.screen is screen
            assert screen.query_one("#typed", Input).value == ""
            screen.dismiss()
            await stage.settled()
        assert begun(stage) == []


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_key_at_all_says_yes_while_a_dialog_opens(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("screens.dialog.ARMED_AFTER", 600.0)
    random = Random(seed)  # noqa: S311  it picks keys
    async with opened(seen) as stage:
        for _ in range(6):
            await stage.pilot.press(*random.choice((STOP, ENABLE)))
            keys = random.choices(KEYS, k=12)
            await stage.pilot.press(*(key for word in keys for key in _pressed(word)))
            await stage.settled()
            assert begun(stage) == []
            while stage.app.screen is not stage.main:
                stage.app.screen.dismiss()
                await stage.settled()
        assert stage.app.is_running


def _pressed(word: str) -> tuple[str, ...]:
    return tuple(word) if word in {"yes", "mta"} else (word,)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_bare_letter_changes_anything(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)  # noqa: S311  it picks keys
    letters = "abcdefghijklmnoprstuvwxz"  # y says yes, q may end it
    async with opened(two(seen)) as stage:
        for _ in range(120):
            await stage.press(random.choice(letters))
            if isinstance(stage.app.screen, Confirm):
                await ready(stage)
                await stage.press(random.choice(letters), "escape")
        assert begun(stage) == []
        assert stage.fleet.deeds.settled == []

"""The menu behind ``a``: all there is to do, what cannot be done greyed with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.fleet import FleetView
from console.plan import ON_BALLAST, ON_CABLES, ON_FILES, ON_IMAGES, ON_SUBHOSTS, Verb
from console.recabling import Change
from screens.form import Form
from screens.grid import KEYS as GRID_KEYS
from screens.menu import Menu
from screens.plan_dialog import PlanDialog
from screens.possible import CHANGES, LETTERS, VERBS
from screens.settle import Settle
from tests.screens.acting import MTA, two
from tests.screens.stage import Stage, opened


def line(stage: Stage, words: str) -> str:
    return next((line for line in stage.lines if words in line), "")


def test_every_verb_has_a_letter_and_none_is_a_key_of_tables() -> None:
    elsewhere = ON_FILES | ON_BALLAST | ON_IMAGES | ON_CABLES
    assert {*VERBS} == {*Verb} - elsewhere, "those are chosen where their gain is told"
    assert {*CHANGES} == {*Change}
    letters = [letter for table in (VERBS, CHANGES) for letter, *_ in table.values()]
    assert len({*letters}) == len(letters)
    bound = {key for binding in GRID_KEYS for key in str(getattr(binding, "key", "")).split(",")}
    assert not {*LETTERS} & bound
    assert len({*LETTERS}) == len(LETTERS)


async def test_it_lists_what_can_be_done_and_why_something_cannot(seen: FleetView) -> None:
    async with opened(seen, size=(100, 30)) as stage:
        await stage.press(*MTA, "a")
        assert isinstance(stage.app.screen, Menu)
        assert "local/mta  running" in stage.text
        assert "destructive" in line(stage, "stop it, its services first")
        assert "mta is running" in line(stage, " start ")
        assert "not now" in line(stage, " start ")
        await stage.press("s")
        assert isinstance(stage.app.screen, Menu)
        assert "start: mta is running" in stage.text
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1


@pytest.mark.parametrize(
    ("letter", "dialog"), [("t", PlanDialog), ("i", Form), ("h", Form), ("n", Form)]
)
async def test_a_letter_leads_to_a_plan_or_to_what_it_needs(
    seen: FleetView, letter: str, dialog: type
) -> None:
    async with opened(seen) as stage:
        await stage.press(*MTA, "a", letter)
        assert isinstance(stage.app.screen, dialog)
        assert stage.fleet.deeds.begun == []


async def test_letters_typed_on_at_once_reach_the_menu(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press(*MTA)
        await stage.pilot.press("a", "t")
        await stage.until(lambda: isinstance(stage.app.screen, PlanDialog))


async def test_marked_rows_are_counted_with_those_the_filter_hides(seen: FleetView) -> None:
    async with opened(two(seen), size=(100, 30)) as stage:
        await stage.press("2", "g", "space", "j", "space", "j", "space")
        await stage.press("slash", *"host=local", "enter", "a")
        assert "3 marked: " in stage.text
        assert "of them hidden by the filter" in stage.text
        await stage.press("p")
        await stage.until(lambda: isinstance(stage.app.screen, PlanDialog))
        assert "repair 3 subhosts on 2 hosts" in stage.text


async def test_some_of_the_marked_can_and_it_says_how_many(seen: FleetView) -> None:
    async with opened(seen, size=(120, 30)) as stage:
        await stage.press(*MTA, "space", "G", "space", "a")
        assert "1 of 2: dns is not running" in line(stage, " stop ")


async def test_a_host_offers_what_applies_to_it(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press("slash", *"pxe-04", "enter", "a")
        assert "look again" in stage.text
        assert "compare and accept its key" in stage.text
        assert "Enter opens the host" in stage.text
        assert "its services first" not in stage.text
        await stage.press("l")
        assert stage.fleet.asked == ["pxe-04"]


async def test_read_only_greys_all_that_changes_anything(seen: FleetView) -> None:
    async with opened(seen, size=(100, 30)) as stage:
        await stage.press("colon", *"ro", "enter")
        assert "[RO]" in stage.lines[0]
        await stage.press(*MTA, "a")
        assert stage.text.count("not now") == len(ON_SUBHOSTS) + 1
        assert "this console was made read-only: :rw REASON" in stage.text


async def test_a_killed_job_can_be_finished_or_taken_back(seen: FleetView) -> None:
    async with opened(seen, size=(100, 30)) as stage:
        await stage.press("6", "a")
        assert "it runs" in line(stage, " finish ")
        await stage.press("escape", "j", "a")
        assert "what became of it is not known: Ctrl-R looks" in line(stage, " roll-back ")
        await stage.press("escape", "j", "a", "b")
        assert isinstance(stage.app.screen, Settle)


async def test_an_unknown_host_before_the_fleet_is_there(seen: FleetView) -> None:
    async with opened(seen) as stage:
        stage.main.doing = None
        await stage.press(*MTA, "a", "t")
        assert isinstance(stage.app.screen, Menu)
        assert "still looking" in stage.text


async def test_without_a_row_there_is_nothing_to_do(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.show(replace(seen, contacts=(), jobs=()))
        await stage.press("2", "a")
        assert stage.app.screen is stage.main
        assert "put the cursor on a subhost" in stage.told

"""The screen as a whole: layers, the trail, sorting, copying, cancelling."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.command import CommandPalette

from console.clean import Clean
from console.fleet import FleetView
from screens.place import Place, View
from screens.prompt import Prompt
from tests.screens.stage import opened


async def test_enter_opens_and_esc_closes_one_layer_at_a_time(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("enter")
        assert stage.main.place == Place(View.HOST, "local")
        await stage.press("tab", "j", "enter")
        assert stage.main.place == Place(View.SUBHOST, "local", "mta")
        await stage.press("enter")
        level = stage.main.place
        assert (level.view, level.subhost) == (View.LEVEL, "mta")
        await stage.press("slash", "a", "ctrl+p")
        assert isinstance(stage.app.screen, CommandPalette)
        await stage.press("escape")
        assert stage.main.typing == "/"
        assert len(stage.app.screen_stack) == 1
        await stage.press("enter")
        assert stage.main.grid.stand.filter == "a"
        assert stage.main.place == level
        await stage.press("escape")
        assert stage.main.grid.stand.filter == ""
        assert stage.main.place == level
        for view in (View.SUBHOST, View.HOST, View.FLEET, View.FLEET, View.FLEET):
            await stage.press("escape")
            assert stage.main.place.view is view
        assert stage.app._exit is False


async def test_esc_goes_back_the_way_one_came(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("3", "j", "j", "enter")
        assert stage.main.place.view is View.LEVEL
        assert "fleet > fill > " in stage.lines[0]
        await stage.press("escape")
        assert stage.main.place == Place(View.FILL)
        assert stage.cursor == 2


async def test_help_is_about_the_view_is_searched_and_closes_by_its_own_key(
    seen: FleetView,
) -> None:
    async with opened(seen, size=(80, 50)) as stage:
        await stage.press("2", "question_mark")
        assert "log of this subhost" in stage.text
        await stage.press("slash")
        await stage.type("pause")
        assert len(stage.main.grid.listing.rows) == 2
        await stage.press("enter", "question_mark")
        assert stage.main.place == Place(View.SUBHOSTS)
        await stage.press("question_mark", "escape", "escape")
        assert stage.main.place == Place(View.SUBHOSTS)


async def test_the_trail_restores_filter_sort_and_cursor_by_identity(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("enter", "tab", "S", "j", "j")
        await stage.press("slash")
        await stage.type("run")
        await stage.press("enter", "j")
        before, focus = stage.main.grid.stand, stage.main.focused
        assert before.filter == "run"
        assert before.order
        await stage.press("3", "4")
        await stage.press("left_square_bracket", "left_square_bracket")
        assert stage.main.place == Place(View.HOST, "local")
        assert stage.main.grid.stand == before
        assert stage.main.focused is focus
        await stage.press("right_square_bracket")
        assert stage.main.place == Place(View.FILL)
        await stage.press("minus")
        assert stage.main.grid.stand == before
        await stage.press("minus")
        assert stage.main.place == Place(View.FILL)


@pytest.mark.parametrize("there", [("tab", *"jjjjj"), ("2", "j", "enter", "j")])
async def test_coming_back_scrolls_nothing_away_that_has_room(
    seen: FleetView, there: tuple[str, ...]
) -> None:
    async with opened(seen, size=(80, 20)) as stage:
        await stage.press(*there)
        before, stood = stage.lines, stage.main.grid.stand
        for away in ("5", "3", "4"):
            await stage.press(away, "minus")
            await stage.until(lambda: stage.lines == before)
            assert stage.main.grid.stand == stood


async def test_a_log_is_read_from_its_end(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.reach(View.LOG)
        assert stage.cursor == len(stage.main.grid.listing.rows) - 1
        assert "postfix/master: daemon started" in stage.text


@pytest.mark.parametrize(
    ("keys", "copied"),
    [
        ((), "local"),
        (("tab",), "tmpfs:/tmp"),
        (("2", "j"), "local/mta"),
        (("4",), "br-lan"),
        (("4", "tab"), "web0"),
        (("2", "j", "enter", "l"), "postfix/master: daemon started"),
    ],
)
async def test_what_is_copied_is_what_commands_take(
    seen: FleetView, keys: tuple[str, ...], copied: str
) -> None:
    async with opened(seen) as stage:
        await stage.press(*keys, "c")
        assert stage.app.clipboard == copied
        assert stage.told == f"copied {copied}"


@pytest.mark.parametrize(("keys", "json"), [((), '"boot"'), (("tab",), '"id": "tmpfs:/tmp"')])
async def test_raw_is_the_json_of_the_row(
    seen: FleetView, keys: tuple[str, ...], json: str
) -> None:
    async with opened(seen, size=(80, 50)) as stage:
        await stage.press(*keys, "y")
        assert json in stage.text


async def test_sort_by_key_and_by_command(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("3", "N")
        assert stage.main.grid.listing.sort == ("level", False)
        await stage.press("S", "S")
        assert stage.main.grid.listing.sort == ("state", True)
        await stage.press("F")
        assert stage.main.grid.listing.sort == ("fill", False)
        await stage.press("A")
        assert stage.told == "this table has no column age"
        await stage.press("colon")
        await stage.type("sort used\n")
        assert stage.main.grid.listing.sort == ("used", False)
        await stage.press("1", "A")
        assert stage.main.grid.listing.sort == ("age", False)


async def test_what_was_typed_does_not_outlive_its_cancelling(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("3", "slash", "a", "ctrl+c")
        stage.main.post_message(Prompt.Typed("late"))
        await stage.settled()
        assert stage.main.typing == ""
        assert stage.main.grid.stand.filter == ""


@pytest.mark.parametrize("name", ["config", "upper", "work", "live"])
async def test_a_subhosts_own_paths_are_whole_on_80_columns(seen: FleetView, name: str) -> None:
    long = Clean("/srv/" + "x" * 65)
    (contact,) = seen.contacts
    assert contact.host
    mta = next(each for each in contact.host.subhosts if each.name == "mta")
    assert mta.overlay
    mta = replace(mta, config=long, overlay=replace(mta.overlay, upper=long, work=long, live=long))
    host = replace(contact.host, subhosts=(mta,))
    view = replace(seen, contacts=(replace(contact, host=host),))
    async with opened(view, target="local/mta") as stage:
        assert f"{name:<9}{long}" in stage.text


async def test_ctrl_c_cancels_first_and_never_quits(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("colon", "q", "ctrl+c")
        assert stage.main.typing == ""
        await stage.press("ctrl+p", "ctrl+c")
        assert stage.app.screen is stage.main
        await stage.press("ctrl+c", "ctrl+c", "ctrl+q", "ctrl+d")
        assert stage.told.startswith("q closes this view")
        assert stage.app._exit is False

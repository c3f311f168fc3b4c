"""Typing filters and commands."""

from __future__ import annotations

import pytest
from textual import events

from console.fleet import FleetView
from screens.place import Place, View
from tests.screens.stage import Stage, opened


async def command(stage: Stage, line: str) -> None:
    await stage.press("colon")
    await stage.type(f"{line}\n")


async def test_a_filter_works_while_it_is_typed_and_stays_visible(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("3")
        rows = len(stage.main.grid.listing.rows)
        await stage.press("slash")
        await stage.type("kind=tmpfs")
        assert 0 < len(stage.main.grid.listing.rows) < rows
        assert stage.lines[-2].startswith(" /kind=tmpfs")
        assert "Enter keep  Esc clear" in stage.lines[-1]
        await stage.press("enter")
        assert stage.main.typing == ""
        assert "/kind=tmpfs" in stage.lines[1]
        await stage.press("slash")
        assert stage.main.prompt.text == "kind=tmpfs"
        await stage.type(" !dev")
        assert not [row for row in stage.main.grid.listing.rows if "/dev" in row.key]
        await stage.press("ctrl+u")
        assert len(stage.main.grid.listing.rows) == rows


async def test_a_bad_expression_keeps_the_last_good_rows_and_says_so(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("3", "slash")
        await stage.type("tmpfs")
        good = stage.main.grid.listing.rows
        await stage.type("(")
        assert stage.main.grid.listing.rows == good
        assert "not a filter: tmpfs(" in stage.lines[1]
        await stage.press("backspace")
        assert "not a filter" not in stage.text


async def test_esc_in_the_prompt_clears_the_filter_and_leaves_the_view(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("3", "slash", "x", "x")
        assert not stage.main.grid.listing.rows
        assert "12 rows hidden by filter" in stage.text
        await stage.press("escape")
        assert stage.main.typing == ""
        assert len(stage.main.grid.listing.rows) == 12
        assert stage.main.place == Place(View.FILL)
        await stage.press("j")
        assert stage.cursor == 1


async def test_keys_are_letters_while_typing(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("slash", "q", "question_mark", "1", "p", "colon", "space", "O")
        assert stage.main.prompt.text == "q?1p: O"
        assert stage.main.place == Place(View.FLEET)
        assert stage.app._exit is False


async def test_a_view_and_its_filter_in_one_command(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await command(stage, "sub /web")
        assert stage.main.place == Place(View.SUBHOSTS)
        assert [row.key.split("\x1f")[1] for row in stage.main.grid.listing.rows] == ["web"]
        await command(stage, "sub lo*/m?a")
        assert [row.key.split("\x1f")[1] for row in stage.main.grid.listing.rows] == ["mta"]
        await command(stage, "sub")
        assert len(stage.main.grid.listing.rows) == 4


@pytest.mark.parametrize(
    ("line", "view"),
    [
        ("hosts", View.FLEET),
        ("fill", View.FILL),
        ("cables", View.CABLES),
        ("images", View.IMAGES),
        ("help", View.HELP),
    ],
)
async def test_commands_for_views(seen: FleetView, line: str, view: View) -> None:
    async with opened(seen) as stage:
        await stage.press("2")
        await command(stage, line)
        assert stage.main.place.view is view


async def test_other_commands(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await command(stage, "theme light")
        assert stage.app.theme == "subdeck-light"
        await command(stage, "pause")
        assert stage.main.sight.behind is not None
        await command(stage, "refresh")
        assert stage.fleet.refreshed == 1
        await command(stage, "mouse off")
        await command(stage, "fil")
        assert stage.told == ":fil is no command, did you mean :fill; :help lists them"
        await command(stage, "   ")
        await command(stage, ":")
        assert stage.app.is_running
        await stage.press("enter")
        await command(stage, "q")
        assert stage.app._exit


async def test_tab_completes_and_goes_on_to_the_next(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("colon", "t", "h", "tab")
        assert stage.main.prompt.text == "theme"
        typed = []
        for _ in range(4):
            await stage.press("tab")
            typed.append(stage.main.prompt.text)
        assert typed == ["theme dark", "theme light", "theme terminal", "theme"]
        await stage.press("shift+tab", "ctrl+u", "z", "tab")
        assert stage.main.prompt.text == "z"
        await stage.press("escape", "slash", "t", "tab")
        assert stage.main.prompt.text == "t"


async def test_what_is_typed_is_suggested_on(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("colon", *"the")
        assert stage.lines[-2].startswith(" :theme")


async def test_up_and_down_recall_what_was_said(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("colon", "up", "down")
        assert stage.main.prompt.text == ""
        await stage.press("escape")
        for line in ("fill", "sub", "sub"):
            await command(stage, line)
        await stage.press("colon", "up")
        assert stage.main.prompt.text == "sub"
        await stage.press("up", "up")
        assert stage.main.prompt.text == "fill"
        await stage.press("down", "down", "down")
        assert stage.main.prompt.text == ""
        await stage.press("up", "up", "enter")
        assert stage.main.place == Place(View.FILL)
        await stage.press("slash", "up")
        assert stage.main.prompt.text == ""


async def test_what_is_typed_in_one_go_is_all_part_of_the_line(seen: FleetView) -> None:
    async with opened(seen) as stage:
        for key in (":", "q", "u", "i", "t", "t"):
            name = {":": "colon"}.get(key, key)
            stage.app.post_message(events.Key(name, key))
        await stage.until(lambda: stage.main.prompt.text == "quitt")
        assert stage.app._exit is False

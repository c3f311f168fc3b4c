"""Terminals of few colours, of none, and of ASCII alone."""

from __future__ import annotations

import pytest

from console.fleet import FleetView
from screens.marks import UNICODE
from screens.place import View
from tests.screens.stage import opened


async def test_the_terminals_own_colours_are_all_that_reaches_it(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")
    async with opened(seen, theme="terminal") as stage:
        assert stage.app.theme == "ansi-light"
        for view in View:
            await stage.reach(view)
            colours = {
                colour
                for strip in stage.strips
                for segment in strip
                if segment.style
                for colour in (segment.style.color, segment.style.bgcolor)
                if colour
            }
            assert all(colour.triplet is None for colour in colours)


async def test_without_colour_states_are_words_and_the_cursor_is_seen(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(seen, size=(80, 40)) as stage:
        await stage.press("enter")
        for word in ("act", "watch", "ok", "broken", "running", "1 faulty"):
            assert word in stage.text
        cursor = next(strip for strip in stage.strips if strip.text.startswith("▶ act"))
        assert any(segment.style and segment.style.reverse for segment in cursor)
        for strip in stage.strips:
            for segment in strip:
                for colour in (
                    (segment.style.color, segment.style.bgcolor) if segment.style else ()
                ):
                    assert colour is None or colour.triplet is None or len({*colour.triplet}) == 1


async def test_ascii_is_ascii_in_every_view_and_message(seen: FleetView) -> None:
    async with opened(seen, ascii_only=True) as stage:
        for view in View:
            await stage.reach(view)
            assert stage.text.isascii(), view
        await stage.press("slash", "…", "ü")
        assert stage.text.isascii()
        await stage.press("escape")
        stage.main.say("→ " + UNICODE.levels)
        await stage.until(lambda: "> ????????" in stage.text)
        assert stage.text.isascii()
        await stage.press("ctrl+p")
        await stage.until(lambda: "[view, /]" in stage.text)
        assert stage.text.isascii()
        await stage.press("escape", "colon", "t")
        assert stage.text.isascii()
        await stage.show(FleetView())
        assert stage.text.isascii()

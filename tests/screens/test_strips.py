"""Lines in the colours of a theme, and without any."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip

from screens.grid import Grid
from screens.grid_draw import Drawn, Piece, Stance
from screens.page import Column, Gauge, Row, Table, Words
from screens.strips import changed_lines
from screens.theme import THEMES

COLUMNS = (Column("name", "Name", 10, grow=1), Column("used", "Used", 14))
ROWS = tuple(Row(name, (Words(name), Gauge(500))) for name in ("host0", "host1"))


def table(*rows: Row) -> Table:
    return Table("t", "Hosts", COLUMNS, rows)


class Deck(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.grid = Grid()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_mount(self) -> None:
        self.grid.focus()

    @property
    def strips(self) -> list[Strip]:
        """What is on the screen."""
        return self.screen._compositor.render_strips(self.size)


async def test_cursor_is_reversed_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Deck()
    async with app.run_test(size=(60, 8)) as pilot:
        app.grid.show(table(*ROWS))
        await pilot.pause()
        strip = app.strips[2]
        head = next(segment for segment in strip if segment.text.startswith("▶"))
        assert head.style is not None
        assert head.style.reverse
        assert all(
            colour is None or colour.triplet is None or len({*colour.triplet}) == 1
            for segment in strip
            if segment.style
            for colour in (segment.style.color, segment.style.bgcolor)
        )


async def test_another_theme_repaints_every_line() -> None:
    app = Deck()
    async with app.run_test(size=(60, 8)) as pilot:
        app.grid.show(table(*ROWS))
        await pilot.pause()
        dark = app.strips
        app.theme = "subdeck-light"
        await pilot.pause()
        light = app.strips
        for before, after in zip(dark, light, strict=True):
            assert before.text == after.text
            assert [s.style for s in before] != [s.style for s in after]


def line(*texts: str, stance: Stance = Stance.PLAIN) -> Drawn:
    return Drawn(tuple(map(Piece, texts)), stance)


@pytest.mark.parametrize(
    ("now", "before", "regions"),
    [
        ([line("abc", " " * 7)], [line("abc", " " * 7)], []),
        ([line("ab", "x", " " * 7)], [line("ab", "y", " " * 7)], [(2, 1)]),
        ([line("ab", "10/7", " " * 4)], [line("ab", "9/7", " " * 5)], [(2, 4)]),
        ([line("日本", "x", " " * 5)], [line("日本", "y", " " * 5)], [(4, 1)]),
        ([line("ab" * 5, stance=Stance.CURSOR)], [line("ab" * 5)], [(0, 10)]),
        ([line("ab", "c", " " * 7)], [line("ab", " " * 8)], [(2, 1)]),
        ([line("ab")], [], [(0, 10)]),
        ([], [line("ab", "        ")], [(0, 10)]),
    ],
)
def test_only_what_looks_different_is_painted(
    now: list[Drawn], before: list[Drawn], regions: list[tuple[int, int]]
) -> None:
    found = changed_lines(now, before, 10)
    assert [(region.x, region.width) for region in found] == regions
    assert all(region.height == 1 for region in found)

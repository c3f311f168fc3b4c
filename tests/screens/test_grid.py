"""The table widget: keys in, lines out, and nothing drawn twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.strip import Strip

from screens.grid import Grid
from screens.listing import Order
from screens.marks import ASCII, UNICODE, Glyphs
from screens.page import Column, Gauge, Row, Table, Words
from screens.theme import THEMES

COLUMNS = (
    Column("name", "Name", 10, grow=1),
    Column("used", "Used", 14),
    Column("rate", "Rate", 8, right=True, priority=1),
)


def row(key: str, name: str = "", used: int = 500, rate: str = "1K/s") -> Row:
    return Row(key, (Words(name or key), Gauge(used), Words(rate)))


def table(
    count: int = 5, key: str = "t", sort: str | None = None, *, descending: bool = False
) -> Table:
    rows = tuple(row(f"host{number}", used=number) for number in range(count))
    return Table(key, "Hosts", COLUMNS, rows, "No host is configured", sort, descending)


class CountingGrid(Grid):
    drawn = 0

    def render_line(self, y: int) -> Strip:
        self.drawn += 1
        return super().render_line(y)


class Deck(App[None]):
    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.grid = CountingGrid(glyphs)
        self.heard: list[Grid.Moved | Grid.Chosen] = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_mount(self) -> None:
        self.grid.focus()

    def on_grid_moved(self, message: Grid.Moved) -> None:
        self.heard.append(message)

    def on_grid_chosen(self, message: Grid.Chosen) -> None:
        self.heard.append(message)

    @property
    def lines(self) -> list[str]:
        """What the grid has on the screen."""
        strips = self.screen._compositor.render_strips(self.size)
        return [strip.text for strip in strips]


async def test_rows_titles_and_cursor_are_drawn_as_text() -> None:
    app = Deck()
    async with app.run_test(size=(50, 6)) as pilot:
        app.grid.show(table(3, sort="used", descending=True))
        await pilot.pause()
        assert app.lines[:5] == [
            " Hosts 1/3".ljust(50),
            "  Name                    Used ▼              Rate",
            "▶ host2                   ╸───────  0.2%      1K/s",
            "  host1                   ╸───────  0.1%      1K/s",
            "  host0                   ────────  0.0%      1K/s",
        ]


async def test_ascii_uses_nothing_else() -> None:
    app = Deck(ASCII)
    async with app.run_test(size=(60, 8)) as pilot:
        app.grid.show(table(4, sort="name"))
        app.grid.set_filter("host")
        await pilot.press("j", "space")
        assert all(line.isascii() for line in app.lines)
        assert app.lines[3].startswith(">*host1")


async def test_a_view_that_looks_the_same_draws_nothing() -> None:
    app = Deck()
    async with app.run_test(size=(60, 20)) as pilot:
        app.grid.show(table(50))
        await pilot.pause()
        app.grid.drawn = 0
        app.grid.show(table(50))
        await pilot.pause()
        assert app.grid.drawn == 0


async def test_only_lines_that_changed_are_drawn() -> None:
    app = Deck()
    async with app.run_test(size=(60, 20)) as pilot:
        first = table(50)
        app.grid.show(first)
        await pilot.pause()
        app.grid.drawn = 0
        rows = list(first.rows)
        rows[3] = row("host3", used=900)
        rows[40] = row("host40", used=900)
        app.grid.show(replace(first, rows=tuple(rows)))
        await pilot.pause()
        assert app.grid.drawn == 1
        app.grid.drawn = 0
        await pilot.press("j")
        assert app.grid.drawn == 3
        assert "90.0%" in app.lines[5]


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (["j", "down", "k"], "host1"),
        (["G"], "host99"),
        (["end", "up"], "host98"),
        (["G", "g"], "host0"),
        (["end", "home"], "host0"),
        (["ctrl+f"], "host8"),
        (["pagedown", "pagedown", "ctrl+b"], "host8"),
        (["k"], "host0"),
        (["pageup"], "host0"),
    ],
)
async def test_keys_move_the_cursor_and_keep_it_in_sight(keys: list[str], key: str) -> None:
    app = Deck()
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.show(table(100))
        await pilot.press(*keys)
        await pilot.pause()
        assert app.grid.listing.cursor == key
        assert sum(line.startswith(f"▶ {key} ") for line in app.lines) == 1
        assert app.heard[-1].key == key


async def test_the_cursor_stays_with_its_row_while_the_order_changes() -> None:
    app = Deck()
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.show(table(100, sort="used"))
        await pilot.press("j", "j")
        app.heard.clear()
        app.grid.set_sort("used")
        await pilot.pause()
        assert app.grid.listing.cursor == "host2"
        assert any(line.startswith("▶ host2 ") for line in app.lines)
        assert app.heard == []


async def test_enter_and_double_click_choose() -> None:
    app = Deck()
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.show(table(5))
        await pilot.press("j", "enter")
        await pilot.click(app.grid, offset=(5, 5), times=2)
        await pilot.click(app.grid, offset=(5, 0))
        await pilot.click(app.grid, offset=(5, 9))
        chosen = [message.key for message in app.heard if isinstance(message, Grid.Chosen)]
        assert chosen == ["host1", "host3"]
        assert app.grid.listing.cursor == "host3"


async def test_marks_and_filter_are_told_in_the_title() -> None:
    app = Deck()
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.show(table(8))
        await pilot.press("space", "j", "j", "ctrl+@")
        assert app.grid.listing.marked == ("host0", "host1", "host2")
        assert app.grid.set_filter("name=host[12]$") is None
        await pilot.pause()
        said = " Hosts 2/2  6 hidden  3 marked, 1 hidden by filter  /name=host[12]$"
        assert app.lines[0].rstrip() == said[:59] + "…" * (len(said) > 60)
        assert app.grid.set_filter("name=[") is not None
        await pilot.pause()
        assert len(app.grid.listing.rows) == 2
        app.grid.set_filter("")
        await pilot.press("ctrl+backslash")
        assert not app.grid.listing.marked
        assert app.lines[0].strip() == "Hosts 3/8"


async def test_a_bad_filter_says_so_and_keeps_the_last_good_rows() -> None:
    app = Deck()
    async with app.run_test(size=(90, 6)) as pilot:
        app.grid.show(table(8))
        app.grid.set_filter("host3")
        app.grid.set_filter("host3(")
        await pilot.pause()
        assert "not a filter: host3(: missing )" in app.lines[0]
        assert app.lines[2].startswith("▶ host3")


async def test_no_row_says_why() -> None:
    app = Deck()
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.show(table(0))
        await pilot.press("j", "space", "ctrl+@", "enter", "O", "G")
        assert app.lines[2].strip() == "No host is configured"
        app.grid.show(table(3))
        app.grid.set_filter("nothing")
        await pilot.pause()
        assert app.lines[2].strip() == "3 rows hidden by filter"
        assert app.heard[-1].key is None


async def test_the_column_cursor_sorts_and_flips() -> None:
    app = Deck()
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.show(table(3, sort="name"))
        await pilot.press("shift+right", "O")
        assert app.grid.listing.sort == ("used", False)
        assert "Used ▲" in app.lines[1]
        await pilot.press("O")
        assert "Used ▼" in app.lines[1]
        assert app.lines[2].startswith("▶ host2")
        await pilot.press("shift+left", "shift+left", "O")
        assert app.grid.listing.sort == ("name", False)


async def test_a_stand_is_come_back_to() -> None:
    app = Deck()
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.show(table(100))
        app.grid.set_sort("used")
        app.grid.set_filter("host")
        await pilot.press("G", "k", "k")
        before, seen = app.grid.stand, app.lines
        assert before.order == Order("used")
        app.grid.show(table(3, key="other"))
        await pilot.pause()
        assert app.grid.listing.cursor == "host0"
        assert app.grid.stand.filter == ""
        app.grid.show(table(100))
        app.grid.restore(before)
        await pilot.pause()
        assert app.grid.stand == before
        assert app.lines == seen


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 1), (1, 9), (80, 1), (80, 2), (7, 3)])
async def test_any_size_works_and_shows_the_cursor(size: tuple[int, int]) -> None:
    app = Deck()
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.show(table(30))
        await pilot.press("G")
        await pilot.resize_terminal(*size)
        await pilot.press("k", "j", "shift+right")
        assert [cell_len(line) for line in app.lines] == [size[0]] * size[1]
        assert sum(line.startswith("▶") for line in app.lines) == 1
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.lines[-1].startswith("▶ host29")


async def test_ten_thousand_rows_draw_only_what_is_seen() -> None:
    app = Deck()
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.drawn = 0
        app.grid.show(table(10_000, sort="used", descending=True))
        await pilot.press("G")
        assert app.grid.listing.cursor == "host0"
        assert app.grid.drawn <= 5 * 24


async def test_the_other_keys_for_marks_and_a_mark_that_takes_the_last_line() -> None:
    app = Deck()
    async with app.run_test(size=(60, 6)) as pilot:
        app.grid.show(replace(table(20), title=""))
        await pilot.press("G", "space")
        assert app.lines[0].startswith(" 20/20  1 marked")
        assert app.lines[-1].startswith("▶●host19 ")
        await pilot.press("k", "V")
        assert app.grid.listing.marked == ("host18", "host19")
        await pilot.press("u")
        assert not app.grid.listing.marked

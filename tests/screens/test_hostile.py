"""Text that means harm is drawn as what it is: literal, inert, one line, columns aligned."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.strip import Strip

from screens.grid import Grid
from screens.page import Column, Gauge, Line, Row, Table, Words
from screens.paragraph import Paragraph

COLUMNS = (
    Column("name", "Name", 10, grow=1),
    Column("used", "Used", 14),
    Column("rate", "[/red]\x1b[2J", 8, right=True),
)
HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\",
    "[@click=app.quit]x[/]",
    "[/red]",
    "[a=b][bold]",
    "one\ntwo\r\tthree\u2028four",
    "e" + "\u0301" * 500_000,
    "日本語ホスト名がとても長い",
    "abc\u202etxt.exe\u200b",
    "\x9b2J\udcff\x00",
    "x" * 100_000,
)


class Deck(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.facts = Paragraph()
        self.grid = Grid()

    def compose(self) -> ComposeResult:
        yield self.facts
        yield self.grid

    @property
    def strips(self) -> list[Strip]:
        """What is on the screen."""
        return self.screen._compositor.render_strips(self.size)


async def test_hostile_text_is_literal_inert_and_one_line() -> None:
    app = Deck()
    rows = tuple(
        Row(str(number), (Words(text), Gauge(500), Words(text)))
        for number, text in enumerate(HOSTILE)
    )
    async with app.run_test(size=(70, 24)) as pilot:
        app.grid.show(Table("t", HOSTILE[0], COLUMNS, rows))
        app.facts.show(tuple(Line((Words(text), Words(" end"))) for text in HOSTILE))
        await pilot.pause()
        everything = [strip.text for strip in app.strips]
        assert len(everything) == 24
        for line in everything:
            assert cell_len(line) == 70
            assert line.isprintable()
        assert "▶ [31mred]0;title" in everything[12]
        shown = [line for line in everything if "50.0%" in line]
        assert len(shown) == len(HOSTILE)
        bars = {cell_len(line[: line.index("━")]) for line in shown}
        assert len(bars) == 1
        assert "[@click=app.quit]x[/]" in everything[1]
        assert "one" in everything[4]
        for y in (1, 2, 13, 14):
            await pilot.click(offset=(3, y), times=2)
        assert app.is_running
        style_metas = [
            segment.style.meta for strip in app.strips for segment in strip if segment.style
        ]
        assert not any("@click" in meta for meta in style_metas)


async def test_hostile_filters_are_shown_inertly() -> None:
    app = Deck()
    async with app.run_test(size=(70, 6)) as pilot:
        app.grid.show(Table("t", "T", COLUMNS, (Row("k", (Words("x"),)),)))
        for text in HOSTILE[:5]:
            app.grid.set_filter(text)
            await pilot.pause()
            assert all(
                line.isprintable() and cell_len(line) == 70
                for line in (strip.text for strip in app.strips)
            )

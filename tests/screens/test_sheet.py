"""Lines of a window: each made once for as long as its row stays the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.geometry import Size

from screens import sheet
from screens.grid_draw import Drawn, Stance, row_line
from screens.listing import Listing
from screens.marks import UNICODE
from screens.page import Column, Gauge, Row, Table, Words
from screens.sheet import Sheet, View

COLUMNS = (
    Column("name", "NAME", 6),
    Column("level", "LEVEL", 8, priority=1),
    Column("fill", "FILL", 12),
    Column("age", "AGE", 5, right=True),
)
SIZE = Size(40, 6)
WINDOW = View(0, 1, Stance.CURSOR, None)


def row(name: str, used: int = 500, *, old: bool = False) -> Row:
    return Row(name, (Words(name), Words("/tmp"), Gauge(used, old=old), Words("now")))  # noqa: S108  a mount


def shown(*rows: Row) -> Listing:
    return Listing(Table("t", "", COLUMNS, rows)).at(0)


def text(line: Drawn) -> str:
    return "".join(piece.text for piece in line.pieces)


def test_a_line_is_made_again_only_when_its_row_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counting(row: Row, *args: object, **more: object) -> Drawn:
        made.append(row.key)
        return row_line(row, *args, **more)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(sheet, "row_line", counting)
    drawing, first = Sheet(UNICODE), shown(row("a"), row("b"))
    drawing.lines(first, SIZE, WINDOW)
    drawing.lines(shown(row("a"), row("b")), SIZE, WINDOW)
    assert made == ["a", "b"]
    for _ in range(3):
        drawing.lines(shown(row("a"), row("b", 900)), SIZE, WINDOW)
    assert made == ["a", "b", "b"]
    drawing.lines(shown(row("a"), row("b", 900)).moved(1), SIZE, WINDOW)
    assert made == ["a", "b", "b", "a", "b"]


def test_what_is_old_is_marked_without_colour() -> None:
    new, old = Sheet(UNICODE).lines(shown(row("a"), row("b", old=True)), SIZE, WINDOW)[1:3]
    assert " 50.0%" in text(new)
    assert "~50.0%" in text(old)


@pytest.mark.parametrize(("width", "room"), [(40, 21), (30, 12)])
def test_a_cell_may_span_the_columns_that_are_drawn(width: int, room: int) -> None:
    why = Words("timeout: no answer at all", span=2)
    spanning = replace(row("c"), cells=(Words("c"), why, Words(""), Words("-")))
    lines = Sheet(UNICODE).lines(shown(row("a"), spanning), Size(width, 6), WINDOW)
    said = text(lines[2])
    assert len(said) == width
    assert said[9:].lstrip().startswith("timeout: n")
    assert said.rstrip().endswith("-")
    assert len(said[: said.index("…")].split("c", 1)[1].strip()) <= room

"""The widget above tables: shows lines of running text, drawing only those that changed.

``paragraph.show(page.lines)`` takes every newer version; equal lines draw nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich.cells import chop_cells
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from screens.grid_draw import Drawn, text_line
from screens.marks import UNICODE, Glyphs, cells
from screens.page import Cell, Line, Words
from screens.strips import Strips, changed_lines


class Paragraph(Widget):
    """Facts, one a line, as high as there are lines; one that hangs takes further ones."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Paragraph { height: auto; background: $background; color: $foreground; }"

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._glyphs = glyphs
        self._strips = Strips()
        self._said: tuple[Line, ...] = ()
        self._lines: list[Drawn] = []
        self._drawn_width = 0

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show a newer version of the lines."""
        if lines == self._said:
            return
        before, self._said = self._lines, lines
        self._compose_lines()
        taller = len(before) != len(self._lines)
        if changed := changed_lines(self._lines, before, self.size.width):
            self.refresh(*changed, layout=taller)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(flowed(self._said, width))

    def render_line(self, y: int) -> Strip:
        if self._drawn_width != self.size.width:
            self._compose_lines()
        line = self._lines[y] if y < len(self._lines) else Drawn()
        return self._strips.strip(line, self.app.current_theme, self.rich_style)

    def _compose_lines(self) -> None:
        self._drawn_width = self.size.width
        lines = flowed(self._said, self._drawn_width)
        self._lines = [text_line(line, self._glyphs, self._drawn_width) for line in lines]


def flowed(lines: Iterable[Line], width: int) -> list[Line]:
    """Return the lines of a screen of ``width`` cells; before the first layout nothing is cut."""
    return [part for line in lines for part in _parts(line, width)]


def _parts(line: Line, width: int) -> Iterator[Line]:
    if line.hang is None or width <= 0:
        yield line
        return
    begin: tuple[Cell, ...] = (Words(" " * min(line.hang, width // 2)),)
    taken: tuple[Cell, ...] = ()
    for unit in _fitting(line, width - min(line.hang, width // 2)):
        longer = _closed((*taken, *unit))
        said = "".join(cell.text for cell in longer if isinstance(cell, Words))
        if taken not in ((), begin) and cells(said, width + 1) > width:
            yield replace(line, pieces=_closed(taken))
            taken = begin
        taken = (*taken, *unit)
    yield replace(line, pieces=_closed(taken))


def _fitting(line: Line, room: int) -> Iterator[tuple[Cell, ...]]:
    """Yield pieces that stay together; where they alone are too long for a line, their parts."""
    for unit in _units(line):
        match unit:
            case [Words(text=text) as word] if cells(text.rstrip(" "), room + 1) > room > 1:
                yield from ((replace(word, text=part),) for part in chop_cells(text, room))
            case _:
                yield tuple(unit)


def _closed(pieces: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return the pieces without blanks at the end, for which there need be no room."""
    if pieces and isinstance(last := pieces[-1], Words):
        return (*pieces[:-1], replace(last, text=last.text.rstrip(" ")))
    return pieces


def _units(line: Line) -> Iterator[list[Cell]]:
    """Yield pieces that stay together."""
    unit: list[Cell] = []
    for piece in line.pieces:
        unit.append(piece)
        if isinstance(piece, Words) and piece.text.endswith(" "):
            yield unit
            unit = []
    if unit:
        yield unit

"""The widget above tables: shows lines of running text, drawing only those that changed.

``paragraph.show(page.lines)`` takes every newer version; equal lines draw nothing.
"""

from __future__ import annotations

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from screens.grid_draw import Drawn, text_line
from screens.marks import UNICODE, Glyphs
from screens.page import Line
from screens.strips import Strips, changed_lines


class Paragraph(Widget):
    """Facts, one a line, as high as there are lines."""

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
        taller = len(lines) != len(self._said)
        before, self._said = self._lines, lines
        self._compose_lines()
        if changed := changed_lines(self._lines, before, self.size.width):
            self.refresh(*changed, layout=taller)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._said)

    def render_line(self, y: int) -> Strip:
        if self._drawn_width != self.size.width:
            self._compose_lines()
        line = self._lines[y] if y < len(self._lines) else Drawn()
        return self._strips.strip(line, self.app.current_theme, self.rich_style)

    def _compose_lines(self) -> None:
        self._drawn_width = self.size.width
        self._lines = [text_line(line, self._glyphs, self._drawn_width) for line in self._said]

"""The lines of a window on a listing, each made once for as long as its row stays the same.

``sheet.lines(listing, size, view)`` costs what changed since the last call, not what is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.geometry import Size

from screens.grid_draw import Drawn, Stance, empty_line, header_line, row_line, title_line
from screens.layout import Layout, layout
from screens.listing import Listing
from screens.marks import Glyphs
from screens.page import Row

_KEPT = 512
"""Lines kept; a window shows fewer."""


@dataclass(frozen=True, slots=True)
class View:
    """What part of a listing is in the window."""

    first: int
    """Rows scrolled out at the top."""
    pinned: int
    """0: rows only, 1: column titles above them, 2: the table's title above those."""
    stance: Stance
    """How the cursor's line is drawn."""
    column: str | None
    """The column that the column cursor is on."""


def pinned(listing: Listing, height: int) -> int:
    """Return how many lines stay above the rows; there is always room left for one row."""
    table = listing.table
    titled = bool(table.title or listing.chosen.text or listing.bad or listing.marks)
    return max(min(1 + titled, height - 1), 0)


class Sheet:
    """Draws one listing after the other for one widget."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self.layout: Layout = layout((), 0)
        # not Textual's LRUCache: that one keeps the first value of a key whatever is set later
        self._rows: dict[str, tuple[Row, Stance, bool, Drawn]] = {}

    def lines(self, listing: Listing, size: Size, view: View) -> list[Drawn]:
        """Return exactly ``size.height`` lines, each ``size.width`` cells wide or blank."""
        width, height = size
        now = layout(listing.table.columns, width)
        if now != self.layout:
            self.layout = now
            self._rows.clear()
        above = [
            title_line(listing, self.glyphs, width),
            header_line(self.layout, listing, view.column, self.glyphs),
        ]
        drawn = above[len(above) - view.pinned :]
        for row in listing.rows[view.first : view.first + height - view.pinned]:
            here = view.stance if row.key == listing.cursor else Stance.PLAIN
            drawn.append(self._row(row, here, row.key in listing.marks))
        if not listing.rows:
            drawn.append(empty_line(listing, self.glyphs, width))
        return (drawn + [Drawn()] * (height - len(drawn)))[:height]

    def _row(self, row: Row, stance: Stance, marked: bool) -> Drawn:
        known = self._rows.get(row.key)
        same = known is not None and known[1] is stance and known[2] is marked
        if known and same and (known[0] is row or known[0] == row):
            return known[3]
        if len(self._rows) >= _KEPT:
            self._rows.clear()
        drawn = row_line(row, self.layout, stance, marked=marked, glyphs=self.glyphs)
        self._rows[row.key] = (row, stance, marked, drawn)
        return drawn

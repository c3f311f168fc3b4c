"""The table widget: shows a ``Table`` of a page, drawing only the lines that changed.

``grid.show(table)`` takes every newer version of the table; one that looks the same draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.filter import BadFilter
from screens.grid_draw import Drawn, Stance
from screens.listing import Listing, Stand
from screens.marks import UNICODE, Glyphs
from screens.page import Table
from screens.sheet import Sheet, View, pinned
from screens.strips import Strips, changed_lines

KEYS: list[BindingType] = [
    Binding("j,down", "move(1)", "Down", show=False),
    Binding("k,up", "move(-1)", "Up", show=False),
    Binding("g,home", "edge(-1)", "First", show=False),
    Binding("G,end", "edge(1)", "Last", show=False),
    Binding("ctrl+f,pagedown", "page(1)", "Page down", show=False),
    Binding("ctrl+b,pageup", "page(-1)", "Page up", show=False),
    Binding("shift+left", "column(-1)", "Column left", show=False),
    Binding("shift+right", "column(1)", "Column right", show=False),
    Binding("O", "sort", "Sort", show=False),
    Binding("space", "mark", "Mark", show=False),
    Binding("ctrl+@,ctrl+space,V", "mark_range", "Mark range", show=False),
    Binding("ctrl+backslash,u", "unmark", "Clear marks", show=False),
    Binding("enter", "choose", "Open", show=False),
]


class Grid(ScrollView, can_focus=True):
    """A table whose cursor and marks stay with their rows."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Grid { background: $background; color: $foreground; scrollbar-size: 0 0; }"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    @dataclass
    class Chosen(Message):
        """Enter or a double click on a row."""

        grid: Grid
        key: str

    @dataclass
    class Moved(Message):
        """The cursor is on another row; ``None``: there is none."""

        grid: Grid
        key: str | None

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.listing = Listing(Table("", "", (), ()))
        """What is shown; a value, to be read."""
        self._sheet = Sheet(glyphs)
        self._strips = Strips()
        self._column: str | None = None
        self._lines: list[Drawn] = []
        self._drawn_for = (Size(), Offset())
        self._offset: int | None = None

    @property
    def stand(self) -> Stand:
        """Where the reader stands, to come back to with ``restore``."""
        now = self.listing
        return Stand(now.order, now.chosen.text, now.cursor, self.scroll_offset.y)

    def show(self, table: Table, *, still: bool = False) -> None:
        """Show a newer table, or another (of another ``key``); ``still``: no row is to move."""
        if table.key != self.listing.table.key:
            self._column = None
            self._become(Listing(table).showing(table))
        elif table != self.listing.table:
            self._become(self.listing.showing(table, still=still))

    def set_filter(self, text: str) -> BadFilter | None:
        """Show only rows that ``text`` keeps; what is wrong with it, if it is no filter."""
        self._become(self.listing.filtered(text))
        return self.listing.bad

    def set_sort(self, key: str) -> None:
        """Sort by the column ``key``, or the other way round if that is the sort already."""
        self._become(self.listing.flipped(key))

    def restore(self, stand: Stand) -> None:
        """Come back to where the reader stood, as far as it still exists."""
        now = self.listing.ordered(stand.order)
        self._become(now.filtered(stand.filter).standing(stand.cursor))
        self._offset = stand.offset
        self._reveal()

    def action_move(self, by: int) -> None:
        self._become(self.listing.moved(by))

    def action_page(self, by: int) -> None:
        self._become(self.listing.moved(by * max(self.size.height - self._pinned, 1)))

    def action_edge(self, by: int) -> None:
        self._become(self.listing.moved(by * len(self.listing.rows)))

    def action_column(self, by: int) -> None:
        keys = [place.column.key for place in self._sheet.layout.places]
        if not keys:
            return
        here = self._column or self.listing.sort[0]
        step = keys.index(here) + by if here in keys else 0
        self._column = keys[min(max(step, 0), len(keys) - 1)]
        self._redraw()

    def action_sort(self) -> None:
        if key := self._column or self.listing.sort[0]:
            self.set_sort(key)

    def action_mark(self) -> None:
        self._become(self.listing.toggled())

    def action_mark_range(self) -> None:
        self._become(self.listing.ranged())

    def action_unmark(self) -> None:
        self._become(self.listing.unmarked())

    def action_choose(self) -> None:
        if self.listing.cursor is not None:
            self.post_message(self.Chosen(self, self.listing.cursor))

    def on_click(self, event: events.Click) -> None:
        line = event.get_content_offset_capture(self).y - self._pinned
        if line >= 0 and (row := self.scroll_offset.y + line) < len(self.listing.rows):
            self._become(self.listing.at(row))
            if event.chain == 2:
                self.action_choose()

    def on_resize(self) -> None:
        self._become(self.listing)
        self._reveal()

    def watch_has_focus(self, focused: bool) -> None:
        super().watch_has_focus(focused)
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if self._drawn_for != (self.size, self.scroll_offset):
            self._draw()
        return self._strips.strip(self._lines[y], self.app.current_theme, self.rich_style)

    @property
    def _pinned(self) -> int:
        return pinned(self.listing, self.size.height)

    def _become(self, listing: Listing) -> None:
        before, above, self.listing = self.listing, self._pinned, listing
        self.virtual_size = Size(self.size.width, self._pinned + max(len(listing.rows), 1))
        if (before.position, above) != (listing.position, self._pinned):
            self._offset = self._offset if before.position == listing.position else None
            self._reveal()
        self._redraw()
        if before.cursor != listing.cursor:
            self.post_message(self.Moved(self, listing.cursor))

    def _reveal(self) -> None:
        """Scroll no further than it takes to see the cursor, from where the reader stood."""
        here = self.listing.position or 0
        last = here - max(self.size.height - self._pinned, 1) + 1
        first = self.scroll_offset.y if self._offset is None else self._offset
        self.scroll_to(y=min(max(first, last), here), animate=False, force=True)

    def _redraw(self) -> None:
        """Have those lines drawn again that would look different."""
        before = self._lines
        self._draw()
        if changed := changed_lines(self._lines, before, self.size.width):
            self.refresh(*changed)

    def _draw(self) -> None:
        stance = Stance.CURSOR if self.has_focus else Stance.RESTING
        view = View(self.scroll_offset.y, self._pinned, stance, self._column)
        self._lines = self._sheet.lines(self.listing, self.size, view)
        self._drawn_for = (self.size, self.scroll_offset)

"""The middle of the screen: facts and up to three tables of one page, sharing the height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical

from screens.grid import Grid
from screens.listing import Stand
from screens.marks import Glyphs
from screens.page import TABLES, Page, Row, Table
from screens.paragraph import Paragraph, flowed
from screens.rows import host_of
from screens.sheet import pinned

_NOTHING = Table("", "", (), ())
_LEAST = 4
"""Lines a table gets at least: title, columns, two rows."""
_INDENT = 1
"""Cells left of running text."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a page was left, to come back to it."""

    stands: tuple[Stand, ...] = ()
    current: int = 0
    """Which table the keys went to."""


def shares(height: int, wanted: Sequence[int], focused: int) -> list[int]:
    """Return the lines each table gets of ``height``; the focused one is served first.

    Where not all of them fit, the focused one is seen and what it leaves is for the others.
    """
    given = [0] * len(wanted)
    order = [focused, *(each for each in range(len(wanted)) if each != focused)]
    for at_most in (_LEAST, height):
        for each in order if wanted else ():
            spare = max(height - sum(given), 0)
            given[each] += min(max(min(wanted[each], at_most) - given[each], 0), spare)
    return given


def facts_share(height: int, facts: int, tables: Sequence[int]) -> int:
    """Return the lines of running text above tables that want so many lines each."""
    left = height - sum(min(want, _LEAST) for want in tables)
    return max(min(facts, max(left, height // 2 - 3)), 0)


def _window(grid: Grid) -> tuple[Row, ...]:
    """Return the rows in the window of a table."""
    first, height = grid.scroll_offset.y, grid.size.height
    return grid.listing.rows[first : first + max(height - pinned(grid.listing, height), 0)]


class Body(Vertical):
    """Shows pages; its widgets stay, only what they show changes."""

    DEFAULT_CSS = "Body { height: 1fr; } Body Paragraph { height: auto; padding: 0 0 0 1; }"

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._facts = Paragraph(glyphs)
        self._grids = tuple(Grid(glyphs, id=f"table{number}") for number in range(TABLES))
        self._current = self._grids[0]
        self._page = Page("", (), ())

    def compose(self) -> ComposeResult:
        yield self._facts
        yield from self._grids

    @property
    def grid(self) -> Grid:
        """The table the keys go to, also while a line is being typed below."""
        self._current = next((grid for grid in self._shown if grid.has_focus), self._current)
        return self._current if self._current in self._shown else self._grids[0]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that rows in the window are about."""
        rows = ((grid.listing.table.key, row) for grid in self._shown for row in _window(grid))
        return tuple(dict.fromkeys(filter(None, (host_of(table, row) for table, row in rows))))

    @property
    def left(self) -> Left:
        """How the page would be left now."""
        return Left(tuple(grid.stand for grid in self._shown), self._grids.index(self.grid))

    def enter(self, page: Page, left: Left | None = None) -> None:
        """Show another page, each table as it was left."""
        for grid in self._grids:
            grid.show(_NOTHING)
            grid.restore(Stand())
        self.show(page)
        shown = self._shown
        if left:
            for grid, stand in zip(shown, left.stands, strict=False):
                grid.restore(stand)
        first = next((n for n, grid in enumerate(shown) if grid.listing.rows), 0)
        current = left.current if left else first
        if shown:
            self._focus(shown[min(current, len(shown) - 1)])

    def focus_grid(self) -> None:
        """Let the keys go to a table, where there is one."""
        if self._shown:
            self._focus(self.grid)

    def _focus(self, grid: Grid) -> None:
        # at once: `Widget.focus` only asks for it, and a page may be left before that is granted
        self.screen.set_focus(grid, scroll_visible=False)

    def show(self, page: Page, *, still: bool = False) -> None:
        """Show a newer version of the page; while ``still`` no row changes its place."""
        self._page = page
        self._facts.show(page.lines)
        for number, grid in enumerate(self._grids):
            table = page.tables[number] if number < len(page.tables) else _NOTHING
            grid.display = number < len(page.tables)
            grid.show(table, still=still)
        self.share_out()

    def set_filter(self, text: str) -> None:
        """Show only rows of the table in use that ``text`` keeps; others get the room."""
        self.grid.set_filter(text)
        self.share_out()

    def share_out(self) -> None:
        """Give every table its share of the height."""
        shown = self._shown
        wanted = [max(len(grid.listing.rows), 1) + 2 for grid in shown]
        lines_of_text = len(flowed(self._page.lines, self.size.width - _INDENT))
        facts = facts_share(self.size.height, lines_of_text, wanted)
        self._facts.styles.max_height = facts
        focused = shown.index(self.grid) if shown else 0
        lines = shares(self.size.height - facts, wanted, focused)
        for grid, height in zip(shown, lines, strict=True):
            if grid.styles.height is None or grid.styles.height.value != height:
                grid.styles.height = height

    def on_resize(self) -> None:
        self.share_out()

    def on_descendant_focus(self) -> None:
        self.share_out()

    @property
    def _shown(self) -> tuple[Grid, ...]:
        return self._grids[: len(self._page.tables)]

"""A page is data: what a view shows, before any widget draws it.

Views are pure functions ``model -> Page``; widgets diff pages by row key and version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from console.clean import Clean
from console.series import Series
from console.sparkline import heights

TABLES = 3
"""A page has so many at most."""


class Tone(StrEnum):
    """What a piece of text means; the theme decides how that looks."""

    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    WATCH = "watch"
    ACT = "act"
    BAD = "bad"
    ACCENT = "accent"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Words:
    """A cell of text."""

    text: Clean | str
    tone: Tone = Tone.PLAIN
    sort: float | str | None = None
    """Sort key where the text itself is not one."""
    span: int = 1
    """Columns it may take; the cells of the further ones are not drawn."""
    short: str = ""
    """Said in place of the text where there is no room for that."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A cell that shows a share as a bar and a percentage, quantised to tenths of a percent."""

    tenths: int | None
    """0..1000; ``None`` draws the note alone."""
    tone: Tone = Tone.GOOD
    note: Clean | str = ""
    """Drawn after the bar where there is room, alone when ``tenths`` is ``None``."""
    old: bool = False
    """Not as it is now but as it was seen last: marked, whatever the colours."""
    sort: float | None = None
    """Sort key in place of ``tenths``: what must not jump from row to row follows slowly."""


@dataclass(frozen=True, slots=True)
class Spark:
    """A cell that shows recent values as a sparkline, oldest first, each 0..7; -1 is a hole."""

    heights: tuple[int, ...]
    tone: Tone = Tone.DIM


@dataclass(frozen=True, slots=True)
class Trace:
    """A sparkline of the last ``seconds`` of a series, worked out only where it is drawn."""

    series: Series
    version: int
    """Another number where the series has gone on so far that it looks different."""
    cells: int
    seconds: float
    total: int | None
    tone: Tone = Tone.DIM

    @property
    def heights(self) -> tuple[int, ...]:
        """As of a ``Spark``."""
        return _traced(self)


@dataclass(frozen=True, slots=True)
class Big:
    """One of the rows of a text in large characters (``screens.digits``)."""

    text: str
    row: int
    """0 is the uppermost."""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Wire:
    """A cell of several pieces in a row, each in its tone, whose lines a terminal may not know."""

    pieces: tuple[Words, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(piece.text for piece in self.pieces)


@lru_cache(maxsize=512)
def _traced(trace: Trace) -> tuple[int, ...]:
    return heights(trace.series, trace.cells, trace.seconds, trace.total)


Cell = Words | Gauge | Spark | Trace | Big | Wire


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    title: str
    width: int
    """Cells wanted."""
    grow: int = 0
    """Share of the spare room."""
    priority: int = 0
    """Columns with the highest number are dropped first when the terminal is narrow; 0 stays."""
    right: bool = False
    most: int = 0
    """Cells it grows to at most; 0: no end."""
    path: bool = False
    """Cut in the middle: the end of a path says most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``key`` is its identity through re-sorts and refreshes."""

    key: str
    cells: tuple[Cell, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    """For ``key=value`` filters, beside the columns' own texts."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a page."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = ""
    """One line shown when there is no row: why, and what would change that."""
    sort: str | None = None
    """Column key of the default order; ``None``: the order given."""
    descending: bool = False
    lead: int = 0
    """Columns at the left that only number the rows."""
    newest_last: bool = False
    """Read from its end: that is where the cursor starts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of running text: pieces of text with a tone each."""

    pieces: tuple[Cell, ...]
    hang: int | None = None
    """Goes on in further lines, so many cells in, where it is too long; ``None``: it is cut.

    A line ends only after a piece that ends in a blank, or where a piece is too long for a line.
    """


def sentence(text: str, tone: Tone = Tone.PLAIN, hang: int = 0) -> Line:
    """Return a text that goes on in further lines, so many cells in, where one is too short."""
    return Line(tuple(Words(f"{word} ", tone) for word in text.split(" ")), hang)


@dataclass(frozen=True, slots=True)
class Page:
    """One view of the fleet at one moment."""

    title: Clean | str
    lines: tuple[Line, ...]
    """Facts above the tables."""
    tables: tuple[Table, ...]

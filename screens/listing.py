"""What a table shows and where its reader stands, apart from any drawing.

A ``Listing`` is a value: ``listing.moved(+1)`` is the same rows with the cursor one row lower.
Cursor and marks belong to row keys, so they stay with their row through re-sorts and refreshes;
until its reader first moves it, the cursor stays where reading begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from screens.arrange import arrange
from screens.filter import NO_FILTER, BadFilter, Filter
from screens.page import Row, Table


@dataclass(frozen=True, slots=True)
class Order:
    """A sort chosen by the reader."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a reader stood in a table: enough to come back to it later."""

    order: Order | None = None
    filter: str = ""
    cursor: str | None = None
    offset: int = 0
    """Rows scrolled out at the top."""


@dataclass(frozen=True)
class Listing:
    """One table as arranged for its reader."""

    table: Table
    order: Order | None = None
    """``None``: the table's own."""
    chosen: Filter = NO_FILTER
    bad: BadFilter | None = None
    """What was typed last, where that is not a filter; ``chosen`` is the last good one."""
    cursor: str | None = None
    held: bool = False
    """Whether the reader has put the cursor on its row."""
    marks: frozenset[str] = frozenset()
    anchor: str | None = field(default=None, compare=False)
    """Where a range of marks starts."""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows shown, in the order shown."""
        key, descending = self.sort
        columns = self.table.columns
        return arrange(self.table.rows, columns, key, descending=descending, chosen=self.chosen)

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each row shown stands."""
        return {row.key: position for position, row in enumerate(self.rows)}

    @property
    def sort(self) -> tuple[str | None, bool]:
        """The column key in force and whether it is descending."""
        if self.order:
            return self.order.key, self.order.descending
        return self.table.sort, self.table.descending

    @property
    def position(self) -> int | None:
        """Where the cursor stands; ``None``: there is no row."""
        return self.positions.get(self.cursor) if self.cursor is not None else None

    @property
    def marked(self) -> tuple[str, ...]:
        """Keys of the marked rows, hidden ones too, in the table's order."""
        return tuple(row.key for row in self.table.rows if row.key in self.marks)

    @property
    def hidden(self) -> int:
        """How many rows the filter hides."""
        return len(self.table.rows) - len(self.rows)

    @property
    def hidden_marks(self) -> int:
        """How many marked rows the filter hides."""
        return sum(key not in self.positions for key in self.marks)

    def showing(self, table: Table, *, still: bool = False) -> Listing:
        """Newer rows of the same table; marks of rows that no longer exist are gone.

        While there are marks, or it is to stand ``still``, no row changes its place, lest one is
        taken for another.
        """
        marks = self.marks and self.marks & {row.key for row in table.rows}
        newer = replace(self, table=table, marks=marks)
        if marks or still:
            places, end = self.positions, len(self.rows)
            kept = sorted(newer.rows, key=lambda row: places.get(row.key, end))
            newer.__dict__["rows"] = tuple(kept)
        return newer._settled(self)

    def filtered(self, text: str) -> Listing:
        """Only rows that ``text`` keeps; a text that is no filter changes nothing but ``bad``."""
        match Filter.parse(text):
            case BadFilter() as bad:
                return replace(self, bad=bad)
            case Filter() as chosen:
                return replace(self, chosen=chosen, bad=None)._settled(self)

    def ordered(self, order: Order | None) -> Listing:
        """The same rows in another order."""
        return replace(self, order=order)._settled(self)

    def flipped(self, key: str) -> Listing:
        """Sorted by ``key``, or the other way round if that is the sort already."""
        now, descending = self.sort
        return self.ordered(Order(key, descending=now == key and not descending))

    def at(self, position: int) -> Listing:
        """The cursor put on the row at ``position``, or the nearest there is."""
        return self._at(position)._kept()

    def standing(self, cursor: str | None) -> Listing:
        """The cursor put on the row ``cursor`` if that is shown, else where it was."""
        return self._on(cursor)._kept() if cursor in self.positions else self

    def moved(self, by: int) -> Listing:
        """The cursor ``by`` rows lower (negative: higher), as far as there are rows."""
        return self.at((self.position or 0) + by)

    def toggled(self) -> Listing:
        """The cursor's row marked, or unmarked if it was."""
        if self.cursor is None:
            return self
        marks = self.marks ^ {self.cursor}
        return self._arranged_as(replace(self, marks=marks, anchor=self.cursor))._kept()

    def ranged(self) -> Listing:
        """Every row between the last one marked by hand and the cursor marked."""
        here = self.position
        if here is None:
            return self
        there = self.positions.get(self.anchor, here) if self.anchor is not None else here
        span = self.rows[min(here, there) : max(here, there) + 1]
        marks = self.marks | {row.key for row in span}
        return self._arranged_as(replace(self, marks=marks))._kept()

    def unmarked(self) -> Listing:
        """No row marked."""
        return self._arranged_as(replace(self, marks=frozenset(), anchor=None))

    def _at(self, position: int) -> Listing:
        if not self.rows:
            return self._on(None)
        return self._on(self.rows[min(max(position, 0), len(self.rows) - 1)].key)

    def _kept(self) -> Listing:
        return self if self.held else self._arranged_as(replace(self, held=True))

    def _on(self, key: str | None) -> Listing:
        return self if key == self.cursor else self._arranged_as(replace(self, cursor=key))

    def _arranged_as(self, other: Listing) -> Listing:
        """``other``, which differs in cursor or marks only, spared arranging the rows again."""
        other.__dict__.update(rows=self.rows, positions=self.positions)
        return other

    def _settled(self, before: Listing) -> Listing:
        """The cursor on its row, or if that is gone on the nearest that was near it."""
        if not self.rows:
            return self._on(None)
        was = before.position
        if not self.held or was is None:
            return self._at(len(self.rows) if self.table.newest_last else 0)
        if self.position is not None:
            return self
        for row in (*before.rows[was:], *reversed(before.rows[:was])):
            if row.key in self.positions:
                return self._on(row.key)
        return self._at(was)

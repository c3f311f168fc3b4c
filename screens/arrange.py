"""Which rows are shown, and in which order: a pure function of rows, sort and filter.

``Filter.parse("!idle host=web")`` keeps rows without ``idle`` whose host matches ``web``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from console.clean import LABEL
from screens.page import Cell, Column, Gauge, Row, Spark, Words

Natural = tuple[tuple[int, str], ...]
Rank = tuple[int, float, Natural]
"""Numbers before text; text in natural order."""

_KEYED = re.compile(r"([\w.-]+)=(.*)", re.DOTALL)
_RUNS = re.compile(r"([0-9]+)|([^0-9]+)")
_TEXT = LABEL + 1
"""Greater than the length of any run of digits, so that digits come before letters."""


@dataclass(frozen=True, slots=True)
class BadFilter:
    """A filter text that is not one (yet): the last good filter stays in force."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a row."""

    pattern: re.Pattern[str]
    key: str | None
    """Column key or attribute looked at; ``None``: the whole row."""
    whole: re.Pattern[str]
    """The term as plain text, for rows that have nothing by the name of ``key``."""
    inverted: bool

    def holds(self, row: Row, places: Mapping[str, int]) -> bool:
        """Whether ``row`` satisfies the term; ``places`` maps column keys to cells."""
        pattern, subject = self.pattern, None
        if self.key is not None:
            place = places.get(self.key, len(row.cells))
            known = place < len(row.cells)
            subject = _text(row.cells[place]) if known else row.attributes.get(self.key)
        if subject is None:
            pattern, subject = self.whole, row_text(row)
        return (pattern.search(subject) is None) is self.inverted


@dataclass(frozen=True, slots=True)
class Filter:
    """Terms that all must hold; no term: every row passes."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    @staticmethod
    def parse(text: str) -> Filter | BadFilter:
        """Return the filter that ``text`` spells.

        Blanks separate terms. A term is a case-insensitive regular expression over the row's text,
        or ``key=expression`` over one column or attribute; a leading ``!`` inverts it.
        """
        terms = []
        for word in text.split():
            bare = word.removeprefix("!")
            if not bare:
                continue
            keyed = _KEYED.fullmatch(bare)
            key, wanted = (keyed[1], keyed[2]) if keyed else (None, bare)
            try:
                pattern = re.compile(wanted, re.IGNORECASE)
                whole = re.compile(bare, re.IGNORECASE)
            except (re.error, OverflowError, RecursionError) as error:
                return BadFilter(text, f"{word}: {error}")
            terms.append(Term(pattern, key, whole, inverted=word.startswith("!")))
        return Filter(text, tuple(terms))

    def keeps(self, row: Row, places: Mapping[str, int]) -> bool:
        """Whether ``row`` is shown."""
        return all(term.holds(row, places) for term in self.terms)


NO_FILTER = Filter()


def arrange(
    rows: tuple[Row, ...],
    columns: Sequence[Column],
    sort: str | None = None,
    *,
    descending: bool = False,
    chosen: Filter = NO_FILTER,
) -> tuple[Row, ...]:
    """Return the rows that ``chosen`` keeps, ordered by the column ``sort``, stably.

    Cells without a value come last in either direction; an unknown column leaves the order.
    """
    places = {column.key: place for place, column in enumerate(columns)}
    if chosen.terms:
        rows = tuple(row for row in rows if chosen.keeps(row, places))
    place = places.get(sort) if sort is not None else None
    if place is None:
        return rows
    ranked = [(rank(row.cells[place]) if place < len(row.cells) else None, row) for row in rows]
    known = [(by, row) for by, row in ranked if by is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return (*(row for _, row in known), *(row for by, row in ranked if by is None))


def rank(cell: Cell) -> Rank | None:
    """Return where a cell sorts; ``None``: it has no value."""
    match cell:
        case Gauge(tenths=tenths):
            return None if tenths is None else _number(tenths)
        case Spark(heights=heights):
            return _number(heights[-1]) if heights and heights[-1] >= 0 else None
        case Words(text=text, sort=sort):
            if isinstance(sort, (int, float)):
                return None if math.isnan(sort) else _number(sort)
            by = text if sort is None else sort
            return (1, 0.0, natural(by)) if by else None


@lru_cache(maxsize=16384)
def natural(text: str) -> Natural:
    """Return a key that puts ``web9`` before ``web10``, without regard to case."""
    return tuple(
        (len(digits.lstrip("0")), digits.lstrip("0")) if digits else (_TEXT, words)
        for digits, words in _RUNS.findall(text[:LABEL].casefold())
    )


def row_text(row: Row) -> str:
    """Return what a row says, its cells joined by blanks."""
    return " ".join(filter(None, map(_text, row.cells)))


def _number(value: float) -> Rank:
    return (0, value, ())


def _text(cell: Cell) -> str:
    match cell:
        case Words(text=text):
            return text
        case Gauge(note=note, tenths=tenths):
            return note if tenths is None else f"{tenths / 10:.1f}% {note}".rstrip()
        case Spark():
            return ""

"""Which rows are shown, and in which order: a pure function of rows, sort and filter."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from console.clean import LABEL
from screens.filter import NO_FILTER, Filter
from screens.page import Big, Cell, Column, Gauge, Row, Spark, Trace, Wire, Words

Natural = tuple[tuple[int, str], ...]
Rank = tuple[int, float, Natural]
"""Numbers before text; text in natural order."""

_RUNS = re.compile(r"([0-9]+)|([^0-9]+)")
_TEXT = LABEL + 1
"""Greater than the length of any run of digits, so that digits come before letters."""


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
        case Gauge(tenths=tenths, sort=sort):
            return None if tenths is None else _number(tenths if sort is None else sort)
        case Spark() | Trace():
            heights = cell.heights
            return _number(heights[-1]) if heights and heights[-1] >= 0 else None
        case Words(text=text, sort=sort):
            if isinstance(sort, (int, float)):
                return None if math.isnan(sort) else _number(sort)
            by = text if sort is None else sort
            return (1, 0.0, natural(by)) if by else None
        case Big(text=text) | Wire(text=text):
            return (1, 0.0, natural(text))


@lru_cache(maxsize=16384)
def natural(text: str) -> Natural:
    """Return a key that puts ``web9`` before ``web10``, without regard to case."""
    return tuple(
        (len(digits.lstrip("0")), digits.lstrip("0")) if digits else (_TEXT, words)
        for digits, words in _RUNS.findall(text[:LABEL].casefold())
    )


def _number(value: float) -> Rank:
    return (0, value, ())

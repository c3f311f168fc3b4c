"""How wide each column is drawn; the least important go first where not all of them fit.

``layout(columns, 80)`` names the columns that fit into 80 cells and the width of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from screens.page import Column

GUTTER = 2
"""Cells left of the first column: the cursor's mark and the row's mark."""


@dataclass(frozen=True, slots=True)
class Place:
    """One column that is drawn."""

    index: int
    """Which cell of a row."""
    column: Column
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are drawn, left to right, ``gap`` cells apart."""

    places: tuple[Place, ...]
    gap: int
    width: int
    """Cells of the whole line, gutter included."""


def layout(columns: Sequence[Column], width: int) -> Layout:
    """Return the columns that fit into ``width`` cells.

    Columns of the highest priority number are dropped first, the rightmost of equals before the
    others; what then remains is shared by ``grow`` as far as each may grow and is else left blank
    at the right, or what is missing is taken from the widest.
    """
    room = max(width - GUTTER, 0)
    kept = list(enumerate(columns))
    while _needed(kept, 1) > room and (least := max((c.priority for _, c in kept), default=0)):
        kept.remove(next(pair for pair in reversed(kept) if pair[1].priority == least))
    gap = 2 if _needed(kept, 2) <= room else 1
    while kept and len(kept) + gap * (len(kept) - 1) > room:
        kept.pop()
    widths = [max(column.width, 1) for _, column in kept]
    spare = room - sum(widths) - gap * (len(widths) - 1)
    if spare < 0:
        _shrink(widths, -spare)
    elif kept:
        _grow(widths, [column for _, column in kept], spare)
    places = zip(kept, widths, strict=True)
    return Layout(tuple(Place(i, c, w) for (i, c), w in places), gap, width)


def _needed(kept: list[tuple[int, Column]], gap: int) -> int:
    return sum(max(column.width, 1) for _, column in kept) + gap * (len(kept) - 1)


def _shrink(widths: list[int], missing: int) -> None:
    for _ in range(missing):
        widths[widths.index(max(widths))] -= 1


def _grow(widths: list[int], columns: Sequence[Column], spare: int) -> None:
    """Share out ``spare`` so that nothing jumps by more than it must."""
    while spare > 0:
        growing = [
            place
            for place, column in enumerate(columns)
            if column.grow and (not column.most or widths[place] < column.most)
        ]
        total = sum(columns[place].grow for place in growing)
        if not total:
            return
        shared = given = taken = 0
        for place in growing:
            shared += columns[place].grow
            upto = spare * shared // total
            room = columns[place].most - widths[place] if columns[place].most else spare
            taken += (step := min(upto - given, room))
            widths[place] += step
            given = upto
        spare -= taken

"""Samples as a chart of text: ``chart(points, ...)`` gives lines of braille dots, or of ASCII."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final

from console.contract import iso

_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille character, by column and by row from the top (Unicode 2800..28FF)."""
_BLANK: Final = 0x2800
_ASCII: Final = " .:|"
"""Nothing, a dot below, two dots, a full column."""
_FLAT: Final = 0.02
"""Share of its highest value by which what is drawn must change to fill the height."""

_HOLE: Final = 4
"""Times the usual distance of two samples that is a hole."""

Point = tuple[float, float]
"""Time in seconds since 1970, and value."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where it is drawn."""

    width: int
    height: int
    ascii_only: bool = False


def chart(points: Sequence[Point], canvas: Canvas, say: Callable[[float], str]) -> list[str]:
    """Return lines that show values over time, the highest of each column; none without a point.

    ``say`` words a value; the lowest and the highest stand beside the first and the last line, the
    first and the last time below.
    """
    if not points:
        return []
    values = [value for _, value in points]
    low, high = min(values), max(values)
    top = max(high - low, _FLAT * abs(high), 1e-9)
    labels = say(low + top), say(low)
    margin = max(map(len, labels))
    width = max(canvas.width - margin - 2, 8)
    across, down = (1, 2) if canvas.ascii_only else (2, 4)
    peaks = _columns(points, width * across)
    rows = canvas.height * down - 1
    heights = [None if peak is None else round((peak - low) / top * rows) for peak in peaks]
    draw = _bars if canvas.ascii_only else _braille
    frame = "|" if canvas.ascii_only else "│"
    lines = []
    for number, line in enumerate(draw(heights, canvas.height)):
        label = labels[0] if number == 0 else labels[1] if number == canvas.height - 1 else ""
        lines.append(f"{label:>{margin}} {frame}{line}".rstrip())
    first, last = (iso(points[at][0]) or "-" for at in (0, -1))
    return [*lines, f"{'':{margin}}  {first}{last:>{max(width - len(first), len(last) + 1)}}"]


def _columns(points: Sequence[Point], count: int) -> list[float | None]:
    """Return the highest value of each column; ``None`` where nothing was seen.

    What was seen holds until it was seen again, but not through a hole in the record.
    """
    begin, end = points[0][0], points[-1][0]
    scale = count / max(end - begin, 1e-9)
    gaps = sorted(after - before for (before, _), (after, _) in pairwise(points))
    usual = gaps[len(gaps) // 2] * _HOLE if gaps else 0.0
    found: list[float | None] = [None] * count
    for (time, value), after in zip_longest(points, points[1:]):
        first = min(int((time - begin) * scale), count - 1)
        last = first
        if after is not None and after[0] - time <= usual:
            last = min(int((after[0] - begin) * scale), count - 1)
        for at in range(first, max(last, first + 1)):
            found[at] = max(value, found[at] or value)
    return found


def _braille(heights: Sequence[int | None], rows: int) -> list[str]:
    lines = []
    for row in range(rows):
        cells = []
        for at in range(0, len(heights) - 1, 2):
            bits = sum(
                _DOTS[side][3 - (height - below)]
                for side, height in enumerate(heights[at : at + 2])
                if height is not None and (below := (rows - 1 - row) * 4) <= height < below + 4
            )
            cells.append(chr(_BLANK + bits) if bits else " ")
        lines.append("".join(cells))
    return lines


def _bars(heights: Sequence[int | None], rows: int) -> list[str]:
    lines = []
    for row in range(rows):
        below = (rows - 1 - row) * 2
        marks = [
            "" if height is None else _ASCII[min(max(height - below + 1, 0), 3)]
            for height in heights
        ]
        lines.append("".join(mark or " " for mark in marks))
    return lines

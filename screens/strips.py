"""Drawn lines become strips of the screen in the colours of a theme, each one made once.

``strips.strip(line, theme, base)`` is plain segments of text: nothing in them is ever markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile, zip_longest

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region
from textual.strip import Strip
from textual.theme import Theme

from screens.grid_draw import Drawn, Piece, Stance
from screens.marks import cells
from screens.page import Tone
from screens.theme import Look, look


class Strips:
    """Strips of one widget."""

    def __init__(self) -> None:
        self._theme: Theme | None = None
        self._base = Style()
        self._look: Look
        self._made: LRUCache[Drawn, Strip] = LRUCache(512)

    def strip(self, line: Drawn, theme: Theme, base: Style) -> Strip:
        """Return ``line`` in the colours of ``theme`` over the widget's own style ``base``."""
        if theme is not self._theme or base != self._base:
            self._theme, self._base, self._look = theme, base, look(theme)
            self._made.clear()
        known = self._made.get(line)
        if known is None:
            known = self._made[line] = painted(line, self._look, base)
        return known


def painted(line: Drawn, look: Look, base: Style) -> Strip:
    """Return ``line`` as the screen takes it."""
    over = {
        Stance.PLAIN: Style(),
        Stance.HEADER: look.header,
        Stance.CURSOR: look.cursor,
        Stance.RESTING: look.resting,
    }[line.stance]
    segments = []
    for text, tone, role in line.pieces:
        style = base + look.tones[tone] + over
        if role == "track":
            style += look.track
        elif role == "column":
            style += look.column
        elif role == "head" and line.stance is Stance.CURSOR:
            style += look.cursor_head
        segments.append(Segment(text, style))
    return Strip(segments).simplify()


def changed_lines(now: Sequence[Drawn], before: Sequence[Drawn], width: int) -> list[Region]:
    """Return the regions that look different now, one for each line that does."""
    return [
        Region(left, y, max(width - left - right, 1), 1)
        for y, (line, was) in enumerate(zip_longest(now, before, fillvalue=Drawn()))
        if line is not was and line != was
        for left, right in (_alike(line, was, width),)
    ]


def _alike(line: Drawn, was: Drawn, width: int) -> tuple[int, int]:
    """Return how many cells at the left and at the right of two lines look the same."""
    if line.stance is not was.stance:
        return 0, 0
    same = takewhile(lambda pair: pair[0] == pair[1], zip(line.pieces, was.pieces, strict=False))
    left = sum(cells(piece.text, width) for piece, _ in same)
    return left, min(_blank(line), _blank(was))


def _blank(line: Drawn) -> int:
    """Return how many cells at the end of a line are blank."""
    last = line.pieces[-1] if line.pieces else Piece("")
    return len(last.text) if last.text.isspace() and last.tone is Tone.PLAIN else 0

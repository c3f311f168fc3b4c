"""Drawn lines become strips of the screen in the colours of a theme, each one made once.

``strips.strip(line, theme, base)`` is plain segments of text: nothing in them is ever markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region
from textual.strip import Strip
from textual.theme import Theme

from screens.grid_draw import Drawn, Stance
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
    """Return the regions of those lines that look different now."""
    return [
        Region(0, y, width, 1)
        for y, (line, was) in enumerate(zip_longest(now, before))
        if line is not was and line != was
    ]

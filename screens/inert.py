"""The last gate before the terminal: every widget's text passes it, whoever wrote the widget.

``inert("a\\x1b[2J…", ascii_only=True)`` gives ``a[2J~``: no control character passes, in ASCII
mode nothing else either, and the number of cells stays the same.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_ASCII = str.maketrans("…→←↑↓·─━│┃▌▐▎▊", "~><^v*--||||||")
"""The likeliest of what is not ASCII, each one cell wide like its stand-in."""


class Inert(LineFilter):
    """Lets through what can do nothing but appear."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(inert(text, ascii_only=self._ascii_only), style) for text, style, _ in segments
        ]


def inert(text: str, *, ascii_only: bool) -> str:
    """Return ``text`` without control characters, in ASCII alone where that is asked for."""
    if text.isprintable() and (text.isascii() or not ascii_only):
        return text
    return _inert(text, ascii_only)


@lru_cache(maxsize=1024)
def _inert(text: str, ascii_only: bool) -> str:
    kept = text.translate(_ASCII) if ascii_only else text
    said = "".join(_harmless(character, ascii_only) for character in kept)
    return set_cell_size(said, cell_len(text))


def _harmless(character: str, ascii_only: bool) -> str:
    if unicodedata.category(character) in _CONTROLS:
        return ""
    if character.isascii() or not ascii_only:
        return character
    blank = " " if character.isspace() else "?"
    return blank * get_character_cell_size(character)

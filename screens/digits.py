"""Large characters, three lines high: ``big("12", solid=True)`` is read across a room.

Of half blocks, and of the seven segments of a pocket calculator where only ASCII can be drawn.
"""

from __future__ import annotations

from functools import lru_cache

ROWS = 3
"""Lines of a large text."""
_CHARACTERS = "0123456789:.FULOST"
_SOLID = (
    "█▀█ ▀█  ▀▀█ ▀▀█ █ █ █▀▀ █▀▀ ▀▀█ █▀█ █▀█ ▄   █▀▀ █ █ █   █▀█ █▀▀ ▀█▀",
    "█ █  █  █▀▀  ▀█ ▀▀█ ▀▀█ █▀█   █ █▀█ ▀▀█ ▄   █▀▀ █ █ █   █ █ ▀▀█  █ ",
    "▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀   ▀ ▀▀▀ ▀▀▀   ▀ ▀▀▀ ▀▀▀   ▀ ▀   ▀▀▀ ▀▀▀ ▀▀▀ ▀▀▀  ▀ ",
)
_LINES = (
    " _       _   _       _   _   _   _   _       _           _   _   _ ",
    "| |   |  _|  _| |_| |_  |_    | |_| |_| .   |_  | | |   | | |_   | ",
    "|_|   | |_   _|   |  _| |_|   | |_|  _| . . |   |_| |_  |_|  _|  | ",
)
_NARROW = ":."


@lru_cache(maxsize=64)
def big(text: str, *, solid: bool) -> tuple[str, str, str]:
    """Return a text of digits, ``:``, ``.``, ``FULL`` and ``LOST`` as its lines; else blanks."""
    glyphs = [_glyph(character, _SOLID if solid else _LINES) for character in text]
    first, second, third = (" ".join(glyph[row] for glyph in glyphs) for row in range(ROWS))
    return first, second, third


def _glyph(character: str, font: tuple[str, str, str]) -> tuple[str, ...]:
    place = _CHARACTERS.find(character)
    if place < 0:
        return (" ",) * ROWS
    # ":" and "." are one cell wide and share the room of three in the table above
    before = _CHARACTERS[:place]
    start = sum(2 if each in _NARROW else 4 for each in before)
    width = 1 if character in _NARROW else 3
    return tuple(line[start : start + width] for line in font)

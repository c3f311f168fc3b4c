"""Values become short text of a known width: ``size(1288490189)`` gives ``1.2G``.

Everything that reaches a terminal line passes ``fit``, which is measured in cells, not characters.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from rich.cells import get_character_cell_size

_UNITS = "BKMGTPEZY"
_THOUSANDS = ("", "k", "M", "G", "T", "P")
_COMBINING_KEPT = 4
_PATH = 4096
"""Characters of a path at most; what is longer is cut like any text."""
_PRINTABLE = re.compile(r"[\x20-\x7e]*\Z")


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters a terminal can draw."""

    levels: str
    """Heights of a sparkline, lowest first."""
    shares: str
    """Parts of one cell of a bar, smallest first; the last one is a full cell."""
    track: str
    """The empty part of a bar."""
    ellipsis: str
    cursor: str
    marked: str
    ascending: str
    descending: str
    solid: bool
    """Whether large characters are made of blocks, else of lines."""


UNICODE = Glyphs("▁▂▃▄▅▆▇█", "╸━", "─", "…", "▶", "●", "▲", "▼", solid=True)
ASCII = Glyphs("_.:-=+*#", "#", ".", "~", ">", "*", "^", "v", solid=False)


def bar(tenths: int, width: int, glyphs: Glyphs = UNICODE) -> tuple[str, str]:
    """Return the filled and the empty part of a gauge of ``width`` cells.

    Something is never drawn as nothing, and not quite full is never drawn as full.
    """
    parts = len(glyphs.shares)
    whole = max(width, 0) * parts
    filled = min(max(tenths, 0), 1000) * whole // 1000
    if 0 < tenths < 1000:
        filled = min(max(filled, 1), max(whole - 1, 1))
    full, part = divmod(filled, parts)
    ink = glyphs.shares[-1] * full + (glyphs.shares[part - 1] if part else "")
    return ink[:width], glyphs.track * (width - len(ink))


def spark(heights: tuple[int, ...], width: int, glyphs: Glyphs = UNICODE) -> str:
    """Return the newest ``width`` heights as a sparkline that ends at the right edge."""
    shown = heights[-width:] if width > 0 else ()
    return "".join(" " if h < 0 else glyphs.levels[min(h, 7)] for h in shown).rjust(width)


def size(amount: int) -> str:
    """Return bytes as binary multiples in at most 5 cells: ``1.2G``, ``999K``, ``-1.0M``."""
    sign, left, unit = "-" if amount < 0 else "", min(abs(amount), 999 << 80), 0
    while left >= (1 << 10 * unit) * 999.5:
        unit += 1
    if unit == 0:
        return f"{sign}{left}B"
    scaled = left / (1 << 10 * unit)
    return f"{sign}{_two_digits(scaled)}{_UNITS[unit]}"


def rate(per_second: float) -> str:
    """Return bytes a second in at most 7 cells: ``1.2M/s``; ``-`` where there is no number."""
    return f"{size(round(per_second))}/s" if math.isfinite(per_second) else "-"


def count(number: int) -> str:
    """Return a number of things as decimal multiples in at most 5 cells: ``1.2k``, ``34M``."""
    sign, left, unit = "-" if number < 0 else "", min(abs(number), 999 * 10**15), 0
    while left >= 10 ** (3 * unit) * 999.5:
        unit += 1
    if unit == 0:
        return f"{sign}{left}"
    return f"{sign}{_two_digits(left / 10 ** (3 * unit))}{_THOUSANDS[unit]}"


def percent(tenths: int) -> str:
    """Return tenths of a percent in at most 5 cells: ``42.3%``, ``100%``."""
    return f"{tenths // 10}%" if tenths >= 1000 else f"{tenths / 10:.1f}%"


def duration(seconds: float) -> str:
    """Return seconds in at most 6 cells: ``45s``, ``3m20s``, ``2h05m``, ``3d04h``, ``123d``.

    Less than nothing (a clock that stepped) counts as nothing; ``-`` where there is no number.
    """
    if not math.isfinite(seconds):
        return "-"
    minutes, s = divmod(int(max(seconds, 0)), 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days >= 100:
        return f"{days}d" if days < 100_000 else ">9999d"
    if days:
        return f"{days}d{h:02}h"
    if h:
        return f"{h}h{m:02}m"
    return f"{m}m{s:02}s" if m else f"{s}s"


def age(seconds: float) -> str:
    """Return how long ago something was, the coarser the longer: ``14s``, ``3m20s``, ``14m``.

    So what is old for long is not drawn anew every second.
    """
    if not 60 <= seconds < 3600:
        return duration(seconds)
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m" if minutes >= 10 else f"{minutes}m{rest // 10}0s"


def fit(
    text: str, width: int, *, right: bool = False, ellipsis: str = "…", path: bool = False
) -> str:
    """Return ``text`` as exactly ``width`` cells of one inert line, cut with ``ellipsis``.

    A ``path`` is cut where it says least: towards its start, so that its end is seen.

    Control, bidi and zero-width characters are dropped and at most four combining marks are kept
    on a character, so the cost is bounded by ``width`` whatever the text is.
    """
    if width <= 0:
        return ""
    if path and width < len(text) <= _PATH and _PRINTABLE.match(text):
        head = (width - 1) // 3
        return text[:head] + ellipsis + text[len(text) - (width - 1 - head) :]
    if _PRINTABLE.match(text, 0, width + 1):
        text = text if len(text) <= width else text[: width - 1] + ellipsis
        return text.rjust(width) if right else text.ljust(width)
    kept, cells, over = _cells(text, width)
    if over:
        kept, cells, _ = _cells(text, width - 1)
        kept, cells = kept + ellipsis, cells + 1
    gap = " " * (width - cells)
    return gap + kept if right else kept + gap


def cells(text: str, limit: int) -> int:
    """Return how many cells ``fit`` needs for ``text``, at most ``limit``."""
    if _PRINTABLE.match(text, 0, limit):
        return min(len(text), limit)
    _, needed, over = _cells(text, limit)
    return limit if over else needed


def _cells(text: str, width: int) -> tuple[str, int, bool]:
    """Return the longest start of ``text`` in ``width`` cells, its cells, whether text is left.

    Looks at a bounded number of characters: what follows thousands of invisible ones is cut too.
    """
    reach = 64 + width * (_COMBINING_KEPT + 1)
    kept: list[str] = []
    used = marks = 0
    for character in text[:reach]:
        category = unicodedata.category(character)
        if category in {"Cc", "Cf", "Zl", "Zp"} or "\ufe00" <= character <= "\ufe0f":
            continue
        if category == "Cs":
            character = "\ufffd"
        wide = get_character_cell_size(character)
        marks = 0 if wide else marks + 1
        if used + wide > width:
            return "".join(kept), used, True
        if marks <= _COMBINING_KEPT and (wide or kept):
            kept.append(character)
            used += wide
    return "".join(kept), used, len(text) > reach


def _two_digits(scaled: float) -> str:
    """Return a positive number with one decimal below ten, none above."""
    return f"{scaled:.1f}" if scaled < 9.95 else f"{scaled:.0f}"

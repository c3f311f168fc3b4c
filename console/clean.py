"""The one door by which foreign bytes become text that may be shown.

``clean(b"a\\x1b[31m")`` gives ``a␛[31m``: control characters become visible pictures, bidi and
zero-width marks, tag characters and invalid UTF-8 become U+FFFD, every length is capped.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import NewType

Clean = NewType("Clean", str)
"""Text that cannot move a cursor, change a colour, reorder a line or fill a screen."""

LABEL = 256
"""Characters kept of a name or a line meant for one cell."""
PATH = 4096
"""Characters kept of a path (PATH_MAX)."""

_COMBINING_KEPT = 4
_SUSPECT = re.compile(r"[^\x20-\x7e]")
# Of Unicode's Default_Ignorable_Code_Point what is a letter or a mark, hence not in _picture's.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return "\ufffd"
    return character


def _bounded_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks <= _COMBINING_KEPT:
            kept.append(character)
    return "".join(kept)


def clean(raw: bytes | str, limit: int = LABEL) -> Clean:
    """Return ``raw`` as inert one-line text of at most ``limit`` characters (cut with ``…``)."""
    text = raw[: limit * 4 + 4].decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    over = len(text) > limit
    text = text[:limit]
    if _SUSPECT.search(text):
        text = _INVISIBLE.sub("\ufffd", "".join(map(_picture, text)))
        text = _bounded_marks(text)
    if over:
        text = text[: limit - 1] + "…"
    return shared(text)


def shared(text: str) -> Clean:
    """Return what is inert already as the one text of all that are equal.

    Of a thousand hosts alike, most say the same.
    """
    return Clean(sys.intern(text))


def clean_path(raw: bytes | str) -> Clean:
    """Return a file name of up to PATH_MAX characters as inert one-line text."""
    return clean(raw, PATH)

"""os-release(5): which system, and for images which build of it.

``os_release(b'ID=arch\\nIMAGE_VERSION="2024.05.01"\\n')`` gives
``{"ID": "arch", "IMAGE_VERSION": "2024.05.01"}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from console.clean import Clean, clean

_ASSIGNMENT = re.compile(rb"([A-Za-z_][A-Za-z0-9_]{0,63})=(.*)", re.DOTALL)
_PIECE = re.compile(
    rb"""
    '(?P<literal>[^']*)'
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# In double quotes a shell takes the backslash away before these only.
_ESCAPE = re.compile(rb'\\(["$`\\])')


@lru_cache(maxsize=256)
def os_release(text: bytes) -> Mapping[str, Clean]:
    """Return the variables; the last assignment of a name counts, what is none is passed over.

    Many hosts and subhosts say the same, and then share the very object.
    """
    found: dict[str, Clean] = {}
    for line in text.split(b"\n"):
        if assignment := _ASSIGNMENT.fullmatch(line.strip()):
            name, value = assignment.groups()
            found[name.decode("ascii")] = clean(_unquoted(value))
    return MappingProxyType(found)


def _unquoted(value: bytes) -> bytes:
    """Return a value as a shell would read it; a quote that never closes stands for itself."""
    pieces: list[bytes] = []
    for piece in _PIECE.finditer(value):
        text = piece[piece.lastgroup or 0]
        pieces.append(_ESCAPE.sub(rb"\1", text) if piece.lastgroup == "quoted" else text)
    return b"".join(pieces)

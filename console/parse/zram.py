"""What a compressed RAM disk really costs: ``/sys/block/zramN/mm_stat``.

``mm_stat("16117760 8002553 8155136 0 …").ram`` is 8155136: what ``df`` shows of the filesystem on
it is the logical use, and freeing files gives nothing back before a trim
(Documentation/admin-guide/blockdev/zram.rst).
"""

from __future__ import annotations

from dataclasses import dataclass

from console.errors import Unparsable


@dataclass(frozen=True, slots=True)
class ZramUse:
    """Sizes in bytes."""

    stored: int
    """Uncompressed."""
    compressed: int
    ram: int
    """All the memory it takes, fragments and metadata included."""
    limit: int | None
    """``None``: it has none."""


def mm_stat(text: str) -> ZramUse:
    """Return what one device uses. Raises ``Unparsable``."""
    words = text.split()
    if len(words) < 4 or not all(word.isdecimal() and word.isascii() for word in words):
        raise Unparsable("mm_stat", text, "at least four numbers")
    stored, compressed, ram, limit = (int(word[:20]) for word in words[:4])
    return ZramUse(stored, compressed, ram, limit or None)

"""The exception store of a persistent snapshot, read from the device that holds it.

A store begins ``SnAp``, then says whether it is valid and how long a chunk is; areas of 16-byte
records follow, each with the chunks it describes behind it. With 700 exceptions in chunks of 8
sectors, ``sectors(8, 700)`` is ``(5632, 32)``: what ``dmsetup status`` tells as allocated and as
metadata. Form: drivers/md/dm-snap-persistent.c of the kernel.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from console.errors import Unparsable
from console.model import SECTOR

HEAD = 512
"""Bytes to be read of the beginning: what can be read past the page cache."""

_MAGIC = 0x70416E53
_HEADER = struct.Struct("<4I")
_RECORD = struct.Struct("<2Q")
_LARGEST_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Header:
    """How a persistent store begins."""

    valid: bool
    """``False``: the kernel has given the store up, for good."""
    chunk: int
    """Sectors."""

    @property
    def area(self) -> int:
        """Exceptions that one area of metadata has room for; it is one chunk long."""
        return self.chunk * SECTOR // _RECORD.size

    def place(self, number: int) -> int:
        """Return where an area lies, in chunks: each is followed by the chunks it describes."""
        return 1 + number * (self.area + 1)


def header(text: bytes) -> Header | None:
    """Return the header; ``None``: no persistent store begins so. Raises ``Unparsable``."""
    if len(text) < _HEADER.size:
        return None
    magic, valid, _, chunk = _HEADER.unpack_from(text)
    if magic != _MAGIC:
        return None
    if not 1 <= chunk <= _LARGEST_CHUNK:
        raise Unparsable("exception store", f"chunks of {chunk} sectors", "a chunk size")
    return Header(valid != 0, chunk)


def exceptions(area: bytes) -> int:
    """Return how many records of an area are in use; the first that leads nowhere is the end."""
    count = 0
    for _, new in _RECORD.iter_unpack(area[: len(area) - len(area) % _RECORD.size]):
        if not new:
            break
        count += 1
    return count


def sectors(chunk: int, exceptions: int) -> tuple[int, int]:
    """Return allocated sectors, metadata included, and those of metadata alone."""
    areas = 1 + exceptions // (chunk * SECTOR // _RECORD.size)
    metadata = chunk * (1 + areas)
    return metadata + chunk * exceptions, metadata

"""Mapped devices from the ioctls of ``/dev/mapper/control``, for which no tool is needed.

``request("live-rw", TABLE)`` is the buffer to hand to ``STATUS``; ``targets(answer)`` then gives
``[DmTarget(0, 409600, "snapshot", "7:1 7:2 PO 8")]``: the texts ``dmsetup`` prints. Form:
include/uapi/linux/dm-ioctl.h.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from console.errors import Unparsable

LIST = 0xC138FD02
"""``DM_LIST_DEVICES``."""
STATUS = 0xC138FD0C
"""``DM_TABLE_STATUS``."""
TABLE = 1 << 4
"""Flag: the table, not the status."""
NO_FLUSH = 1 << 11
"""Flag: a thin pool shall not commit its metadata for our sake."""
_BUFFER_FULL = 1 << 8
# version[3], data_size, data_start, target_count, open_count, flags, event_nr, padding, dev,
# name, uuid; padded to 312 bytes.
_HEADER = struct.Struct("=3I 5i I I Q 128s 129s 7x")
_TARGET = struct.Struct("=Q Q i I 16s")
_ENTRY = struct.Struct("=Q I")
_ROOM = 1 << 14


class DmTarget(NamedTuple):
    """One line of a table or a status. Start and length in sectors."""

    start: int
    length: int
    type: str
    text: str


class _Header(NamedTuple):
    start: int
    targets: int
    uuid: str


def request(name: bytes = b"", flags: int = 0) -> bytes:
    """Return the buffer of a question about one device, or about all."""
    head = _HEADER.pack(4, 0, 0, _ROOM, _HEADER.size, 0, 0, flags, 0, 0, 0, name[:127], b"")
    return head.ljust(_ROOM, b"\0")


def devices(answer: bytes) -> tuple[tuple[bytes, tuple[int, int]], ...]:
    """Return name and device number of every mapped device. Raises ``Unparsable``."""
    at = _header(answer).start
    found = []
    try:
        while at:
            device, following = _ENTRY.unpack_from(answer, at)
            # No device: one entry whose device number is 0.
            if device:
                name = _text(answer[at + _ENTRY.size :])
                found.append((name, (os.major(device), os.minor(device))))
            at = at + following if following else 0
    except struct.error as error:
        raise _unparsable(answer) from error
    return tuple(found)


def targets(answer: bytes) -> tuple[DmTarget, ...]:
    """Return the targets of one device in table order. Raises ``Unparsable``."""
    header = _header(answer)
    at = header.start
    found = []
    try:
        for _ in range(header.targets):
            start, length, _, following, kind = _TARGET.unpack_from(answer, at)
            text = _text(answer[at + _TARGET.size :]).decode("utf-8", "replace")
            found.append(DmTarget(start, length, _text(kind).decode("utf-8", "replace"), text))
            # Counted from the first target, not from this one.
            at = header.start + following
    except struct.error as error:
        raise _unparsable(answer) from error
    return tuple(found)


def uuid(answer: bytes) -> str:
    """Return the uuid of the device an answer is about. Raises ``Unparsable``."""
    return _header(answer).uuid


def _header(answer: bytes) -> _Header:
    if len(answer) < _HEADER.size:
        raise _unparsable(answer)
    version, _, _, _, start, count, _, flags, _, _, _, _, name = _HEADER.unpack_from(answer)
    if version != 4 or flags & _BUFFER_FULL or not 0 < start <= len(answer):
        raise _unparsable(answer)
    return _Header(start, count, _text(name).decode("utf-8", "replace"))


def _text(raw: bytes) -> bytes:
    return raw.partition(b"\0")[0]


def _unparsable(answer: bytes) -> Unparsable:
    return Unparsable("/dev/mapper/control", repr(answer[:48]), "an answer of version 4 that fits")

"""The numbers of statvfs(3) as sizes one may compute with, or a refusal.

``measured(4096, 1000, 400, 350, 0, 0)`` is 4096000 bytes of which 1638400 are free, on a
filesystem that does not limit its inodes.
"""

from __future__ import annotations

from functools import lru_cache

from console.errors import Unparsable
from console.memo import equal
from console.model import Statfs

_LARGEST = 2**63
"""Bytes, blocks or inodes from here on are a negative number or an unset field."""

# ceph gives -1 for the free inodes it does not count, read as 64 bits without a sign.
_UNCOUNTED = frozenset({-1, 2**64 - 1})


@lru_cache(64)  # overlays tell the numbers of the filesystem that all their uppers lie on
def measured(frsize: int, blocks: int, bfree: int, bavail: int, files: int, ffree: int) -> Statfs:
    """Return sizes in bytes from the fields of the same names (``f_frsize`` …).

    A total of 0 bytes means that the filesystem has no limit of its own (ramfs, tmpfs with
    ``size=0``), 0 inodes that it has no limit of inodes or does not count them. Raises
    ``Unparsable`` for numbers that contradict each other or cannot be.
    """
    if not _UNCOUNTED.isdisjoint((files, ffree)):
        files = ffree = 0
    sane = (
        0 <= bavail <= bfree <= blocks
        and 0 <= ffree <= files < _LARGEST
        and frsize >= 0
        and frsize * blocks < _LARGEST
        and (frsize > 0 or blocks == 0)
    )
    if not sane:
        numbers = (
            f"frsize={frsize} blocks={blocks} bfree={bfree} bavail={bavail} "
            f"files={files} ffree={ffree}"
        )
        raise Unparsable("statvfs", numbers, "0 <= available <= free <= total < 2^63 bytes")
    free = frsize * bfree
    return Statfs(
        total=frsize * blocks,
        free=free,
        available=equal(frsize * bavail, free),
        inodes=files,
        inodes_free=ffree,
    )

"""The head of a squashfs image, from a file or a loop device: when it was made, how it is packed.

``superblock(head)`` of an image made at 1700000000 with gzip gives
``Superblock(built=1700000000, bytes_used=13807, compression="gzip", version=(4, 0))``.
"""

from __future__ import annotations

import struct

from console.errors import Unparsable
from console.facts import Superblock

SIZE = 96
"""Bytes that must be read from the start of the image."""

# struct squashfs_super_block of the kernel's fs/squashfs/squashfs_fs.h, as far as it is used:
# magic, inodes, mkfs_time, block_size, fragments, compression, block_log, flags, no_ids,
# s_major, s_minor, root_inode, bytes_used.
_HEAD = struct.Struct("<4s 4I 6H 2Q")
_MAGIC = b"hsqs"
_COMPRESSION = {1: "gzip", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}


def superblock(head: bytes) -> Superblock:
    """Return what the first ``SIZE`` bytes of an image say.

    Raises ``Unparsable`` when they are too few or no squashfs 4 (all fields little-endian).
    """
    if len(head) < SIZE:
        raise _unparsable(head, f"{SIZE} bytes")
    magic, _, built, _, _, compression, _, _, _, major, minor, _, used = _HEAD.unpack_from(head)
    if magic != _MAGIC:
        raise _unparsable(head, "the magic 'hsqs'")
    if major != 4:
        raise _unparsable(head, "squashfs version 4")
    return Superblock(
        built=built,
        bytes_used=used,
        compression=_COMPRESSION.get(compression, f"compressor {compression}"),
        version=(major, minor),
    )


def _unparsable(head: bytes, expected: str) -> Unparsable:
    return Unparsable("squashfs superblock", head[:32].hex(" "), expected)

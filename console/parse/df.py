"""How full filesystems are, as ``stat -f`` prints it, or ``df`` where there is no ``stat``.

``statfs_words([b"4096 1000 400 350 0 0"])`` is one line of the six numbers of statvfs(3), and so
is the output of ``df -kP / && df -iP /``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SIX = re.compile(rb"[0-9]{1,19}(?: [0-9]{1,19}){5}")
# Filesystem, total, used, available, share, mount point; busybox prints - for what is not counted.
_ROW = re.compile(
    rb".*?\s(-|[0-9]{1,19})\s+(-|[0-9]{1,19})\s+(-|[0-9]{1,19})\s+(?:-|[0-9]+%)\s+/.*"
)


def statfs_words(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Return six numbers a filesystem, in the order asked; nothing where that is not the form.

    They are block size, blocks, free, available, inodes, free inodes.
    """
    if all(_SIX.fullmatch(line) for line in lines):
        return lines
    rows = [_row(line) for line in lines]
    heads = [at for at, row in enumerate(rows) if row is None]
    if len(heads) != 2 or heads[0] != 0 or len(rows) != 2 * heads[1]:
        return []
    sizes, inodes = rows[1 : heads[1]], rows[heads[1] + 1 :]
    return [
        b"1024 %d %d %d %d %d" % (size[0], size[0] - size[1], size[2], files[0], files[2])
        for size, files in zip(sizes, inodes, strict=True)
        if size and files
    ]


def _row(line: bytes) -> tuple[int, int, int] | None:
    found = _ROW.fullmatch(line)
    if found is None:
        return None
    total, used, free = (0 if part == b"-" else int(part) for part in found.groups())
    return total, used, free

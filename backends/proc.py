"""Files of ``/proc`` and ``/sys``, whole: ``content("/proc/uptime")`` is ``b"81.2 160.0\\n"``."""

from __future__ import annotations

import os

LARGEST = 8 << 20
"""Bytes that are read at most (a mount table of tens of thousands of mounts)."""
_CHUNK = 1 << 16


def content(path: str) -> bytes:
    """Return all of a file. Raises ``OSError``; never waits on a FIFO."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        # A short read is not the end: the kernel stops before a line that does not fit its page.
        pieces: list[bytes] = []
        size = 0
        while size < LARGEST and (piece := os.read(descriptor, _CHUNK)):
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)

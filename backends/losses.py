"""What another boot of a host loses: files in memory, newer than its boot, by size; bounded."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from backends.run import Ended
from backends.writers import PROGRAM
from console.clean import Clean, clean_path
from console.parse.writers import scan
from console.survey import Losses

_SECONDS = 4.0
"""For all folders together."""
_ENTRIES = 100_000
"""Of one folder."""
_PATIENCE = 20.0
_KEPT = 20

Run = Callable[[bytes, Sequence[bytes], float], Awaitable[Ended]]
"""Runs a program of ``sh`` with these words for at most so many seconds."""


async def losses(run: Run, folders: Sequence[Clean]) -> Losses:
    """Return the largest. Raises what ``run`` raises, and ``Unparsable``."""
    until = time.monotonic() + _SECONDS
    found: dict[bytes, int] = {}
    complete = True
    for folder in folders:
        left = until - time.monotonic()
        if left < 1:
            complete = False
            break
        root = folder.encode()
        # "fresh" is then what "large" is too: all that changed since the boot.
        words = (b"scan", root, b"0", b"boot", str(_ENTRIES).encode(), f"{left:.0f}".encode(), b"")
        ended = await run(PROGRAM, words, _PATIENCE)
        told = scan(ended.said, root) if ended.status == 0 else None
        if told is None:
            complete = False
            continue
        seen, full = told
        complete = complete and not full
        found |= {path: entry.size for path, entry in seen.files.items()}
    worst = sorted(found.items(), key=lambda each: -each[1])[:_KEPT]
    return Losses(tuple((clean_path(path), size) for path, size in worst), complete)

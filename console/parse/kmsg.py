"""What the kernel log says of stores that failed: ``store_failures(text)``.

``device-mapper: snapshots: Invalidating snapshot: Unable to allocate exception.`` says that a
store was full, ``…: Error reading/writing.`` that what holds it was (drivers/md/dm-snap.c).
"""

from __future__ import annotations

import re

from console.clean import Clean, clean

_FAILURE = re.compile(
    r"device-mapper: snapshots: (?:Invalidating snapshot|Snapshot overflowed): "
    r"|device-mapper: thin: \d+:\d+: switching pool to "
    r"|loop: Write error at byte offset \d+"
)


def store_failures(text: str) -> tuple[Clean, ...]:
    """Return the messages that tell why a snapshot, a pool or a loop device failed, in order."""
    found = (_FAILURE.search(line) for line in text.splitlines())
    return tuple(clean(match.string[match.start() :]) for match in found if match)

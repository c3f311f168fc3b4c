"""Open files read and written as they are ready, so that the loop never waits in one of them.

Of each file only one may read and only one write at a time: of two who wait for the same the loop
wakes up the later one alone.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

MOST = 1 << 16
"""Bytes read at once."""
_SURE = 4096
"""Bytes that a pipe takes without ado once it says that it is ready (PIPE_BUF)."""


async def read(descriptor: int) -> bytes:
    """Return what is there next; nothing at the end, which a terminal that is gone is too."""
    loop = asyncio.get_running_loop()
    while True:
        await _ready(descriptor, loop.add_reader, loop.remove_reader)
        try:
            return os.read(descriptor, MOST)
        except BlockingIOError:  # somebody else was faster
            continue
        except OSError:
            return b""


async def write(descriptor: int, data: bytes) -> None:
    """Write all of it. Raises ``OSError``."""
    loop = asyncio.get_running_loop()
    left = memoryview(data)
    size = MOST if not os.get_blocking(descriptor) else _SURE
    while left:
        await _ready(descriptor, loop.add_writer, loop.remove_writer)
        try:
            left = left[os.write(descriptor, left[:size]) :]
        except BlockingIOError:
            continue


async def _ready(
    descriptor: int,
    add: Callable[[int, Callable[[], None]], object],
    remove: Callable[[int], object],
) -> None:
    ready = asyncio.Event()
    try:
        add(descriptor, ready.set)
    except PermissionError:  # a file, or a device without a say in that: it always is
        return
    try:
        await ready.wait()
    finally:
        remove(descriptor)

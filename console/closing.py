"""Closing many things at once, in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

from console.errors import ConsoleError


async def bounded(closing: Sequence[Coroutine[None, None, None]], seconds: float) -> None:
    """Await all at once, but not for longer; a fault in one stops no other."""
    if not closing:
        return
    tasks = [asyncio.ensure_future(each) for each in closing]
    done, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    for task in done:
        if (error := task.exception()) is not None and not isinstance(error, ConsoleError):
            raise error

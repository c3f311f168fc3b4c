"""Threads for calls that may take long or for ever: so many at once, and nobody waits for them.

asyncio's own executor is shared by everybody and waited for at the end; these are daemons.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Runs each function in a thread of its own."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(most)

    async def start(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Begin when a thread may be had; the future has what the function gives or raises.

        A thread counts until it ends, whether or not anybody still waits for it.
        """
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def settle(put: Callable[[], None]) -> None:
            self._slots.release()
            if not result.done():
                put()

        def work() -> None:
            try:
                put = partial(result.set_result, function())
            except Exception as error:  # whatever it is, it belongs to the caller
                put = partial(result.set_exception, error)
            with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(settle, put)

        try:
            threading.Thread(target=work, name=self._name, daemon=True).start()
        except RuntimeError as error:  # Python's word for EAGAIN
            settle(partial(result.set_exception, OSError(errno.EAGAIN, str(error))))
        return result

"""One deadline over every stage of reaching a host, which stands still while we wait our turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Patience:
    """Ends an ``asyncio.timeout`` when a stage takes too long, or all of them together do."""

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds
        self.late = f"no login within {seconds:g} s"
        """What to say should the time be up now."""

    def stage(self, seconds: float, late: str) -> None:
        """Begin a stage that has so many seconds, or what is left if that is less."""
        self.late = late
        self._timeout.reschedule(min(self._end, self._loop.time() + seconds))

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Wait for something that is no fault of the host; begin a stage after that."""
        began = self._loop.time()
        self._timeout.reschedule(None)
        try:
            yield
        finally:
            self._end += self._loop.time() - began
            self._timeout.reschedule(self._end)

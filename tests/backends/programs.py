"""Programs on terminals and pipes, followed: ``async with reading(terminal) as seen``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from console.terminal import Size, Terminal

SECONDS = 30.0
SIZE = Size(90, 30)


class Reading:
    """What a program says, taken in as it comes."""

    def __init__(self, terminal: Terminal) -> None:
        self.said = {1: bytearray(), 2: bytearray()}
        self._terminal = terminal
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._read())

    async def see(self, pattern: bytes) -> re.Match[bytes]:
        """Return where it says this."""
        async with asyncio.timeout(SECONDS):
            while not (found := re.search(pattern, self.said[1])):
                assert not self.task.done(), f"it ended: {self.said}"
                self._news.clear()
                await self._news.wait()
        return found

    async def _read(self) -> None:
        async for number, data in self._terminal.output():
            self.said[number] += data
            self._news.set()
        self._news.set()


@asynccontextmanager
async def reading(terminal: Terminal) -> AsyncIterator[Reading]:
    found = Reading(terminal)
    try:
        yield found
    finally:
        terminal.close()
        await found.task


async def all_of(terminal: Terminal, given: bytes = b"") -> tuple[bytes, bytes, int | None]:
    """Give all the input there is; return output, errors and exit status."""

    async def give() -> None:
        await terminal.write(given)
        await terminal.finish()

    async with asyncio.timeout(SECONDS), reading(terminal) as seen, asyncio.TaskGroup() as group:
        giving = group.create_task(give())
        await seen.task
        status = await terminal.ended()
        giving.cancel()
        return bytes(seen.said[1]), bytes(seen.said[2]), status

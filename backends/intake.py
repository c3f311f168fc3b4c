"""What comes from a program faster than it is taken: held back at its source, never piled up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

MOST = 1 << 18
"""Bytes held here before the source is told to wait."""


class Intake:
    """Pieces of output on their way from callbacks to one reader."""

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pause = pause
        self._resume = resume
        self._pieces: deque[tuple[int, bytes]] = deque()
        self._held = 0
        self._ended = False
        self._news = asyncio.Event()
        self.paused = False
        """Whether the source was told to wait."""

    def put(self, descriptor: int, data: bytes) -> None:
        """Take what came from a descriptor."""
        self._pieces.append((descriptor, data))
        self._held += len(data)
        self._news.set()
        if self._held > MOST and not self.paused:
            self.paused = True
            self._pause()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._news.set()

    async def pieces(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield everything in order, to the end."""
        while True:
            while self._pieces:
                descriptor, data = self._pieces.popleft()
                self._held -= len(data)
                if self.paused and self._held <= MOST // 2:
                    self.paused = False
                    self._resume()
                yield descriptor, data
            if self._ended:
                return
            self._news.clear()
            await self._news.wait()

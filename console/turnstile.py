"""A gate that lets a bounded number through at once, whoever matters most first.

``async with turnstile.turn("web1"): ...`` waits while ``width`` others are inside. Of those who
wait the one with the lowest ``rank`` goes next, and of equals the one who came first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from operator import itemgetter

Rank = Callable[[str], float]
"""How long a name may wait, compared with others: visible and worst hosts rank lowest."""


class Turnstile:
    """One gate; a name is ranked when it begins to wait, and anew whenever ``rank`` is set."""

    def __init__(self, width: int, rank: Rank = lambda _: 0.0) -> None:
        self._rank = rank
        self._free = width
        self._waiting: dict[asyncio.Future[None], tuple[float, str]] = {}

    @property
    def rank(self) -> Rank:
        """What orders those who wait."""
        return self._rank

    @rank.setter
    def rank(self, rank: Rank) -> None:
        self._rank = rank
        for turn, (_, name) in self._waiting.items():
            self._waiting[turn] = (rank(name), name)

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[Callable[[], None]]:
        """Be inside until the block ends, however it does, or what this gives is called."""
        await self._enter(name)
        inside = True

        def leave() -> None:
            nonlocal inside
            if inside:
                inside = False
                self._leave()

        try:
            yield leave
        finally:
            leave()

    async def _enter(self, name: str) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = (self._rank(name), name)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._leave()  # it had just been our turn
            raise
        finally:
            self._waiting.pop(turn, None)

    def _leave(self) -> None:
        # One that was cancelled in this very moment is still among those who wait.
        waiting = ((rank, turn) for turn, (rank, _) in self._waiting.items() if not turn.done())
        _, turn = min(waiting, key=itemgetter(0), default=(0.0, None))
        if turn is None:
            self._free += 1
        else:
            turn.set_result(None)

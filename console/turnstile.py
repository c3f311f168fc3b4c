"""A gate that lets a bounded number through at once, whoever matters most first.

``async with turnstile.turn("web1"): ...`` waits while ``width`` others are inside. Of those who
wait the one with the lowest ``rank`` goes next, and of equals the one who came first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf

Rank = Callable[[str], float]
"""How long a name may wait, compared with others: visible and worst hosts rank lowest."""


class Turnstile:
    """One gate; a name is ranked when it begins to wait, and anew whenever ``rank`` is set.

    Who has been inside for ``patience`` seconds no longer keeps others out.
    """

    def __init__(self, width: int, rank: Rank = lambda _: 0.0, *, patience: float = inf) -> None:
        self._rank = rank
        self._width = width
        self._patience = patience
        self._inside: dict[Turn, float] = {}
        """When each went in, the first of them first."""
        self._waiting: dict[Turn, float] = {}
        """How each is ranked."""
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def rank(self) -> Rank:
        """What orders those who wait."""
        return self._rank

    @rank.setter
    def rank(self, rank: Rank) -> None:
        self._rank = rank
        for turn in self._waiting:
            self._waiting[turn] = rank(turn.name)

    def turn(self, name: str) -> Turn:
        """Return what to be inside of, until its block ends, however it does."""
        return Turn(self, name)

    async def enter(self, turn: Turn) -> None:
        """Wait until there is room; ``leave`` must follow."""
        now = asyncio.get_running_loop().time()
        if len(self._inside) >= self._width:
            self._outside(now)
        if len(self._inside) < self._width:
            self._inside[turn] = now
            return
        self._waiting[turn] = self._rank(turn.name)
        self._watch()
        try:
            await turn.called
        except asyncio.CancelledError:
            self.leave(turn)  # it may just have been our turn
            raise
        finally:
            self._waiting.pop(turn, None)

    def leave(self, turn: Turn) -> None:
        """Make room for the next; once is enough."""
        if self._inside.pop(turn, None) is None or not self._waiting:
            return
        # One that was cancelled in this very moment is still among those who wait.
        waiting = (each for each in self._waiting if not each.called.done())
        following = min(waiting, key=self._waiting.__getitem__, default=None)
        if following is not None:
            self._inside[following] = asyncio.get_running_loop().time()
            following.called.set_result(None)

    def _outside(self, now: float) -> None:
        """Count those no longer who have been inside for too long."""
        while self._inside:
            turn, since = next(iter(self._inside.items()))
            if now < since + self._patience:
                return
            self.leave(turn)

    def _watch(self) -> None:
        """Wake up when the first has been inside for too long: only while somebody waits.

        A timer for each that goes in would cost more than the rest of the gate.
        """
        if self._alarm is None and self._inside and self._patience < inf:
            due = next(iter(self._inside.values())) + self._patience
            self._alarm = asyncio.get_running_loop().call_at(due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._outside(asyncio.get_running_loop().time())
        if self._waiting:
            self._watch()


class Turn:
    """One way through a gate."""

    __slots__ = ("_gate", "called", "name")

    def __init__(self, gate: Turnstile, name: str) -> None:
        self._gate = gate
        self.name = name
        self.called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it may go in, where it had to wait."""

    async def __aenter__(self) -> None:
        await self._gate.enter(self)

    async def __aexit__(self, *_: object) -> None:
        self._gate.leave(self)

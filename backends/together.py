"""Questions that come at the same time, answered together: by one program, not one for each.

``Together(answered, 50).ask(question)`` gives the answer to one, or raises what stands in its
place. What comes while some are being answered waits for the next turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Together(Generic[Q, A]):
    """Collects questions, and has them answered turn by turn."""

    def __init__(
        self,
        answered: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]],
        most: int,
        *,
        last: Callable[[A | Exception], bool] = lambda _: False,
    ) -> None:
        """``answered`` takes up to ``most`` and gives as many answers in their order.

        Those that are to be told after the others of their turn are ``last``.
        """
        self._answered = answered
        self._most = most
        self._last = last
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Return the answer. Raises what all of its turn, or it alone, came to."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._task is None:
            self._task = asyncio.create_task(self._answer_all())
        return await future

    def cancel(self) -> None:
        """Give up on all that is asked now."""
        if self._task is not None:
            self._task.cancel()

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                turn, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer([each for each in turn if not each[1].done()])
        except asyncio.CancelledError:
            for _, future in self._waiting:
                future.cancel()
            raise
        finally:
            self._task = None

    async def _answer(self, turn: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        """Answer those who still wait."""
        try:
            answers = await self._answered([question for question, _ in turn]) if turn else []
        except Exception as error:  # whatever it is, it belongs to who asked
            answers = [error] * len(turn)
        except asyncio.CancelledError:
            for _, future in turn:
                future.cancel()
            raise
        said = zip(turn, answers, strict=True)
        for (_, future), answer in sorted(said, key=lambda each: self._last(each[1])):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

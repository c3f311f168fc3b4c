"""Questions that come at the same time: one turn for all, and each gets what is its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from backends.together import Together


class Clerk:
    """Answers with the square; 13 is bad luck for itself, 99 for all that came with it."""

    def __init__(self) -> None:
        self.turns: list[Sequence[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def squares(self, numbers: Sequence[int]) -> Sequence[int | Exception]:
        self.turns.append(numbers)
        await self.open.wait()
        if 99 in numbers:
            raise OSError("99")
        return [ValueError("13") if each == 13 else each * each for each in numbers]


async def test_what_comes_at_once_is_one_turn_and_what_comes_meanwhile_the_next() -> None:
    clerk = Clerk()
    together = Together(clerk.squares, 3)
    clerk.open.clear()
    first = [asyncio.create_task(together.ask(each)) for each in range(4)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = asyncio.create_task(together.ask(9))
    await asyncio.sleep(0)
    clerk.open.set()
    assert await asyncio.gather(*first, later) == [0, 1, 4, 9, 81]
    assert clerk.turns == [[0, 1, 2], [3, 9]]
    assert await together.ask(5) == 25


async def test_what_one_came_to_is_its_own_and_what_all_came_to_is_everybodys() -> None:
    together = Together(Clerk().squares, 8)
    found = await asyncio.gather(*map(together.ask, (2, 13, 3)), return_exceptions=True)
    assert found[::2] == [4, 9]
    assert isinstance(found[1], ValueError)
    found = await asyncio.gather(*map(together.ask, (2, 99)), return_exceptions=True)
    assert [type(each) for each in found] == [OSError, OSError]
    assert await together.ask(2) == 4


async def test_who_waits_no_more_is_not_asked_for_and_holds_nobody_up() -> None:
    clerk = Clerk()
    together = Together(clerk.squares, 2)
    clerk.open.clear()
    asked = [asyncio.create_task(together.ask(each)) for each in range(4)]
    await asyncio.sleep(0.01)
    for each in (asked[0], asked[3]):
        each.cancel()
    await asyncio.sleep(0.01)
    clerk.open.set()
    assert await asyncio.gather(*asked[1:3]) == [1, 4]
    assert clerk.turns == [[0, 1], [2]]


async def test_who_waits_is_let_go_when_all_ends() -> None:
    clerk = Clerk()
    clerk.open.clear()
    together = Together(clerk.squares, 2)
    asked = [asyncio.create_task(together.ask(each)) for each in range(3)]
    await asyncio.sleep(0.01)
    together.cancel()
    done, _ = await asyncio.wait(asked, timeout=5)
    assert len(done) == 3
    for each in done:
        with pytest.raises(asyncio.CancelledError):
            each.result()
    clerk.open.set()
    assert await together.ask(3) == 9


async def test_what_is_to_be_told_last_is() -> None:
    together = Together(Clerk().squares, 8, last=lambda answer: answer == 4)
    told: list[int] = []

    async def ask(number: int) -> None:
        told.append(await together.ask(number))

    await asyncio.gather(*map(ask, (2, 1, 3)))
    assert told == [1, 9, 4]

"""The gate: so many at once, whoever matters most next, and nobody's turn is ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from console.turnstile import Turnstile
from tests.console.clockwork import now, play

RANKS = {"visible": 0.0, "full": 1.0, "idle": 2.0, "idler": 2.0}


async def through(gate: Turnstile, name: str, done: list[str], *, stay: int = 1) -> None:
    async with gate.turn(name):
        done.append(name)
        for _ in range(stay):
            await asyncio.sleep(0)


async def order(gate: Turnstile, names: list[str]) -> list[str]:
    done: list[str] = []
    await asyncio.gather(*(through(gate, name, done) for name in names))
    return done


async def test_who_matters_most_goes_next_and_of_equals_the_first() -> None:
    gate = Turnstile(1, RANKS.__getitem__)
    names = ["idle", "idler", "full", "visible"]
    assert await order(gate, names) == ["idle", "visible", "full", "idler"]
    assert await order(gate, ["idler", "idle", "full"]) == ["idler", "full", "idle"]


@pytest.mark.parametrize("width", [1, 2, 5])
async def test_never_more_than_so_many_are_inside(width: int) -> None:
    gate, inside, most = Turnstile(width), 0, 0

    async def visit(name: str) -> None:
        nonlocal inside, most
        async with gate.turn(name):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(visit(str(n)) for n in range(20)))
    assert (most, inside) == (width, 0)


async def test_another_rank_reorders_those_who_wait() -> None:
    gate = Turnstile(1, RANKS.__getitem__)
    done: list[str] = []
    async with gate.turn("first"):
        waiting = [asyncio.ensure_future(through(gate, name, done)) for name in ("full", "idle")]
        await asyncio.sleep(0)
        turned: Mapping[str, float] = {"full": 1.0, "idle": 0.0}
        gate.rank = turned.__getitem__
        assert gate.rank("idle") == 0.0
    await asyncio.gather(*waiting)
    assert done == ["idle", "full"]


def test_who_stays_too_long_lets_the_next_one_in_once() -> None:
    async def story() -> None:
        gate = Turnstile(1, patience=2.0)
        came: list[tuple[str, float]] = []

        async def visit(name: str, seconds: float) -> None:
            async with gate.turn(name):
                came.append((name, now()))
                await asyncio.sleep(seconds)

        await asyncio.gather(visit("slow", 9.0), visit("quick", 1.0), visit("third", 9.0))
        assert came == [("slow", 0.0), ("quick", 2.0), ("third", 3.0)]
        late = asyncio.ensure_future(visit("late", 9.0))
        await asyncio.sleep(3.0)
        await visit("later", 0.0)  # without having to wait: nobody had to before it
        assert came[-1] == ("later", 15.0)
        await late

    play(story())


async def test_a_turn_ends_with_a_failure() -> None:
    gate = Turnstile(1)
    with pytest.raises(ValueError, match="no"):
        async with gate.turn("web"):
            raise ValueError("no")
    assert await order(gate, ["dns"]) == ["dns"]


async def test_who_gives_up_waiting_is_passed_over() -> None:
    gate = Turnstile(1)
    done: list[str] = []
    async with gate.turn("first"):
        waiting = [asyncio.ensure_future(through(gate, name, done)) for name in ("a", "b")]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
    await waiting[1]
    assert done == ["b"]
    assert await order(gate, ["c"]) == ["c"]


async def test_who_gives_up_in_the_very_moment_of_its_turn_hands_it_on() -> None:
    gate = Turnstile(1)
    done: list[str] = []
    async with gate.turn("first"):
        waiting = [asyncio.ensure_future(through(gate, name, done)) for name in ("a", "b")]
        await asyncio.sleep(0)
    waiting[0].cancel()  # called, and not yet gone in
    await waiting[1]
    assert done == ["b"]
    assert await order(gate, ["c"]) == ["c"]


async def test_all_who_give_up_at_once_leave_the_gate_as_it_was() -> None:
    gate = Turnstile(3)
    done: list[str] = []
    crowd = [asyncio.ensure_future(through(gate, str(n), done, stay=99)) for n in range(20)]
    await asyncio.sleep(0)
    for each in crowd:
        each.cancel()
    ends = await asyncio.gather(*crowd, return_exceptions=True)
    assert {type(end) for end in ends} == {asyncio.CancelledError}
    done.clear()
    assert await order(gate, ["a", "b", "c"]) == ["a", "b", "c"]
    async with gate.turn("x"), gate.turn("y"), gate.turn("z"):
        late = asyncio.ensure_future(through(gate, "late", done))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert done == []
    await late

from __future__ import annotations

import asyncio

from backends.intake import MOST, Intake


class Source:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.intake = Intake(lambda: self.told.append("wait"), lambda: self.told.append("go on"))


async def test_all_comes_in_order_to_the_end() -> None:
    source = Source()
    source.intake.put(1, b"a")
    source.intake.put(2, b"b")
    source.intake.end()
    assert [piece async for piece in source.intake.pieces()] == [(1, b"a"), (2, b"b")]
    assert source.told == []


async def test_a_slow_reader_makes_the_source_wait_once() -> None:
    source = Source()
    pieces = source.intake.pieces()
    for _ in range(4):
        source.intake.put(1, bytes(MOST // 2))
    assert (source.told, source.intake.paused) == (["wait"], True)
    for _ in range(3):
        await anext(pieces)
    assert (source.told, source.intake.paused) == (["wait", "go on"], False)


async def test_a_reader_waits_for_what_comes_later() -> None:
    source = Source()
    reading = asyncio.ensure_future(anext(source.intake.pieces()))
    await asyncio.sleep(0)
    assert not reading.done()
    source.intake.put(1, b"late")
    assert await reading == (1, b"late")

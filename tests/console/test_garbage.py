from __future__ import annotations

import asyncio
import gc
import weakref
from contextlib import suppress

import pytest

from console import garbage
from console.garbage import collected


class Knot:
    """Something that only a walk over all objects finds when nobody holds it any more."""

    def __init__(self) -> None:
        self.itself = self


def standing() -> tuple[tuple[int, int, int], bool]:
    """Return when objects are walked over, and whether some never are."""
    return gc.get_threshold(), gc.get_freeze_count() > 0


async def test_garbage_goes_when_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_EVERY", 0.01)
    before, idle, asked = standing(), False, asyncio.Event()

    def free() -> bool:
        asked.set()
        return idle

    task = asyncio.create_task(collected(free))
    await asyncio.sleep(0)
    knot = Knot()
    gc.collect(1)  # it is not among the young any more, which are looked at by themselves
    gone = weakref.ref(knot)
    del knot
    await asked.wait()
    assert gone() is not None  # a key may be waiting
    idle = True
    for _ in range(1000):
        if gone() is None:
            break
        await asyncio.sleep(0.01)
    assert gone() is None
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert standing() == before

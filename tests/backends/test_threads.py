from __future__ import annotations

import asyncio
import threading

import pytest

from backends.threads import Threads


async def test_what_a_function_gives_or_raises() -> None:
    threads = Threads("test", 2)
    assert await (await threads.start(lambda: 7)) == 7
    with pytest.raises(ZeroDivisionError):
        await (await threads.start(lambda: 1 // 0))


async def test_no_more_at_once_than_allowed_even_if_nobody_waits() -> None:
    threads = Threads("test", 1)
    free = threading.Event()
    stuck = await threads.start(free.wait)
    stuck.cancel()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await threads.start(lambda: None)
    free.set()
    async with asyncio.timeout(20):
        await (await threads.start(lambda: None))


async def test_none_to_be_had_is_an_error_that_frees_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    threads = Threads("test", 1)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none)
        for _ in range(2):
            with pytest.raises(OSError, match="can't start"):
                await (await threads.start(lambda: None))
    assert await (await threads.start(lambda: 7)) == 7

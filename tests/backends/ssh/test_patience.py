from __future__ import annotations

import asyncio

import pytest

from backends.ssh.patience import Patience


async def test_a_stage_ends_when_its_time_is_up() -> None:
    timeout = asyncio.timeout(60)
    patience = Patience(timeout, 60)
    with pytest.raises(TimeoutError):
        async with timeout:
            patience.stage(0.05, "late for this")
            await asyncio.Event().wait()
    assert patience.late == "late for this"


async def test_no_stage_outlives_the_whole() -> None:
    timeout = asyncio.timeout(0.1)
    patience = Patience(timeout, 0.1)
    with pytest.raises(TimeoutError):
        async with timeout:
            patience.stage(60, "never reached")
            await asyncio.Event().wait()


async def test_waiting_stops_the_clock_and_only_waiting_does() -> None:
    timeout = asyncio.timeout(0.2)
    patience = Patience(timeout, 0.2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimeoutError):
        async with timeout:
            async with patience.waiting():
                await asyncio.sleep(0.5)
            patience.stage(60, "late")
            await asyncio.Event().wait()
    assert loop.time() - began >= 0.7 - 0.05

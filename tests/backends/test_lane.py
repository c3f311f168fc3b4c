from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from backends.lane import LEFT_BEHIND, Lane


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """An event nobody sets until the test is over."""
    event = threading.Event()
    yield event
    event.set()


async def test_a_call_runs_in_a_thread_of_its_own() -> None:
    lane = Lane("test")
    first = await lane.run(threading.current_thread)
    assert first.daemon
    assert await lane.run(threading.current_thread) is first
    assert first is not threading.current_thread()
    lane.close()


async def test_what_is_raised_arrives() -> None:
    lane = Lane("test")
    with pytest.raises(ZeroDivisionError):
        await lane.run(divmod, 1, 0)
    assert await lane.run(divmod, 7, 2) == (3, 1)
    lane.close()


async def test_a_call_that_hangs_is_left_behind(stuck: threading.Event) -> None:
    lane = Lane("test", deadline=0.05)
    with pytest.raises(TimeoutError):
        await lane.run(stuck.wait)
    assert await lane.run(divmod, 7, 2) == (3, 1)
    lane.close()


async def test_no_more_than_a_few_threads_are_left_behind(stuck: threading.Event) -> None:
    lane = Lane("left behind", deadline=0.01)
    for _ in range(LEFT_BEHIND + 5):
        with pytest.raises(TimeoutError):
            await lane.run(stuck.wait)
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("left behind") == LEFT_BEHIND
    lane.close()


async def test_no_thread_to_be_had_is_a_system_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    lane = Lane("test")
    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", refused)
        for _ in range(2):
            with pytest.raises(OSError, match="new thread"):
                await lane.run(divmod, 7, 2)
    assert await lane.run(divmod, 7, 2) == (3, 1)
    lane.close()


def test_the_end_of_the_loop_waits_for_nobody(stuck: threading.Event) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await Lane("test", deadline=0.05).run(stuck.wait)

    asyncio.run(main())
    assert not stuck.is_set()

"""One thread for reads that hardly ever wait, with a deadline for the day they do.

``await lane.run(read, path)`` gives what ``read(path)`` gives; after a second, ``TimeoutError``.
``/proc/PID/cmdline`` waits for a lock of that process and may wait for ever, so a thread that
misses its deadline is left behind (it is a daemon and does not hold up the end of the program)
and the next call gets a new one. asyncio's own executor would wait for it at the end.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

DEADLINE = 1.0
"""Seconds a call may take."""
LEFT_BEHIND = 8
"""Threads that may be stuck at once; after that every call is late at once."""


@dataclass(frozen=True, slots=True)
class _Value(Generic[T]):
    value: T

    def put_into(self, future: asyncio.Future[T]) -> None:
        future.set_result(self.value)


@dataclass(frozen=True, slots=True)
class _Raised(Generic[T]):
    error: BaseException

    def put_into(self, future: asyncio.Future[T]) -> None:
        future.set_exception(self.error)


_Outcome = _Value[T] | _Raised[T]


def _outcome(function: Callable[..., T], arguments: tuple[object, ...]) -> _Outcome[T]:
    try:
        return _Value(function(*arguments))
    except BaseException as error:  # whatever it is, it belongs to the caller
        return _Raised(error)


class Lane:
    """Runs functions one after the other in a thread of its own."""

    def __init__(self, name: str, deadline: float = DEADLINE) -> None:
        self._name = name
        self._deadline = deadline
        self._jobs: SimpleQueue[Callable[[], None] | None] | None = None
        self._stuck: list[threading.Thread] = []
        self._thread: threading.Thread | None = None

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Return ``function(*arguments)``. Raises what it raises, or ``TimeoutError``."""
        result = self.start(function, *arguments)
        done, _ = await asyncio.wait([result], timeout=self._deadline)
        if not done:
            self._leave()
            result.cancel()
            raise TimeoutError
        return result.result()

    def start(self, function: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        """Call a function without waiting; there is no deadline then."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def settle(outcome: _Outcome[T]) -> None:
            if not result.done():
                outcome.put_into(result)

        def job() -> None:
            outcome = _outcome(function, arguments)
            try:
                loop.call_soon_threadsafe(settle, outcome)
            except RuntimeError:
                return  # the loop has closed: nobody waits any more

        self._queue().put(job)
        return result

    def close(self) -> None:
        """Let the thread end when it is idle; never waits."""
        if self._jobs is not None:
            self._jobs.put(None)
        self._jobs = self._thread = None

    def _leave(self) -> None:
        if self._thread is not None:
            self._stuck.append(self._thread)
        self.close()

    def _queue(self) -> SimpleQueue[Callable[[], None] | None]:
        self._stuck = [thread for thread in self._stuck if thread.is_alive()]
        if len(self._stuck) >= LEFT_BEHIND:
            raise TimeoutError
        if self._jobs is None:
            jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
            thread = threading.Thread(target=_work, args=(jobs,), name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # Python's word for EAGAIN
                raise OSError(errno.EAGAIN, str(error)) from error
            self._jobs, self._thread = jobs, thread
        return self._jobs


def _work(jobs: SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := jobs.get()) is not None:
        job()

"""Levels remembered in ``$XDG_STATE_HOME/subdeck/history.db``, by a thread of its own.

``history.record(host, look)`` never waits, whatever the disk does; a batch is stored every
ten seconds. What cannot be stored is kept in memory, newest first to stay, and stored later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, TypeVar
from uuid import uuid4

from backends import archive
from backends.archive import Archive, Bounds
from backends.backlog import Backlog
from backends.lane import Lane
from backends.recall import Found
from console.clean import Clean, clean_path
from console.errors import ConsoleError
from console.samples import Look
from console.series import Sample

_BATCH: Final = 5000
"""Looks at a host, of one kB or so, after which a batch does not wait for its time.

To store looks at one host together costs hardly more than to store one.
"""
_STUCK: Final = 10.0
"""Seconds after which a disk counts as not answering."""
_TIDYING: Final = 0.25
"""Seconds spent on thinning after each batch."""
_PARTING: Final = 0.4

Remembered = Mapping[Clean, tuple[Sample, ...]]
Told = TypeVar("Told")


def load_recent(path: Path, host: Clean, seconds: float) -> Remembered:
    """Return what is remembered of ``host``; makes no file or folder. Raises ``ConsoleError``."""
    return _cleaned(archive.load_recent(path, host, seconds, time.time(), _this_clock()))


class History:
    """The ``Recorder`` that keeps levels in a file."""

    def __init__(
        self, path: Path, bounds: Bounds | None = None, every: float = 10.0, patience: float = 2.0
    ) -> None:
        """Start recording to ``path`` every so many seconds; asked, answer within ``patience``."""
        self._path = path
        self._every = every
        self._patience = patience
        self._clock = _this_clock()
        self._archive = Archive(path, bounds or Bounds(), self._clock)
        self._backlog = Backlog()
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._due = 0.0
        self._said: str | None = None
        self._busy: float | None = None
        self._closing = False
        self._ended: Future[None] = Future()
        self._ended.set_running_or_notify_cancel()
        Thread(target=self._run, name="history", daemon=True).start()

    @property
    def trouble(self) -> str | None:
        """Why nothing is being stored just now: one line, unchanged while the cause lasts."""
        busy = self._busy
        if busy is not None and time.monotonic() - busy > _STUCK:
            return f"history: {clean_path(str(self._path))} does not answer; look at its disk"
        return self._said

    @property
    def dropped(self) -> int:
        """Samples given up so far because they could not be stored in time."""
        return self._backlog.dropped

    def record(self, host: Clean, look: Look) -> None:
        """Remember one look at ``host``; see ``Recorder``."""
        if look.levels and self._backlog.add(host, look) == _BATCH:
            self._jobs.put(self._store)

    async def recent(self, host: Clean, seconds: float) -> Remembered:
        """Return what is remembered of ``host``; nothing when the disk takes too long."""
        return await self._asked(partial(self._recent, host, seconds), {}, self._patience)

    async def between(
        self, begin: float, fine: float, end: float
    ) -> Mapping[Clean, Mapping[Clean, Sequence[Sample]]]:
        """Return the samples of all hosts; see ``Memory``."""
        await self.flush()
        nothing: Found = {}
        ask = partial(self._archive.between, begin, fine, end)
        return _all_cleaned(await self._asked(ask, nothing, _STUCK))

    async def newest(self) -> float | None:
        """Return the time of the newest sample."""
        ask = partial(self._archive.newest, time.time())
        return await self._asked(ask, None, self._patience)

    async def flush(self) -> None:
        """Return once what was recorded so far was stored, or could not be (``trouble``)."""
        done: Future[None] = Future()
        self._jobs.put(self._store)
        done.set_running_or_notify_cancel()
        self._jobs.put(partial(done.set_result, None))
        try:
            async with asyncio.timeout(_STUCK):
                await asyncio.wrap_future(done)
        except TimeoutError:
            return

    async def close(self) -> None:
        """Store what is pending and let go; gives up after half a second."""
        self._closing = True
        self._jobs.put(self._store)
        try:
            async with asyncio.timeout(_PARTING):
                await asyncio.wrap_future(self._ended)
        except TimeoutError:
            return

    def _run(self) -> None:
        try:
            while not self._closing:
                job = self._next()
                self._busy = time.monotonic()
                job()
                self._busy = None
            self._store()
            self._archive.close()
        finally:
            self._ended.set_result(None)

    def _next(self) -> Callable[[], None]:
        try:
            return self._jobs.get(timeout=max(self._due - time.monotonic(), 0.0))
        except Empty:
            return self._store

    def _store(self) -> None:
        looks = self._backlog.take()
        try:
            try:
                self._archive.append(looks)
            except ConsoleError:
                self._backlog.give_back(looks)
                raise
            self._tidy()
        except ConsoleError as error:
            self._said = f"{error}; {error.hint}"
        else:
            self._said = None
        self._due = time.monotonic() + self._every

    def _tidy(self) -> None:
        end = time.monotonic() + _TIDYING
        while not self._closing and time.monotonic() < end and self._archive.tidy(time.time()):
            pass

    async def _asked(self, ask: Callable[[], Told], nothing: Told, patience: float) -> Told:
        """Return what the thread answers; nothing when it cannot, or takes too long."""
        answer: Future[Told] = Future()
        self._jobs.put(partial(_answer, ask, nothing, answer))
        try:
            async with asyncio.timeout(patience):
                return await asyncio.wrap_future(answer)
        except TimeoutError:
            return nothing

    def _recent(self, host: Clean, seconds: float) -> Remembered:
        try:
            stored = _cleaned(self._archive.recent(host, seconds, time.time()))
        except ConsoleError:
            stored = {}
        found = {level: list(samples) for level, samples in stored.items()}
        for look in self._backlog.of(host):
            for level, sample in look.samples.items():
                found.setdefault(level, []).append(sample)
        return {level: tuple(samples) for level, samples in found.items()}


def _answer(ask: Callable[[], Told], nothing: Told, answer: Future[Told]) -> None:
    if answer.set_running_or_notify_cancel():
        try:
            answer.set_result(ask())
        except ConsoleError:
            answer.set_result(nothing)


class Past:
    """The ``Recorder`` of a single look: recalls what was recorded and stores nothing."""

    dropped = 0

    def __init__(self, path: Path, patience: float = 1.0) -> None:
        self._path = path
        self._lane = Lane("history", patience)
        self.trouble: str | None = None

    def record(self, host: Clean, look: Look) -> None:
        """Store nothing; see ``Recorder``."""

    async def recent(self, host: Clean, seconds: float) -> Remembered:
        """Return what is remembered of ``host``; nothing when it cannot be had in time."""
        return await self._loaded(partial(load_recent, self._path, host, seconds), {})

    async def between(
        self, begin: float, fine: float, end: float
    ) -> Mapping[Clean, Mapping[Clean, Sequence[Sample]]]:
        """Return the samples of all hosts; see ``Memory``."""
        load = partial(archive.load_between, self._path, begin, fine, end)
        return _all_cleaned(await self._loaded(load, {}))

    async def hosts(self) -> tuple[Clean, ...]:
        """Return the hosts of which anything is remembered."""
        nothing: tuple[str, ...] = ()
        found = await self._loaded(partial(archive.load_hosts, self._path), nothing)
        return tuple(map(Clean, found))

    async def newest(self) -> float | None:
        """Return the time of the newest sample."""
        return await self._loaded(partial(archive.load_newest, self._path, time.time()), None)

    async def close(self) -> None:
        """Let go; never waits."""
        self._lane.close()

    async def _loaded(self, load: Callable[[], Told], nothing: Told) -> Told:
        try:
            return await self._lane.run(load)
        except ConsoleError as error:
            self.trouble = str(error)
        except TimeoutError:
            self.trouble = f"history: {clean_path(str(self._path))} does not answer"
        return nothing


def _all_cleaned(found: Found) -> Mapping[Clean, Mapping[Clean, Sequence[Sample]]]:
    return {Clean(host): _cleaned(levels) for host, levels in found.items()}


def _cleaned(found: Mapping[str, Told]) -> Mapping[Clean, Told]:
    # Only text that had been cleaned was stored, in a file nobody else can change.
    return {Clean(level): samples for level, samples in found.items()}


def _this_clock() -> str:
    """Name the monotonic clock of this process: it lasts as long as the boot."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/time').readlink()}"
    except OSError:
        return str(uuid4())

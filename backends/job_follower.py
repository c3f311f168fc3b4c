"""Following the jobs of one host: by one program there, however many they are and who follows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from backends.runner import Talk
from console.clean import Clean
from console.errors import ConsoleError
from console.jobs import Job, JobState
from console.parse.job_listing import gone, listing

_SECONDS: Final = 20.0
"""Until a host that has not answered counts as hung."""
_TICK: Final = 0.2
"""Seconds between two looks at the jobs that are followed."""
_REST: Final = 3.0
"""How long is waited after a look at many, as a share of how long it took."""
_AT_ONCE: Final = 32
"""Jobs asked for in one line: what is told of them must fit into an answer."""

_Reader = asyncio.Queue[Job | Exception]


class JobFollower:
    """Asks a host again and again for the jobs that somebody follows, while there are any."""

    def __init__(self, host: Clean, begin: Callable[[], Awaitable[Talk]]) -> None:
        """``begin`` begins the program there: ``follow`` of ``backends/jobs.sh``."""
        self._host = host
        self._begin = begin
        self._readers: dict[Clean, list[_Reader]] = {}
        self._fresh: set[Clean] = set()
        """Jobs of which all has to be told."""
        self._told: dict[Clean, Job] = {}
        """What the program that runs there has told of them last."""
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def follow(self, job_id: Clean) -> AsyncGenerator[Job, None]:
        """Yield the newest state of a job, at once and after each change, to its end."""
        reader: _Reader = asyncio.Queue()
        self._readers.setdefault(job_id, []).append(reader)
        told = self._told.get(job_id)
        if told is not None and told.state is JobState.RUNNING:
            reader.put_nowait(told)
        else:
            self._fresh.add(job_id)
            self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._ask_all())
        last: Job | None = None  # apart from time
        try:
            while True:
                job = await reader.get()
                if isinstance(job, Exception):
                    raise job
                if (said := _apart_from_time(job)) != last:
                    last = said
                    yield job
                if job.state is not JobState.RUNNING:
                    return
        finally:
            self._leave(job_id, reader)

    def _leave(self, job_id: Clean, reader: _Reader) -> None:
        readers = self._readers.get(job_id, [])
        with suppress(ValueError):
            readers.remove(reader)
        if not readers:
            self._readers.pop(job_id, None)
        if not self._readers:
            self._wake.set()

    async def _ask_all(self) -> None:
        talk: Talk | None = None
        try:
            talk = await self._begin()
            idle = False
            while self._readers or not idle:  # who is told that a job has begun soon follows it
                idle = not self._readers
                fresh = [each for each in self._readers if each in self._fresh]
                began = time.monotonic()
                await self._ask(talk, fresh or list(self._readers))
                self._wake.clear()
                with suppress(TimeoutError):
                    took = time.monotonic() - began
                    async with asyncio.timeout(max(_TICK, _REST * took)):
                        await self._wake.wait()
            self._end()
        except Exception as error:  # whatever it is, it belongs to those who follow
            self._end()
            readers, self._readers = self._readers, {}
            for reader in (each for some in readers.values() for each in some):
                reader.put_nowait(error)
        finally:
            if talk is not None:
                await talk.close()

    def _end(self) -> None:
        """Let whoever comes from now on begin the program anew."""
        self._task = None
        self._told.clear()

    async def _ask(self, talk: Talk, ids: list[Clean]) -> None:
        for at in range(0, len(ids), _AT_ONCE):
            asked = ids[at : at + _AT_ONCE]
            words = [f"+{each}" if each in self._fresh else each for each in asked]
            self._fresh.difference_update(asked)
            answer = await talk.ask(" ".join(words).encode(), _SECONDS)
            for job in listing(answer, self._host):
                self._told[job.id] = job
                self._tell(job.id, job)
            for job_id in gone(answer):
                self._told.pop(job_id, None)
                self._tell(job_id, no_such(job_id, self._host))

    def _tell(self, job_id: Clean, told: Job | Exception) -> None:
        for reader in self._readers.get(job_id, ()):
            reader.put_nowait(told)


def _apart_from_time(job: Job) -> Job:
    """Return a job as it is at any time, for some is told twice.

    An answer on its way may tell once more of it, and what became of it while it was looked at is
    told with what was seen before, and then as a change.
    """
    return replace(job, seconds=None if job.seconds is None else 0.0)


def no_such(job_id: Clean, host: Clean) -> ConsoleError:
    """Return the complaint about a job that its host does not know."""
    return ConsoleError(f"{job_id}: no such job on {host}", "subdeck jobs lists them")

"""The operator's own command that gets every alert: argv, never a shell, JSON on its stdin.

It runs beside everything else, a few at once and each for a bounded time; what is told while they
run waits its turn, the newest of each alert alone. That it fails is an event, once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from backends.run import Ended, Run
from backends.threads import Threads
from console.alerting import Alerting
from console.alerts import Alerts, event_json
from console.clean import Clean, clean
from console.events import Event

_AT_ONCE = 2
_MOST = 64
"""Alerts passed on at once; of more the oldest are left out."""
_GATHERED, _PAUSE = 1.0, 5.0
"""Seconds in which what happens to many hosts becomes one alert: at first, and from then on."""
_SAID = 200
"""Characters told of what a command that failed said."""


class Hook:
    """Runs the command; ``failed`` is told in one line why it did not do well, once each time."""

    def __init__(self, alerting: Alerting, failed: Callable[[Clean], None]) -> None:
        self._alerting = alerting
        self._failed = failed
        self._alerts = Alerts(alerting.least)
        self._threads = Threads("alert hook", _AT_ONCE)
        self._runs: set[Run] = set()
        self._task: asyncio.Task[None] | None = None
        self._trouble: Clean | None = None

    def take(self, events: tuple[Event, ...]) -> None:
        """Take all events there are, the newest last; those to be told are, soon."""
        if self._alerts.take(events) and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._tell(), name="alert hook")

    async def close(self) -> None:
        """End what runs; what waits is not told any more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for run in self._runs:
            run.kill()

    async def _tell(self) -> None:
        await asyncio.sleep(_GATHERED)
        while waiting := self._alerts.told():
            async with asyncio.TaskGroup() as group:
                for event in waiting[-_MOST:]:
                    group.create_task(self._run(event))
            await asyncio.sleep(_PAUSE)

    async def _run(self, event: Event) -> None:
        document = json.dumps(event_json(event), ensure_ascii=False).encode() + b"\n"
        run = Run(self._alerting.hook, document)
        self._runs.add(run)
        try:
            ending = await self._threads.start(partial(run.end, self._alerting.timeout))
            self._ended(await ending)
        except OSError as error:
            self._trouble_is(error.strerror or str(error))
        finally:
            self._runs.discard(run)

    def _ended(self, ended: Ended | None) -> None:
        if ended is None:
            self._trouble_is(f"no end within {self._alerting.timeout:g} s")
        elif ended.status:
            said = (ended.trouble or ended.said).decode(errors="replace").strip()
            self._trouble_is(f"exit status {ended.status}{': ' if said else ''}{said[-_SAID:]}")
        else:
            self._trouble = None

    def _trouble_is(self, why: str) -> None:
        trouble = clean(f"alert hook {self._alerting.hook[0]}: {why}")
        if trouble != self._trouble:
            self._trouble = trouble
            self._failed(trouble)

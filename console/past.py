"""Where a screen gets what was: ``await past.around(time)`` is a timeline that shows that time."""

from __future__ import annotations

import asyncio
from typing import Protocol

from console.chronicle import KEPT, REMEMBERED
from console.errors import ConsoleError
from console.history import Memory, Recorder
from console.record import Record, Recorded
from console.remembered import JudgeOf, Remembered, bygone
from console.timeline import Timeline, samples, timeline

_SPANS = 60.0, 1200.0
"""Seconds around a moment that are read of the history; the latter where it was thinned."""


class Past(Protocol):
    """What was recorded, here or elsewhere."""

    @property
    def name(self) -> str:
        """What it is, in a word or two."""

    async def around(self, time: float | None) -> Timeline:
        """Return what is known of that time and those around it; ``None``: of the newest.

        Raises ``ConsoleError`` where nothing is.
        """


class Still:
    """A record that is whole: that of a capsule."""

    def __init__(self, name: str, timeline: Timeline) -> None:
        self.name = name
        self._timeline = timeline

    async def around(self, time: float | None) -> Timeline:
        """Return all of it, whatever the time."""
        return self._timeline


class Levels:
    """The recorded history: levels alone, as far back as it goes."""

    name = "history"

    def __init__(self, recorder: Memory, judge_of: JudgeOf) -> None:
        self._recorder = recorder
        self._judge_of = judge_of

    async def around(self, time: float | None) -> Timeline:
        """Return the levels of every host around that time."""
        if time is None:
            time = await self._recorder.newest()
        for span in _SPANS if time is not None else ():
            begin, end = (time or 0.0) - span, (time or 0.0) + span
            remembered = await self._recorder.between(begin - REMEMBERED, begin, end)
            found = await asyncio.to_thread(bygone, remembered, begin, self._judge_of)
            if len(found):
                return found
        why = self._recorder.trouble or "nothing was recorded around that time"
        raise ConsoleError(why, "subdeck history TARGET tells what is")


class Live:
    """What a console that watches still has of the last minutes; before that, the history."""

    name = "this console"

    def __init__(self, record: Record, recorder: Memory | None, judge_of: JudgeOf) -> None:
        self._record = record
        self._recorder = recorder
        self._judge_of = judge_of

    async def around(self, time: float | None) -> Timeline:
        """Return whole pictures of the last minutes, of earlier times the levels."""
        kept = self._record.kept
        oldest = min((track[0].time for track in kept.contacts if track), default=None)
        if self._recorder is not None and time is not None and (oldest is None or time < oldest):
            return await Levels(self._recorder, self._judge_of).around(time)
        if oldest is None:
            raise ConsoleError("nothing was seen yet")
        remembered = await remembered_of(kept, self._recorder, self._record.seconds + KEPT)
        found = await asyncio.to_thread(samples, kept, remembered)
        return timeline(kept, found)


async def remembered_of(
    recorded: Recorded, recorder: Recorder | None, seconds: float
) -> Remembered:
    """Return the samples of the hosts of a record."""
    names = [track[0].what.name for track in recorded.contacts if track]
    if recorder is None:
        return {}
    return {name: await recorder.recent(name, seconds) for name in names}

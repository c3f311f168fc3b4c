"""Going through what was: to a time, and from there from sample to sample."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from console.errors import ConsoleError
from console.past import Past
from console.timeline import Moment, Timeline
from console.view import FleetView

_SHIFTS: Final = 60.0, 600.0, 7200.0
"""Seconds beyond what is known in which the next sample is looked for."""
LONGEST: Final = 1.0
"""Seconds between two samples that are played, at most."""


class Reel:
    """One way through a past."""

    def __init__(self, past: Past, timeline: Timeline, number: int) -> None:
        self._past = past
        self._timeline = timeline
        self._number = number

    @property
    def moment(self) -> Moment:
        """The moment that is shown."""
        return self._timeline.moments[self._number]

    @property
    def end(self) -> float:
        """When the newest sample was taken that is known just now, in seconds since 1970."""
        return self._timeline.moments[-1].time

    @property
    def view(self) -> FleetView:
        """What was to be seen at that moment."""
        return self._timeline.view(self._number)

    @property
    def gap(self) -> float:
        """Seconds to wait until the next sample where they are played as they were taken."""
        if self._number + 1 >= len(self._timeline):
            return LONGEST
        return min(self._timeline.moments[self._number + 1].at - self.moment.at, LONGEST)

    async def step(self, by: int) -> bool:
        """Go to the next sample, or, ``by`` -1, the one before; whether there is one."""
        if 0 <= self._number + by < len(self._timeline):
            self._number += by
            return True
        here = self.moment.time
        for shift in _SHIFTS:
            with suppress(ConsoleError):
                further = await self._past.around(here + by * shift)
                number = further.beyond(here, by)
                if number is not None:
                    self._timeline, self._number = further, number
                    return True
        return False


async def reel(past: Past, when: float | None) -> Reel:
    """Return a way that begins at that time, in seconds since 1970; ``None``: at the newest.

    Raises ``ConsoleError`` where nothing is known of it.
    """
    timeline = await past.around(when)
    if not len(timeline):
        raise ConsoleError(f"{past.name}: there is nothing in it")
    number = len(timeline) - 1 if when is None else timeline.number(when)
    return Reel(past, timeline, number)

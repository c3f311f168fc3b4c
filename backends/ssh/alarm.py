"""An alarm that is mostly put off before it rings.

``alarm.set(6.0, tire)`` and, when the answer is there, ``alarm.stop()``. A timer for each answer
would be made and cancelled a thousand times for each that comes due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    """One timer, left running when it is stopped, and set anew only when it comes too early."""

    def __init__(self) -> None:
        self._due = 0.0
        self._ring: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float, ring: Callable[[], None]) -> None:
        """Call ``ring`` after so many seconds, and nothing that was set before."""
        loop = asyncio.get_running_loop()
        self._due, self._ring = loop.time() + seconds, ring
        if self._timer is not None and self._timer.when() > self._due:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(self._due, self._came)

    def stop(self) -> None:
        """Call nothing."""
        self._ring = None

    def _came(self) -> None:
        self._timer = None
        if (ring := self._ring) is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._due:
            self._timer = loop.call_at(self._due, self._came)
        else:
            self._ring = None
            ring()

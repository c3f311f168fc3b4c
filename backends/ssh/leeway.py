"""How many times as long as others a host may take to answer, since it was late.

One under a load of hundreds answers in its own time. To give it up after the same few seconds
each time, and begin again with a new shell, would be never to see it, and to add to its load.
"""

from __future__ import annotations

from math import inf

MOST = 60.0
"""Seconds for an answer, at most."""
_AMPLE = 2.0
"""Times as long as it took last."""


class Leeway:
    """What one host is given, where others have so many ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self.times = 1.0
        """As long as others, so many times."""
        self._seconds = seconds

    def late(self) -> None:
        """Wait twice as long from now on."""
        self.times = max(1.0, min(2 * self.times, MOST / self._seconds))

    def came(self, took: float) -> None:
        """Wait no longer than is ample for what took so many seconds."""
        self.times = min(self.times, max(1.0, _AMPLE * took / self._seconds))


NONE = Leeway(inf)
"""It never grows."""

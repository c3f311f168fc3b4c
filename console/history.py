"""What ``Fleet`` asks of whoever remembers levels: ``recorder.record("mta", look)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from console.clean import Clean
from console.samples import Look
from console.series import Sample


class Recorder(Protocol):
    """Remembers samples beyond the life of this process; trouble never stops the console."""

    @property
    def trouble(self) -> str | None:
        """Why nothing is being stored just now: one line, unchanged while the cause lasts."""

    @property
    def dropped(self) -> int:
        """Samples given up so far because they could not be stored in time."""

    def record(self, host: Clean, look: Look) -> None:
        """Remember one look at ``host``. Never waits; the look must not be changed afterwards."""

    async def recent(self, host: Clean, seconds: float) -> Mapping[Clean, tuple[Sample, ...]]:
        """Return what is remembered of ``host``'s levels, oldest first; what is late is left out.

        Feeding the result and then new samples to a ``Series`` gives rates at once.
        """

    async def close(self) -> None:
        """Store what is pending and let go; gives up after half a second."""


class Memory(Recorder, Protocol):
    """What can also be asked for the past of every host."""

    async def between(
        self, begin: float, fine: float, end: float
    ) -> Mapping[Clean, Mapping[Clean, Sequence[Sample]]]:
        """Return the samples of all hosts from ``begin`` to ``end``, seconds since 1970.

        Before ``fine`` fewer are enough. Nothing where it cannot be had (``trouble``).
        """

    async def newest(self) -> float | None:
        """Return the time of the newest sample there is of any host."""

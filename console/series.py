"""The recent past of one level, and how fast it fills.

``rate(series)`` of a store that takes 1 MB every second is ``1e6``, also across a restart of the
console, a step of the wall clock or the copy-up of one big file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from console.chronicle import Chronicle, Measure, Measures, Moment
from console.clean import Clean

WINDOW: Final = 60.0
"""Seconds over which a rate is usually told."""
ENOUGH: Final = 3
"""Samples that make a rate, if they span ``LONG_ENOUGH`` seconds."""
LONG_ENOUGH: Final = 5.0
_POINTS: Final = 12
_STEP: Final = 8
_STILL: Final = 1.0
"""Bytes a second below which a level is called still."""


class Sample(NamedTuple):
    """What one look found used in one level."""

    at: float
    """Monotonic clock of the console that looked, seconds."""
    time: float
    """Its wall clock, seconds since 1970."""
    used: int
    """Bytes."""
    inodes: int | None = None
    chunks: int | None = None
    """Chunks of an exception store; they never fall while the store lives."""
    boot: str = ""
    """Boot id of the host that was looked at; empty when not known."""
    clock: str = ""
    """Which monotonic clock ``at`` was read from; empty is that of this process."""
    metadata: int | None = None
    """Blocks of a thin pool's metadata."""
    total: int | None = None
    """Bytes that could be used."""
    inodes_total: int | None = None
    metadata_total: int | None = None

    @property
    def moment(self) -> Moment:
        """When that was."""
        return Moment(self.at, self.time, self.boot, self.clock)

    @property
    def measures(self) -> Measures:
        """What was found."""
        return Measures(self.used, self.inodes, self.chunks, self.metadata)


class Series:
    """One level in a chronicle; by itself, the only one of a chronicle of its own."""

    __slots__ = ("_chronicle", "_key")

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._chronicle, self._key = Chronicle(), Clean("")
        for sample in samples:
            self.append(sample)

    @classmethod
    def within(cls, chronicle: Chronicle, key: Clean) -> Series:
        """Return that of one level of a host, which goes on as the chronicle does."""
        made = cls.__new__(cls)
        made._chronicle, made._key = chronicle, key
        return made

    def __eq__(self, other: object) -> bool:
        """Whether that is the same level of the same chronicle."""
        mine = (self._chronicle, self._key)
        return isinstance(other, Series) and mine == (other._chronicle, other._key)

    def __hash__(self) -> int:
        return hash((self._chronicle, self._key))

    def __len__(self) -> int:
        return self._chronicle.count(self._key)

    def append(self, sample: Sample) -> None:
        """Add what was found; a sample not newer than the last one is passed over.

        Only where it is by itself: else the whole host was looked at.
        """
        if self._chronicle.begin(sample.moment):
            self._chronicle.put(self._key, sample.measures)

    def tail(
        self, seconds: float, of: Measure = "used", *, unbroken: bool = False
    ) -> tuple[Sequence[float], Sequence[int]]:
        """Return times (seconds, arbitrary zero) and known values of the last ``seconds``.

        ``unbroken`` leaves out what was before the host rebooted or the store was made anew.
        """
        return self._chronicle.tail(self._key, seconds, of, unbroken=unbroken)


def rate(series: Series, window: float = WINDOW, of: Measure = "used") -> float | None:
    """Return the change in bytes (or pieces) a second over the last ``window`` seconds.

    Negative when falling; ``None`` until three samples span five seconds since the host came up.
    It is the median slope between any two samples, so short-lived files do not show, after one
    jump that dwarfs every other change (the copy-up of a big file, a removal) was taken out. A
    change of pace shows once it fills a third of the window: ask for a short one as well where
    that matters.
    """
    times, values = series.tail(window, of, unbroken=True)
    if len(times) < ENOUGH or times[-1] - times[0] < LONG_ENOUGH:
        return None
    if min(values) == max(values):
        return 0.0
    level = _without_step(values)
    stride = -(-len(times) // _POINTS)
    return median_slope(times[::-stride], level[::-stride])


def rounded(speed: float | None) -> float | None:
    """Return a rate as it is told: in three digits, and of what hardly moves that it is still."""
    if speed is None or abs(speed) < _STILL:
        return speed and 0.0
    return float(f"{speed:.3g}")


def _without_step(values: Sequence[int]) -> list[int]:
    """Take out the one jump that is over ``_STEP`` times any other change, if there is one."""
    changes = [after - before for before, after in pairwise(values)]
    sizes = sorted(map(abs, changes))
    if len(sizes) <= ENOUGH or sizes[-1] <= _STEP * sizes[-2]:
        return list(values)
    jump = max(range(len(changes)), key=lambda i: abs(changes[i]))
    beyond = changes[jump] - sorted(changes)[len(changes) // 2]
    return [value if i <= jump else value - beyond for i, value in enumerate(values)]


def median_slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Return the median slope of pairs of points that lie well apart (Theil 1950, Sen 1968)."""
    pairs = _apart(len(times))
    slopes = sorted([(values[j] - values[i]) / (times[j] - times[i]) for i, j in pairs])
    return (slopes[len(slopes) // 2] + slopes[(len(slopes) - 1) // 2]) / 2


@cache
def _apart(count: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of so many points that lie well apart: neighbours say least."""
    least = max(count // 3, 1)
    return tuple((i, j) for i in range(count - least) for j in range(i + least, count))

"""The recorded samples of one level: each is made when it is asked for, and most never are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, overload

from console.series import Measure, Sample, Series


class Size(NamedTuple):
    """How large a store is; ``None`` is not known or no such limit."""

    total: int | None = None
    """Bytes."""
    inodes: int | None = None
    metadata: int | None = None
    """Blocks of a thin pool's metadata."""


class Strip(Sequence[Sample]):
    """Samples of one boot, the oldest first, dated by wall time alone."""

    __slots__ = ("_boot", "_columns", "_size", "times")

    def __init__(
        self,
        times: Sequence[float],
        columns: Mapping[Measure, Sequence[int]],
        boot: str,
        size: Callable[[float], Size],
    ) -> None:
        """``columns`` hold a value for each of ``times``; -1: not known."""
        self.times = times
        self._columns = columns
        self._boot = boot
        self._size = size

    def __len__(self) -> int:
        return len(self.times)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        time, size, of = self.times[index], self._size(self.times[index]), self._columns
        return Sample(
            at=time,
            time=time,
            used=max(of["used"][index], 0),
            inodes=_known(of["inodes"][index]),
            chunks=_known(of["chunks"][index]),
            boot=self._boot,
            metadata=_known(of["metadata"][index]),
            total=size.total,
            inodes_total=size.inodes,
            metadata_total=size.metadata,
        )

    def series(self, end: int) -> Series:
        """Return what there was before the sample of that number."""
        if end == 0:
            return Series()
        known = {measure: column[:end] for measure, column in self._columns.items()}
        return Series.laid(self.times[:end], known, self[end - 1])


def times(samples: Sequence[Sample]) -> Sequence[float]:
    """Return when each was taken, in seconds since 1970."""
    return samples.times if isinstance(samples, Strip) else [each.time for each in samples]


def series(samples: Sequence[Sample], until: float) -> Series:
    """Return what there was before that time."""
    end = bisect_left(times(samples), until)
    return samples.series(end) if isinstance(samples, Strip) else Series(samples[:end])


def _known(value: int) -> int | None:
    return None if value < 0 else value

"""The recorded samples of one level: each is made when it is asked for, and most never are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, overload

from console.chronicle import Measure
from console.series import Sample


class Size(NamedTuple):
    """How large a store is; ``None`` is not known or no such limit."""

    total: int | None = None
    """Bytes."""
    inodes: int | None = None
    metadata: int | None = None
    """Blocks of a thin pool's metadata."""


class Strip(Sequence[Sample]):
    """Samples of one boot, the oldest first, dated by wall time alone."""

    __slots__ = ("_size", "boot", "columns", "times")

    def __init__(
        self,
        times: Sequence[float],
        columns: Mapping[Measure, Sequence[int]],
        boot: str,
        size: Callable[[float], Size],
    ) -> None:
        """``columns`` hold a value for each of ``times``; -1: not known."""
        self.times = times
        self.columns = columns
        self.boot = boot
        self._size = size

    def __len__(self) -> int:
        return len(self.times)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        if isinstance(index, slice):
            columns = {measure: column[index] for measure, column in self.columns.items()}
            return Strip(self.times[index], columns, self.boot, self._size)
        time, size, of = self.times[index], self._size(self.times[index]), self.columns
        return Sample(
            at=time,
            time=time,
            used=max(of["used"][index], 0),
            inodes=_known(of["inodes"][index]),
            chunks=_known(of["chunks"][index]),
            boot=self.boot,
            metadata=_known(of["metadata"][index]),
            total=size.total,
            inodes_total=size.inodes,
            metadata_total=size.metadata,
        )

    def alike(self, other: Strip) -> bool:
        """Whether both were taken at the same times of the same boot."""
        return self.boot == other.boot and self.times == other.times


def times(samples: Sequence[Sample]) -> Sequence[float]:
    """Return when each was taken, in seconds since 1970."""
    return samples.times if isinstance(samples, Strip) else [each.time for each in samples]


def _known(value: int) -> int | None:
    return None if value < 0 else value

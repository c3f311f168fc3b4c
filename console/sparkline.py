"""The recent past of one level in a few characters: ``heights(series, 8, 60.0, total)``."""

from __future__ import annotations

from typing import Final

from console.series import Series

HEIGHTS: Final = 8
_BRIDGED: Final = 30.0
_FLAT: Final = 0.02


def heights(series: Series, buckets: int, seconds: float, total: int | None) -> tuple[int, ...]:
    """Return a sparkline of the last ``seconds``: 0..7 for each bucket, -1 where nothing is known.

    The end is the newest sample. The scale is the series' own lowest to highest use in that time,
    but never finer than 2 % of ``total`` (of the highest use when that is not known) from bottom
    to top: what moves by less than an eighth of that is a flat line of 0. A bucket shows its
    highest use; one without a sample repeats what came at most 30 s before its end.
    """
    times, values = series.tail(seconds)
    if not times:
        return (-1,) * buckets
    low, high = min(values), max(values)
    top = max(high - low, _FLAT * (total or high), 1)
    width, begin = seconds / buckets, times[-1] - seconds
    peaks: dict[int, int] = {}
    latest: dict[int, tuple[float, int]] = {}
    for at, value in zip(times, values, strict=True):
        bucket = min(int((at - begin) / width), buckets - 1)
        peaks[bucket] = max(value, peaks.get(bucket, 0))
        latest[bucket] = at, value
    line: list[int] = []
    before: tuple[float, int] | None = None
    for bucket in range(buckets):
        end = begin + (bucket + 1) * width
        peak = peaks.get(bucket)
        if peak is None and before is not None and end - before[0] <= _BRIDGED:
            peak = before[1]
        before = latest.get(bucket, before)
        line.append(-1 if peak is None else min(int((peak - low) * HEIGHTS / top), HEIGHTS - 1))
    return tuple(line)

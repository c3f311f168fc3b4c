"""Samples of one host as compact bytes: ``unpacked(packed(frames), levels) == frames``.

The form: zlib over little-endian 64-bit integers; first the number of frames, then columns
(monotonic and wall milliseconds, then the measures of each level in turn), each as its first value
and the differences from one frame to the next. -1 stands for not known. The measures are bytes,
inodes and chunks; where any level has metadata they are four, which the length tells.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from operator import sub
from typing import TypeVar

from console.clean import Clean
from console.errors import Unparsable
from console.samples import Look
from console.series import Sample

Value = TypeVar("Value")

_MEASURES = 4
_USUAL = 3
"""Measures of levels none of which has metadata."""
_CLOCKS = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """Where frames come from; only frames of one origin are packed together."""

    host: str
    clock: str
    """The monotonic clock that dates them."""
    boot: str
    """Boot id of the host."""
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One look at the levels of a host."""

    at: int
    """Monotonic milliseconds."""
    time: int
    """Wall clock, milliseconds since 1970."""
    values: Sequence[int]
    """Bytes, inodes, chunks and metadata of each level of the origin in turn; -1: not known."""


def framed(
    looks: Iterable[tuple[str, Look]], clock: str
) -> Iterator[tuple[Origin, Sequence[Frame]]]:
    """Yield looks at hosts as frames, those of one origin together.

    ``clock`` names the clock of this process.
    """
    # A frame is made when its turn comes: many that live at once are garbage to be looked for.
    together: dict[tuple[str, str, str, tuple[Clean, ...]], list[Look]] = {}
    for host, look in looks:
        when = look.moment
        of = host, when.clock or clock, when.boot, look.levels
        together.setdefault(of, []).append(look)
    for of, found in together.items():
        yield Origin(*of), [_frame(look) for look in found]


def _frame(look: Look) -> Frame:
    return Frame(round(look.moment.at * 1000), round(look.moment.time * 1000), look.used)


def samples(origin: Origin, frames: Iterable[Frame], clock: str) -> dict[str, list[Sample]]:
    """Return the frames of ``origin`` as samples by level, where ``clock`` is our own clock."""
    of_clock = "" if origin.clock == clock else origin.clock
    found: dict[str, list[Sample]] = {level: [] for level in origin.levels}
    for frame in frames:
        at, time = frame.at / 1000, frame.time / 1000
        values = iter(frame.values)
        for level, used, inodes, chunks, metadata in zip(
            found.values(), values, values, values, values, strict=False
        ):
            level.append(
                Sample(
                    at,
                    time,
                    used,
                    None if inodes < 0 else inodes,
                    None if chunks < 0 else chunks,
                    origin.boot,
                    of_clock,
                    None if metadata < 0 else metadata,
                )
            )
    return found


def packed(frames: Sequence[Frame]) -> bytes:
    """Return frames of one origin as bytes."""
    rows = [[frame.at, frame.time, *frame.values] for frame in frames]
    metadata = slice(_CLOCKS + _USUAL, None, _MEASURES)
    if all(max(row[metadata], default=-1) < 0 for row in rows):
        for row in rows:
            del row[metadata]
    # Row by row, and only then by columns: there are far more of these.
    changes = [rows[0], *(map(sub, after, before) for before, after in pairwise(rows))]
    numbers = [len(rows), *chain.from_iterable(zip(*changes, strict=True))]
    return zlib.compress(struct.pack(f"<{len(numbers)}q", *numbers))


def unpacked(data: bytes, levels: int) -> list[Frame]:
    """Return the frames in ``data``, taken of so many ``levels``; raises ``Unparsable``."""
    count, numbers, width = _numbers(data, levels)
    columns: list[Iterable[int]] = [
        accumulate(numbers[begin : begin + count]) for begin in range(0, len(numbers), count)
    ]
    if width < _whole(levels):
        columns[_CLOCKS:] = _widened(columns[_CLOCKS:], [-1] * count)
    return [
        Frame(at, time, values)
        for at, time, *rest in zip(*columns, strict=True)
        for values in (tuple(rest),)
    ]


def opening(data: bytes, levels: int) -> Frame:
    """Return the first of the frames in ``data``, like ``unpacked`` but at less cost."""
    count, numbers, width = _numbers(data, levels)
    at, time, *values = numbers[::count]
    return Frame(at, time, tuple(values if width == _whole(levels) else _widened(values, -1)))


def _whole(levels: int) -> int:
    return _CLOCKS + _MEASURES * levels


def _widened(usual: Sequence[Value], unknown: Value) -> list[Value]:
    """Return the usual measures of each level, and of metadata that it is not known."""
    found = [unknown] * (len(usual) // _USUAL * _MEASURES)
    for place in range(_USUAL):
        found[place::_MEASURES] = usual[place::_USUAL]
    return found


def _numbers(data: bytes, levels: int) -> tuple[int, Sequence[int], int]:
    """Return how many frames there are, their columns one after the other, and how many those."""
    try:
        raw = zlib.decompress(data)
        count, *numbers = struct.unpack(f"<{len(raw) // 8}q", raw)
    except (zlib.error, struct.error, ValueError) as error:
        raise Unparsable("history", str(error), "packed frames") from error
    widths = [_CLOCKS + _USUAL * levels, _whole(levels)]
    for width in widths:
        if count >= 1 and len(numbers) == count * width:
            return count, numbers, width
    each = f"{widths[0]} or {widths[1]} each"
    raise Unparsable("history", f"{count} frames, {len(numbers)} numbers", each)


def folded(frames: Iterable[Frame], step: int) -> list[Frame]:
    """Return one frame for each ``step`` milliseconds of the monotonic clock.

    It is dated by the last frame of that time and holds the highest value of each measure: a
    store that was full for a moment shows as full for good.
    """
    by_step: dict[int, Frame] = {}
    for frame in sorted(frames, key=lambda frame: frame.at):
        before = by_step.get(frame.at // step)
        values = frame.values if before is None else tuple(map(max, before.values, frame.values))
        by_step[frame.at // step] = Frame(frame.at, frame.time, values)
    return list(by_step.values())

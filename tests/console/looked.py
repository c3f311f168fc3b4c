"""Looks as they are recorded, from samples of one moment by level."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from console.chronicle import MOST
from console.clean import Clean
from console.samples import Look
from console.series import Sample


def looked(samples: Mapping[Clean, Sample]) -> Look:
    """Return the look that found these, of which there is one at least."""
    used = [number for each in samples.values() for number in each.measures]
    sizes = [
        number
        for each in samples.values()
        for number in (each.total, each.inodes_total, each.metadata_total)
    ]
    moment = next(iter(samples.values())).moment
    return Look(moment, tuple(samples), _flat(used), _flat(sizes))


def _flat(numbers: list[int | None]) -> array[int]:
    return array("q", [-1 if number is None else min(number, MOST) for number in numbers])

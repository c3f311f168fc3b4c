"""The chronicle of a host from samples that were recorded of its levels."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from console.chronicle import REMEMBERED, Chronicle, Measures, Moment
from console.clean import Clean
from console.series import Sample
from console.strip import Strip, times


def recounted(samples: Mapping[Clean, Sequence[Sample]]) -> Chronicle:
    """Return what samples tell, by level; those of one clock lie by it, clocks by wall time."""
    found: dict[Moment, dict[Clean, Measures]] = {}
    first: dict[str, float] = {}
    for key, each in samples.items():
        for sample in each:
            found.setdefault(sample.moment, {})[key] = sample.measures
            first[sample.clock] = min(first.get(sample.clock, sample.time), sample.time)
    made = Chronicle()
    there: set[Clean] = set()
    for moment in sorted(found, key=lambda each: (first[each.clock], each.clock, each.at)):
        if made.begin(moment):
            for key, measures in found[moment].items():
                made.put(key, measures)
            for key in there - found[moment].keys():
                made.lapse(key)
            there = set(found[moment])
    return made


def before(levels: Mapping[Clean, Sequence[Sample]], until: float) -> Chronicle:
    """Return what there was of the levels of a host before that wall time, as far as it counts."""
    parts = {key: _part(each, until) for key, each in levels.items()}
    strips = [each for each in parts.values() if isinstance(each, Strip)]
    if len(strips) < len(parts) or not strips or not all(strips[0].alike(each) for each in strips):
        return recounted(parts)
    columns = {key: each.columns for key, each in zip(parts, strips, strict=True)}
    return Chronicle.laid(strips[0].times, columns, strips[0].boot)


def _part(samples: Sequence[Sample], until: float) -> Sequence[Sample]:
    taken = times(samples)
    return samples[bisect_left(taken, until - REMEMBERED) : bisect_left(taken, until)]

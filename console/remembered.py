"""Hosts as the recorded history knows them: their levels, and nothing else."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from console.beneath import RAM
from console.clean import Clean
from console.contact import Contact
from console.looks import Looks
from console.model import Host, Kind, Level, Limit, Running, State, Subhost
from console.record import Recorded
from console.recounting import before
from console.series import Sample
from console.states import Judge, state_of
from console.strip import times
from console.timeline import Key, Moment, Timeline
from console.trends import again

Remembered = Mapping[Clean, Mapping[Clean, Sequence[Sample]]]
"""Samples by host and level key, the oldest first, dated by wall time alone."""

JudgeOf = Callable[[Clean], Judge]
"""What gives the levels of a host their thresholds."""

_KINDS: Final = {
    "overlay": Kind.OVERLAY,
    "tmpfs": Kind.TMPFS,
    "fs": Kind.FILESYSTEM,
    "mem": Kind.MEMORY,
}
_UNKNOWN: Final = "not recorded"
_LONGEST: Final = 300.0
"""Seconds between two samples of the oldest times that are remembered."""


def bygone(remembered: Remembered, begin: float, judge_of: JudgeOf) -> Timeline:
    """Return the levels that are remembered since ``begin``; what was before gives their past."""
    dated: dict[Key, Sequence[Sample]] = {
        (host, level): found
        for host, levels in remembered.items()
        for level, found in levels.items()
    }
    tracks = [_Track(host, levels, begin, judge_of(host)) for host, levels in remembered.items()]
    return Timeline(tracks, dated, Recorded())


def parted(key: Clean) -> tuple[Clean, Clean]:
    """Return the subhost that a level key names, empty for the host itself, and the level's id."""
    head, slash, rest = key.partition("/")
    inside = slash and ":" not in head  # as in dm:live-rw or overlay:/opt
    return (Clean(head), Clean(rest)) if inside else (Clean(""), key)


class _Track:
    """One host."""

    def __init__(
        self, host: Clean, levels: Mapping[Clean, Sequence[Sample]], begin: float, judge: Judge
    ) -> None:
        self._name = host
        self._levels = levels
        self._judge = judge
        found = (times(each) for each in levels.values())
        seen = {time for each in found for time in each[bisect_left(each, begin) :]}
        self.moments = [Moment(time, time) for time in sorted(seen)]
        self.interval = self._interval(0)
        self._looks, self._boot = Looks(), ""
        self._shown: tuple[int, Contact] | None = None

    def contact(self, number: int) -> Contact:
        """Return the host with the levels that were measured then, and how they fared."""
        if self._shown is None or self._shown[0] != number:
            seen = self._seen(self.moments[number].time)
            boot = max(sample.boot for sample in seen.values())
            if self._shown is None or self._shown[0] != number - 1 or boot != self._boot:
                self._looks, self._boot = self._before(number), boot
            host = again(self._host(number, seen), self._looks, self._judge)
            self._shown = number, Contact(self._name, self._interval(number), host)
        return self._shown[1]

    def _seen(self, time: float) -> dict[Clean, Sample]:
        found = {}
        for level, samples in self._levels.items():
            number = bisect_left(all_times := times(samples), time)
            if number < len(all_times) and all_times[number] == time:
                found[level] = samples[number]
        return found

    def _before(self, number: int) -> Looks:
        """Return what was known of each level before a moment."""
        time = self.moments[number].time
        return Looks.recalled(self._levels, before(self._levels, time), time)

    def _host(self, number: int, seen: Mapping[Clean, Sample]) -> Host:
        time = self.moments[number].time
        owned = sorted((self._owned(*each) for each in seen.items()), key=lambda each: each[0])
        by_owner = {
            owner: tuple(level for _, level in found)
            for owner, found in groupby(owned, key=lambda each: each[0])
        }
        subhosts = tuple(_subhost(owner, levels) for owner, levels in by_owner.items() if owner)
        return Host(
            name=self._name,
            boot=None,
            memory=None,
            levels=by_owner.get(Clean(""), ()),
            subhosts=subhosts,
            links=(),
            netns=(),
            images=(),
            gaps=(),
            time=time,
            at=time,
        )

    def _owned(self, key: Clean, sample: Sample) -> tuple[Clean, Level]:
        """Return the subhost a level key names, empty for the host itself, and the level."""
        owner, id_ = parted(key)
        kind = _KINDS.get(id_.partition(":")[0])
        if kind is None:
            kind = Kind.THIN_POOL if sample.chunks is None else Kind.DM_SNAPSHOT
        level = Level(
            id=id_,
            kind=kind,
            mount=None,
            device=None,
            backs=(),
            used=sample.used,
            total=sample.total,
            inodes_used=sample.inodes,
            inodes_total=sample.inodes_total,
            limit=None if sample.total is None else Limit(sample.total, Clean(_UNKNOWN)),
            state=State.OK,
            on_full=_UNKNOWN,
            metadata_used=sample.metadata,
            metadata_total=sample.metadata_total,
            on=RAM if kind is Kind.TMPFS else None,
        )
        return owner, replace(level, state=state_of(level, self._judge(kind, id_)))

    def _interval(self, number: int) -> float:
        """Return the seconds until it was seen again, within what is usual."""
        after = self.moments[number + 1 : number + 2]
        gap = after[0].time - self.moments[number].time if after else 1.0
        return min(max(gap, 1.0), _LONGEST)


def _subhost(name: Clean, levels: tuple[Level, ...]) -> Subhost:
    return Subhost(
        name=name,
        config=None,
        state=Running.RUNNING,
        pid=None,
        since=None,
        overlay=None,
        levels=levels,
        cables=(),
        services=(),
        started_by=None,
    )

"""Hosts as the recorded history knows them: their levels, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from console.clean import Clean
from console.contact import Contact
from console.model import Host, Kind, Level, Limit, Running, State, Subhost
from console.record import Recorded
from console.series import Sample
from console.timeline import Key, Moment, Timeline

Remembered = Mapping[Clean, Mapping[Clean, Sequence[Sample]]]
"""Samples by host and level key, the oldest first, dated by wall time alone."""

_KINDS: Final = {
    "overlay": Kind.OVERLAY,
    "tmpfs": Kind.TMPFS,
    "fs": Kind.FILESYSTEM,
    "mem": Kind.MEMORY,
}
_UNKNOWN: Final = "not recorded"
_WATCH, _ACT = 0.70, 0.85
_LONGEST: Final = 300.0
"""Seconds between two samples of the oldest times that are remembered."""


def bygone(remembered: Remembered, begin: float) -> Timeline:
    """Return the levels that are remembered since ``begin``; what was before gives their past."""
    dated: dict[Key, Sequence[Sample]] = {
        (host, level): found
        for host, levels in remembered.items()
        for level, found in levels.items()
    }
    tracks = [_Track(host, levels, dated, begin) for host, levels in remembered.items()]
    return Timeline(tracks, dated, Recorded())


def parted(key: Clean) -> tuple[Clean, Clean]:
    """Return the subhost that a level key names, empty for the host itself, and the level's id."""
    head, slash, rest = key.partition("/")
    inside = slash and ":" not in head  # as in dm:live-rw or overlay:/opt
    return (Clean(head), Clean(rest)) if inside else (Clean(""), key)


class _Track:
    """One host."""

    def __init__(
        self,
        host: Clean,
        levels: Mapping[Clean, object],
        dated: Mapping[Key, Sequence[Sample]],
        begin: float,
    ) -> None:
        seen: dict[float, dict[Clean, Sample]] = {}
        for level in levels:
            for each in dated[host, level]:
                if each.time >= begin:
                    seen.setdefault(each.time, {})[level] = each
        self._name = host
        self._seen = seen
        self.moments = [Moment(time, time) for time in sorted(seen)]

    def contact(self, number: int) -> Contact:
        """Return the host with the levels that were measured then."""
        time = self.moments[number].time
        owned = sorted(map(_owned, self._seen[time].items()), key=lambda each: each[0])
        by_owner = {
            owner: tuple(level for _, level in found)
            for owner, found in groupby(owned, key=lambda each: each[0])
        }
        subhosts = tuple(_subhost(owner, levels) for owner, levels in by_owner.items() if owner)
        host = Host(
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
        return Contact(self._name, self._interval(number), host)

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


def _owned(found: tuple[Clean, Sample]) -> tuple[Clean, Level]:
    """Return the subhost a level key names, empty for the host itself, and the level."""
    key, sample = found
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
    )
    return owner, replace(level, state=_state(level.worst_fill))


def _state(fill: float | None) -> State:
    if fill is None or fill < _WATCH:
        return State.OK
    if fill >= 1.0:
        return State.FULL
    return State.ACT if fill >= _ACT else State.WATCH

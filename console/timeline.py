"""What a record shows at any of its moments: ``timeline.view(number)`` is what a screen had then.

Moments are numbered from 0, the oldest; several hosts seen at about the same time share one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import inf
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple, Protocol, TypeVar

from console.chronicle import KEPT
from console.clean import Clean
from console.contact import Contact
from console.record import Entry, Recorded
from console.samples import measured, sample
from console.series import Sample, Series
from console.trends import level_key
from console.view import FleetView

_ROUNDED: Final = 0.001
"""Seconds by which a stored sample may be dated late."""
_TOGETHER: Final = 0.5
"""Share of an interval within which hosts are seen at one moment."""

Key = tuple[Clean, Clean]
"""Host name and level key."""
Samples = Mapping[Key, Sequence[Sample]]
Kept = TypeVar("Kept")


class Moment(NamedTuple):
    """One step of a replay."""

    at: float
    """Monotonic clock of the console that recorded."""
    time: float
    """Its wall clock, seconds since 1970."""


class Track(Protocol):
    """One host as it was from moment to moment."""

    @property
    def moments(self) -> Sequence[Moment]:
        """When it was seen or could not be, the oldest first."""

    @property
    def interval(self) -> float:
        """Seconds between two looks at first."""

    def contact(self, number: int) -> Contact:
        """Return how it was known from that moment on."""


class Pictures:
    """The track of a host of which whole pictures were kept."""

    def __init__(self, entries: Sequence[Entry[Contact]]) -> None:
        self._entries = entries
        self.moments = tuple(Moment(entry.at, entry.time) for entry in entries)
        self.interval = entries[0].what.interval if entries else 0.0

    def contact(self, number: int) -> Contact:
        """Return what was kept."""
        return self._entries[number].what


class Timeline:
    """What was seen of some hosts, with the samples that led to it."""

    def __init__(self, tracks: Sequence[Track], samples: Samples, told: Recorded) -> None:
        """``told`` holds what happened and what ran meanwhile."""
        self._tracks = [track for track in tracks if track.moments]
        self.moments = tuple(_moments(self._tracks))
        self._series = _Series(samples)
        self._told = told

    def __len__(self) -> int:
        return len(self.moments)

    def number(self, time: float) -> int:
        """Return the number of the last moment at this time, or of the first of all."""
        return max(bisect_right(self.moments, time, key=_TIME) - 1, 0)

    def beyond(self, time: float, by: int) -> int | None:
        """Return the number of the next moment after that time, or, ``by`` -1, before it."""
        if by > 0:
            number = bisect_right(self.moments, time, key=_TIME)
        else:
            number = bisect_left(self.moments, time, key=_TIME) - 1
        return number if 0 <= number < len(self.moments) else None

    def view(self, number: int) -> FleetView:
        """Return everything that was to be seen then."""
        at = self.moments[number].at
        self._series.at = at
        return FleetView(
            contacts=tuple(_known(track, at) for track in self._tracks),
            series=self._series,
            events=_then(self._told.events, at),
            jobs=_then(self._told.jobs, at),
        )


def timeline(recorded: Recorded, samples: Samples) -> Timeline:
    """Return what a record shows."""
    return Timeline([Pictures(entries) for entries in recorded.contacts], samples, recorded)


def samples(
    recorded: Recorded, remembered: Mapping[Clean, Mapping[Clean, Sequence[Sample]]]
) -> Samples:
    """Return all samples of the hosts of a record: those remembered, else those it shows."""
    found: dict[Key, Sequence[Sample]] = {
        (host, key): _of_one_clock(each)
        for host, by_key in remembered.items()
        for key, each in by_key.items()
    }
    for key, shown in _shown(recorded, dict(_ends(found))).items():
        found[key] = (*found.get(key, ()), *shown)
    return found


def _ends(samples: Samples) -> Iterator[tuple[Clean, float]]:
    """Yield until when the samples of each host go."""
    for host, each in groupby(sorted(samples), key=itemgetter(0)):
        yield host, max(samples[key][-1].at for key in each if samples[key])


def _shown(recorded: Recorded, since: Mapping[Clean, float]) -> Mapping[Key, Sequence[Sample]]:
    """Return the samples that pictures show of each host after that."""
    found: dict[Key, list[Sample]] = {}
    for track in recorded.contacts:
        for host in (entry.what.host for entry in track):
            if host is None or host.at <= since.get(host.name, -inf) + _ROUNDED:
                continue
            for owner, level in host.owned_levels:
                if measured(level):
                    key = (host.name, level_key(owner, level.id))
                    found.setdefault(key, []).append(sample(host, level))
    return found


def _of_one_clock(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Return samples dated by this clock; those of others, which came before, by wall time."""
    if not any(each.clock for each in samples):
        return samples
    ours = next((each for each in samples if not each.clock), samples[-1])
    ahead = ours.at - ours.time
    dated = (
        each._replace(at=each.time + ahead, clock="") if each.clock else each for each in samples
    )
    return sorted(dated, key=_AT)


class _Series(Mapping[Key, Series]):
    """The series of every level up to a moment, each made when it is asked for."""

    def __init__(self, samples: Samples) -> None:
        self.at = 0.0
        self._samples = samples
        self._made: dict[Key, tuple[Series, int, float]] = {}

    def __getitem__(self, key: Key) -> Series:
        found = self._samples[key]
        until = self.at + _ROUNDED
        series, count, made = self._made.get(key, (Series(), 0, until))
        if made > until:
            series, count = Series(), 0
        if not count:
            count = bisect_right(found, until - KEPT, key=_AT)
        end = bisect_right(found, until, key=_AT)
        for each in found[count:end]:
            series.append(each)
        self._made[key] = series, end, until
        return series

    def __iter__(self) -> Iterator[Key]:
        return iter(self._samples)

    def __len__(self) -> int:
        return len(self._samples)


_AT, _TIME = attrgetter("at"), attrgetter("time")


def _moments(tracks: Sequence[Track]) -> Iterator[Moment]:
    """Yield when something was seen, once for what was seen together."""
    apart = _TOGETHER * min((track.interval for track in tracks), default=0.0)
    first = last = None
    for moment in sorted(moment for track in tracks for moment in track.moments):
        if first is not None and last is not None and moment.at - first.at >= apart:
            yield last
            first = None
        first, last = first or moment, moment
    if last is not None:
        yield last


def _known(track: Track, at: float) -> Contact:
    """Return how a host was known then; before its first look, as one not yet seen."""
    number = bisect_right(track.moments, at, key=_AT)
    if number:
        return track.contact(number - 1)
    first = track.contact(0)
    return Contact(first.name, first.interval, tags=first.tags, protected=first.protected)


def _then(entries: Sequence[Entry[tuple[Kept, ...]]], at: float) -> tuple[Kept, ...]:
    number = bisect_right(entries, at, key=_AT)
    return entries[number - 1].what if number else ()

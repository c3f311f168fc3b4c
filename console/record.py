"""What the last minutes looked like: the pictures themselves, kept as they were published.

A picture shares with the one before it all that did not change, so keeping it costs what changed.
``record.add(contact, time)`` keeps a reference; now and then older ones are thinned.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from itertools import zip_longest
from typing import Final, Generic, NamedTuple, TypeVar

from console.clean import Clean
from console.contact import Contact
from console.events import Event
from console.jobs import Job

SECONDS: Final = 900.0
"""Seconds that are kept."""
SIZE: Final = 60 << 20
"""Bytes that pictures may take, as far as can be told."""

_FINE: Final = 120.0
"""Newest seconds of which every picture is kept; of older ones one per step."""
_STEP: Final = 10.0
_EVERY: Final = 64
"""Pictures of one host between two thinnings."""
_MEASURED: Final = 4
"""Thinnings between two measurements of what a picture costs."""
_ENTRY: Final = 152
"""Bytes of an entry itself."""

Kept = TypeVar("Kept")


class Entry(NamedTuple, Generic[Kept]):
    """What was so from a moment on."""

    at: float
    """Monotonic clock."""
    time: float
    """Wall clock, seconds since 1970."""
    what: Kept


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a record holds: each sequence the oldest first, each entry so until the next."""

    contacts: tuple[tuple[Entry[Contact], ...], ...] = ()
    """Of each host, in the fleet's order."""
    events: tuple[Entry[tuple[Event, ...]], ...] = ()
    jobs: tuple[Entry[tuple[Job, ...]], ...] = ()


class _Track(Generic[Kept]):
    """One thing as it was from moment to moment."""

    def __init__(self) -> None:
        self.entries: deque[Entry[Kept]] = deque()
        self.size = 0
        self._added = 0
        self._thinned = 0
        self._each = 0.0

    def add(self, entry: Entry[Kept]) -> bool:
        """Keep an entry; whether it is time to thin."""
        self.entries.append(entry)
        self._added += 1
        return self._added >= _EVERY

    def thin(self, now: float, seconds: float, size: float) -> None:
        """Forget what is too old, and of what is not new all but one entry per step.

        What then takes more than ``size`` bytes, with what comes until the next time, is thinned
        further.
        """
        if len(self.entries) > 1 and self._thinned % _MEASURED == 0:
            before, last = self.entries[-2].what, self.entries[-1].what
            cost = float(_ENTRY + difference(before, last))
            self._each = (self._each + cost) / (2 if self._each else 1)
        self._thinned += 1
        most = max(int(size / max(self._each, 1.0)) - _EVERY, 1)
        fine, step = _FINE, _STEP
        kept = [*_thinned(self.entries, now - seconds, now - fine, step)]
        while len(kept) > most and step < seconds:
            fine, step = fine / 2, step * 2
            kept = [*_thinned(kept, now - seconds, now - fine, step)]
        self.entries = deque(kept[-most:])
        self.size = int((len(self.entries) + _EVERY) * self._each)
        self._added = 0


class Record:
    """The last minutes of a fleet, in bounded memory."""

    def __init__(self, seconds: float = SECONDS, size: int = SIZE) -> None:
        self.seconds = seconds
        self._size = size
        self._contacts: dict[Clean, _Track[Contact]] = {}
        self._events: _Track[tuple[Event, ...]] = _Track()
        self._jobs: _Track[tuple[Job, ...]] = _Track()

    @property
    def size(self) -> int:
        """Bytes the pictures are thought to take."""
        return sum(track.size for track in self._contacts.values())

    @property
    def kept(self) -> Recorded:
        """What is kept."""
        return Recorded(
            tuple(tuple(track.entries) for track in self._contacts.values()),
            tuple(self._events.entries),
            tuple(self._jobs.entries),
        )

    def add(self, contact: Contact, at: float, wall: float) -> None:
        """Keep how a host is known from now on (monotonic and wall clock)."""
        track = self._contacts.get(contact.name)
        if track is None:
            track = self._contacts[contact.name] = _Track()
        if track.add(Entry(at, wall, contact)):
            track.thin(at, self.seconds, self._size / len(self._contacts))

    def told(self, events: tuple[Event, ...], jobs: tuple[Job, ...]) -> None:
        """Keep what happened and what runs from now on, where that was something else."""
        self._changed(self._events, events)
        self._changed(self._jobs, jobs)

    def _changed(self, track: _Track[tuple[Kept, ...]], what: tuple[Kept, ...]) -> None:
        same = track.entries[-1].what is what if track.entries else not what
        if not same and track.add(now := Entry(time.monotonic(), time.time(), what)):
            track.thin(now.at, self.seconds, self._size / _EVERY)


def _thinned(
    entries: Iterable[Entry[Kept]], oldest: float, fine: float, step: float
) -> Iterator[Entry[Kept]]:
    """Yield all entries since ``fine``, of older ones the last of each step, and what began then.

    What ended before ``oldest`` is left out; what was so by then is not.
    """
    before: Entry[Kept] | None = None
    for entry in entries:
        if before is not None and entry.at >= oldest:
            same = entry.at < fine and before.at // step == entry.at // step
            if not same:
                yield before
        before = entry
    if before is not None:
        yield before


def difference(before: object, after: object) -> int:
    """Return about how many bytes ``after`` takes that ``before`` does not take already."""
    if before is after:
        return 0
    kind = type(after)
    names = _parts(kind)
    if names is not None:
        size = _size(after)
        former = before if type(before) is kind else None
        return size + sum(
            difference(getattr(former, name, None), getattr(after, name)) for name in names
        )
    if isinstance(after, tuple):
        former = before if isinstance(before, tuple) else ()
        known = set(map(id, former))
        pairs = zip_longest(former[: len(after)], after)
        return _size(after) + sum(
            difference(was, now) for was, now in pairs if id(now) not in known
        )
    return _size(after)


def _size(value: object) -> int:
    """Return the bytes of one object as it is allocated."""
    return (sys.getsizeof(value) + 15) & ~15


def _parts(kind: type) -> tuple[str, ...] | None:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None

"""Reads a capsule, whoever made it: every part is checked, every text cleaned, all is bounded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Final, TypeVar

from console.capsule import FORMAT, MEASURES, VERSION
from console.clean import PATH, Clean, clean
from console.codec import Shelf, number, whole
from console.contact import Contact
from console.errors import ConsoleError, Unparsable
from console.events import Event
from console.jobs import Job
from console.record import Entry, Recorded
from console.series import Sample
from console.timeline import Key, Samples

_HEAVIEST: Final = 5_000_000
"""Parts that all hosts may hold together at one moment."""
_MANY: Final = 5_000
"""Events or jobs of one moment."""

Lines = Callable[[str], Iterable[bytes]]
"""Returns the lines of a member, none where it is absent."""
Kept = TypeVar("Kept")


def opened(lines: Lines) -> tuple[Recorded, Samples]:
    """Return what was recorded. Raises ``ConsoleError`` for what is no capsule of ours."""
    _check(lines("manifest.json"))
    shelf = Shelf(Contact, Event, Job)
    for line in lines("values.jsonl"):
        shelf.take(line)
    reader = _Reader(shelf)
    samples: dict[Key, list[Sample]] = {}
    try:
        for line in lines("record.jsonl"):
            reader.take(_object(line))
        for line in lines("samples.jsonl"):
            _sampled(_object(line), samples)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _wrong(str(error), "a record") from None
    for each in samples.values():
        each.sort(key=attrgetter("at"))
    return reader.recorded, samples


def _check(lines: Iterable[bytes]) -> None:
    try:
        said = _object(b"".join(lines))
        form, version = said["format"], said["version"]
    except (ValueError, KeyError, RecursionError):
        form = version = None
    if form != FORMAT:
        raise ConsoleError("is no capsule", "subdeck capsule makes one")
    if version != VERSION:
        told = clean(str(version), 20)
        raise ConsoleError(
            f"is a capsule of version {told}, not {VERSION}", "open it with the subdeck it is of"
        )


class _Reader:
    """Reads ``record.jsonl``."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._contacts: dict[Clean, list[Entry[Contact]]] = {}
        self._weights: dict[Clean, int] = {}
        self._events: list[Entry[tuple[Event, ...]]] = []
        self._jobs: list[Entry[tuple[Job, ...]]] = []

    @property
    def recorded(self) -> Recorded:
        """What was read."""
        contacts = tuple(map(tuple, self._contacts.values()))
        return Recorded(contacts, tuple(self._events), tuple(self._jobs))

    def take(self, said: Mapping[str, object]) -> None:
        """Take the next line."""
        at, time = number(said["at"]), number(said["time"])
        if "contact" in said:
            self._contact(at, time, said["contact"])
        if "events" in said:
            _append(self._events, Entry(at, time, self._all(Event, said["events"])))
        if "jobs" in said:
            _append(self._jobs, Entry(at, time, self._all(Job, said["jobs"])))

    def _contact(self, at: float, time: float, place: object) -> None:
        contact = self._shelf.get(Contact, place)
        if contact.host is not None and contact.host.name != contact.name:
            raise _wrong(contact.host.name, f"the host {contact.name}")
        if not contact.interval > 0:
            raise _wrong(str(contact.interval), "seconds between two looks")
        heaviest = self._weights.get(contact.name, 0)
        self._weights[contact.name] = max(heaviest, self._shelf.weight(whole(place)))
        _append(self._contacts.setdefault(contact.name, []), Entry(at, time, contact))
        if heaviest == 0 and sum(self._weights.values()) > _HEAVIEST:
            raise ConsoleError("holds more than this console shows")

    def _all(self, kind: type[Kept], places: object) -> tuple[Kept, ...]:
        if not isinstance(places, list) or len(places) > _MANY:
            raise _wrong(str(places), "a list")
        return tuple([self._shelf.get(kind, place) for place in places])


def _append(track: list[Entry[Kept]], entry: Entry[Kept]) -> None:
    if track and entry.at < track[-1].at:
        raise _wrong(str(entry.at), "a later moment")
    track.append(entry)


def _sampled(said: Mapping[str, object], into: dict[Key, list[Sample]]) -> None:
    """Take a line of ``samples.jsonl``."""
    host, level, boot = (clean(str(said[key]), PATH) for key in ("host", "level", "boot"))
    columns = [said[key] for key in ("at", "time", *MEASURES)]
    rows = zip(*(each if isinstance(each, list) else () for each in columns), strict=True)
    found = into.setdefault((host, level), [])
    for at, time, used, *rest in rows:
        inodes, chunks, metadata, total, inodes_total = map(_perhaps, rest)
        sample = Sample(number(at), number(time), whole(used), inodes, chunks, boot)
        found.append(sample._replace(metadata=metadata, total=total, inodes_total=inodes_total))


def _perhaps(value: object) -> int | None:
    return None if value is None else whole(value)


def _object(line: bytes) -> Mapping[str, object]:
    said = json.loads(line)
    if not isinstance(said, dict):
        raise ValueError(f"{clean(line)} is no object")
    return said


def _wrong(found: str, expected: str) -> Unparsable:
    return Unparsable("capsule", clean(found), expected)

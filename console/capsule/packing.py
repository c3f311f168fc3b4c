"""Writes a capsule: everything it holds as members, name and content."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from typing import Final
from urllib.parse import quote

from console.audit import Record
from console.capsule import FORMAT, MEASURES, VERSION, Capsule
from console.clean import clean
from console.codec import Pool
from console.contact import Contact
from console.contract import Json, document, iso
from console.record import Recorded
from console.redact import Redactor
from console.timeline import Samples

_LONGEST: Final = 1 << 16
"""Characters kept of a line of what only people read."""


def packed(capsule: Capsule) -> Iterator[tuple[str, bytes]]:
    """Yield the members; takes its time where much was recorded."""
    redactor = Redactor()
    for _ in _members(capsule, redactor):
        pass  # so that a secret which shows in one place only is left out everywhere
    yield from _members(capsule, redactor)
    if capsule.picture is not None:
        picture = capsule.picture(redactor)
        if picture.svg:
            yield "screen.svg", picture.svg.encode()
        yield "screen.txt", picture.text.encode()


def _members(capsule: Capsule, redactor: Redactor) -> Iterator[tuple[str, bytes]]:
    recorded, pool = capsule.recorded, Pool(redactor.words)
    record = [*_record(recorded, pool)]
    newest = [track[-1].what for track in recorded.contacts if track]
    yield "manifest.json", _json(_bare(_manifest(capsule, newest), redactor))
    yield "values.jsonl", "\n".join((*pool.lines, "")).encode()
    yield "record.jsonl", _lines(record)
    yield "samples.jsonl", _lines(_bare(each, redactor) for each in _columns(capsule.samples))
    yield "status.json", _json(_bare(_status(capsule, newest), redactor))
    yield "audit.jsonl", _lines(_bare(_noted(each), redactor) for each in capsule.audit)
    yield "config.toml", _text(capsule.config, redactor)
    for (host, what), answer in capsule.raw.items():
        yield (
            f"raw/{_plainly(host)}/{_plainly(what)}",
            _text(answer.decode("utf-8", "replace"), redactor),
        )


def _manifest(capsule: Capsule, newest: Sequence[Contact]) -> Json:
    times = [entry.time for track in capsule.recorded.contacts for entry in track]
    return {
        "format": FORMAT,
        "version": VERSION,
        "made": iso(capsule.made),
        "by": capsule.who,
        "hosts": [contact.name for contact in newest],
        "from": iso(min(times)) if times else None,
        "to": iso(max(times)) if times else None,
    }


def _record(recorded: Recorded, pool: Pool) -> Iterator[Json]:
    for track in recorded.contacts:
        for entry in track:
            yield {"at": entry.at, "time": entry.time, "contact": pool.put(entry.what)}
    for happened in recorded.events:
        numbers = [pool.put(event) for event in happened.what]
        yield {"at": happened.at, "time": happened.time, "events": numbers}
    for known in recorded.jobs:
        numbers = [pool.put(job) for job in known.what]
        yield {"at": known.at, "time": known.time, "jobs": numbers}


def _columns(samples: Samples) -> Iterator[Json]:
    for (host, level), found in samples.items():
        for boot, run in groupby(found, key=attrgetter("boot")):
            rows = [*run]
            yield {
                "host": host,
                "level": level,
                "boot": boot,
                **{
                    measure: [getattr(row, measure) for row in rows]
                    for measure in ("at", "time", *MEASURES)
                },
            }


def _status(capsule: Capsule, newest: Sequence[Contact]) -> Json:
    at = max((each.host.at for each in newest if each.host), default=0.0)
    jobs = capsule.recorded.jobs[-1].what if capsule.recorded.jobs else ()
    return document(newest, at, capsule.made, jobs)


def _noted(record: Record) -> Json:
    return {**asdict(record), "time": iso(record.time)}


def _bare(value: object, redactor: Redactor) -> object:
    """Return a value of JSON without secrets."""
    match value:
        case str():
            return redactor.words((value,))[0]
        case Mapping():
            return {key: _bare(each, redactor) for key, each in value.items()}
        case list() if value and all(type(each) is str for each in value):
            return list(redactor.words(tuple(value)))
        case list() | tuple():
            return [_bare(each, redactor) for each in value]
        case _:
            return value


def _plainly(name: str) -> str:
    """Return a name that is a plain one for a file too, wherever somebody unpacks it."""
    quoted = quote(name, safe="@")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _lines(values: Iterable[object]) -> bytes:
    return "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in values).encode()


def _text(text: str, redactor: Redactor) -> bytes:
    return redactor.text("\n".join(clean(line, _LONGEST) for line in text.split("\n"))).encode()

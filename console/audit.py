"""Audit: what was done from this console, to which host, by whom, and what came of it.

Records are lines that each name the one before by its SHA-256, so that a line that was changed,
left out or put in shows. ``line(record, before)`` makes one, ``audited(lines)`` reads them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Protocol

from console.clean import Clean, clean

FIRST: Final = "0" * 64
"""What the very first line names as the one before."""
_LONGEST: Final = 4096
"""Characters kept of a text."""
_TEXTS: Final = ("id", "who", "host", "subhost", "verb")
_PERHAPS: Final = ("digest", "outcome", "told", "reason", "level", "image")


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that is about to be done, or what came of it."""

    time: float
    """Seconds since 1970."""
    id: Clean
    """Of the job."""
    who: Clean
    """``alice@bastion``."""
    host: Clean
    subhost: Clean
    """Empty: the host itself."""
    verb: Clean
    """``start`` ..., ``finish`` or ``roll-back``."""
    digest: Clean | None = None
    """SHA-256 of the job's program, in hexadecimal."""
    outcome: Clean | None = None
    """A ``JobState`` or ``not begun``; ``None``: it is about to be done."""
    told: Clean | None = None
    """Why it came to that."""
    reason: Clean | None = None
    """For which a protected host was unlocked."""
    level: Clean | None = None
    """Id of the level it was about; ``None``: it was about a subhost."""
    image: Clean | None = None
    """The set of boot images it was about, ``STORE:NAME/VERSION`` or ``NAME/VERSION``."""


class Auditor(Protocol):
    """Writes records down."""

    async def note(self, record: Record) -> None:
        """Return when the record will be there after a crash.

        Raises ``ConsoleError`` when it cannot be written: then nothing may be done.
        """


@dataclass(frozen=True, slots=True)
class Audited:
    """What was written down."""

    records: tuple[Record, ...]
    """The oldest first."""
    troubles: tuple[Clean, ...]
    """Lines that cannot be relied upon, and why."""


def digest(line: bytes) -> str:
    """Return what the next line names this one by."""
    return sha256(line).hexdigest()


def line(record: Record, before: str) -> bytes:
    """Return a record as one line without its end; ``before`` is the digest of the line before."""
    moment = datetime.fromtimestamp(record.time, UTC).isoformat(timespec="milliseconds")
    said: dict[str, str | None] = {"time": moment.replace("+00:00", "Z")}
    for key in (*_TEXTS, *_PERHAPS):
        text = getattr(record, key)
        said[key] = None if text is None else text[:_LONGEST]
    return json.dumps({**said, "before": before}, separators=(",", ":")).encode()


def audited(files: Iterable[tuple[str, bytes]]) -> Audited:
    """Return what is written in these files, named and in order, and what is wrong with them.

    The first line of all may name one that is no longer kept.
    """
    records: list[Record] = []
    troubles: list[Clean] = []
    before: str | None = None
    for name, text in files:
        for number, each in enumerate(text.split(b"\n"), 1):
            if not each:
                continue
            place = f"{name}:{number}"
            match _read(each):
                case None:
                    troubles.append(clean(f"{place}: is torn or no record"))
                case record, named:
                    records.append(record)
                    if before is not None and named != before:
                        troubles.append(clean(f"{place}: what stood before it was changed"))
            before = digest(each)
    return Audited(tuple(records), tuple(troubles))


def _read(text: bytes) -> tuple[Record, str] | None:
    try:
        said = json.loads(text)
        moment = datetime.fromisoformat(said["time"])
        texts = {key: said[key] for key in _TEXTS}
        perhaps = {key: said.get(key) for key in _PERHAPS}
        before = said["before"]
        time = moment.timestamp()
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    if not all(isinstance(each, str) for each in (before, *texts.values())):
        return None
    if not all(each is None or isinstance(each, str) for each in perhaps.values()):
        return None
    known = {key: clean(value, _LONGEST) for key, value in texts.items()}
    more = {key: clean(value, _LONGEST) for key, value in perhaps.items() if value is not None}
    return Record(time, **known, **more), before

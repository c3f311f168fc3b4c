"""The journal of a rollout: records as lines of JSON, ``records(b"".join(map(line, them)))``.

``{"is":"mark","at":1790000000.5,"target":"web1","what":"moving","job":"2026..."}``. The first line
says ``begun``; what stands after the last newline was torn by a crash, was never acted upon, and
does not count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from console.clean import PATH, Clean, clean
from console.codec import number, whole
from console.errors import Unparsable
from console.rollout.gates import Before
from console.rollout.records import Begun, Mark, Record, Rules, Said, Soaked, What, Word

VERSION: Final = 1
"""Of the form of these lines; named in the first."""
_IS: Final = {Begun: "begun", Said: "said", Mark: "mark", Soaked: "soaked"}


def line(record: Record) -> bytes:
    """Return a record as one line with its end."""
    said = {"is": _IS[type(record)], **asdict(record)}
    if isinstance(record, Begun):
        said = {"is": "begun", "version": VERSION, **said}
    elif isinstance(record, Mark):
        said = {key: value for key, value in said.items() if value is not None}
    return json.dumps(said, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def records(text: bytes, name: str, first: int = 1) -> tuple[Record, ...]:
    """Return what whole lines say; ``name`` and number of the ``first`` are for complaints.

    Raises ``Unparsable``: who cannot read what was done must not go on with it.
    """
    return tuple(
        _record(each, f"{name}:{at}")
        for at, each in enumerate(text[: text.rfind(b"\n") + 1].splitlines(), first)
    )


def _record(text: bytes, place: str) -> Record:
    try:
        said = _table(json.loads(text))
        match said["is"]:
            case "begun":
                return _begun(said)
            case "said":
                return Said(number(said["at"]), _text(said["who"]), Word(_text(said["word"])))
            case "soaked":
                return Soaked(number(said["at"]), whole(said["wave"]))
            case "mark":
                return _mark(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise Unparsable(place, clean(text[:200]), "a record of a rollout")


def _begun(said: Mapping[str, object]) -> Begun:
    if said["version"] != VERSION:
        raise ValueError("is of another version")
    rules = _table(said["rules"])
    return Begun(
        at=number(said["at"]),
        id=_text(said["id"]),
        who=_text(said["who"]),
        image=_text(said["image"]),
        digest=_text(said["digest"]),
        waves=tuple(_texts(wave) for wave in _many(said["waves"])),
        rules=Rules(
            most=whole(rules["most"]),
            failures=whole(rules["failures"]),
            soak=number(rules["soak"]),
            limit=number(rules["limit"]),
            command=_perhaps(rules["command"]),
        ),
        method=_perhaps(said["method"]),
        reason=_perhaps(said["reason"]),
        stage_in=_perhaps(said.get("stage_in")),
        pull=said.get("pull", False) is True,
    )


def _mark(said: Mapping[str, object]) -> Mark:
    before = said.get("before")
    return Mark(
        at=number(said["at"]),
        target=_text(said["target"]),
        what=What(_text(said["what"])),
        told=_perhaps(said.get("told")),
        job=_perhaps(said.get("job")),
        before=None if before is None else _before(_table(before)),
        boot_id=_perhaps(said.get("boot_id")),
    )


def _before(said: Mapping[str, object]) -> Before:
    if type(said["reboots"]) is not bool:
        raise ValueError("is neither true nor false")
    return Before(
        boot_id=_perhaps(said["boot_id"]),
        style=_perhaps(said["style"]),
        image=_text(said["image"]),
        reboots=said["reboots"],
        pressed=_texts(said["pressed"]),
        running=_texts(said["running"]),
        services=_texts(said["services"]),
        armed=_texts(said["armed"]),
    )


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("is no table")
    return value


def _many(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError("is no list")
    return value


def _text(value: object) -> Clean:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return clean(value, PATH)


def _texts(value: object) -> tuple[Clean, ...]:
    return tuple(map(_text, _many(value)))


def _perhaps(value: object) -> Clean | None:
    return None if value is None else _text(value)

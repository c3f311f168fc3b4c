"""Frozen values as lines of JSON and back: ``shelf.get(Host, pool.put(host)) == host``.

Each dataclass is one line that names its type and its fields, ``{"is":"Limit","total":1,...}``; a
field that holds another dataclass holds the number of its line, so what many pictures share is
written once and shared again when read. Fields at their default are left out, unknown ones are
passed over: what is added to the model later, with a default, breaks no file.

What is read is checked against the annotations and trusted in nothing: every text goes through
``clean`` again, numbers are bounded, and so is how much a value holds, since a few lines that hold
each other many times over would unfold without end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import partial
from math import isfinite
from types import NoneType, UnionType
from typing import Final, TypeVar, Union, get_args, get_origin, get_type_hints

from console.clean import PATH, Clean, clean
from console.errors import Problem, Unparsable, UntrustedKey

Value = TypeVar("Value")
Words = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Returns texts that stand together (one text, an argv, a log) as they are to be written."""

_LARGEST: Final = 2**63
_FURTHEST: Final = 1e15
_HEAVIEST: Final = 200_000
"""Parts a value may hold, its parts' parts included."""
_TYPE: Final = "is"


@dataclass(frozen=True, slots=True)
class _Key:
    """An ``UntrustedKey``, which is an exception, as a value."""

    message: str
    hint: str
    problem: Problem
    fingerprint: str
    line: str
    file: str


class Pool:
    """Writes values; ``lines`` are what was written."""

    def __init__(self, words: Words = tuple) -> None:
        self.lines: list[str] = []
        self._words = words
        self._known: dict[int, tuple[object, int]] = {}
        self._fields: dict[type, tuple[tuple[str, object], ...]] = {}

    def put(self, value: object) -> int:
        """Return the number of the line of a dataclass, written unless it was already."""
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        said: dict[str, object] = {_TYPE: type(value).__name__.strip("_")}
        for name, default in self._written(type(value)):
            found = getattr(value, name)
            if default is MISSING or found != default:
                said[name] = self._plain(found)
        self.lines.append(json.dumps(said, separators=(",", ":"), allow_nan=False))
        number = len(self.lines) - 1
        self._known[id(value)] = value, number  # kept, so that no other gets its id
        return number

    def _written(self, kind: type) -> tuple[tuple[str, object], ...]:
        """Return the fields of a type, and their defaults."""
        if kind not in self._fields:
            found = ((field.name, field.default) for field in _fields(kind))
            self._fields[kind] = tuple(found)
        return self._fields[kind]

    def _plain(self, value: object) -> object:
        match value:
            case StrEnum():
                return value.value
            case str():
                return self._words((value,))[0]
            case float():
                return value if isfinite(value) else None
            case None | bool() | int():
                return value
            case tuple() if value and all(type(each) is str for each in value):
                return list(self._words(value))
            case tuple():
                return [self._plain(each) for each in value]
            case UntrustedKey():
                return self.put(_bare(value))
            case _:
                return self.put(value)


class Shelf:
    """Reads values of these types, and of those they hold."""

    def __init__(self, *kinds: type) -> None:
        self._shapes: dict[str, _Shape] = {}
        self._values: list[object] = []
        self._weights: list[int] = []
        self._weight = 0
        for kind in kinds:
            self._learn(kind)

    def __len__(self) -> int:
        return len(self._values)

    def take(self, line: str | bytes) -> None:
        """Take the next line. Raises ``Unparsable`` for one that no ``Pool`` writes."""
        self._weight = 1
        try:
            said = json.loads(line, parse_constant=_refused)
            shape = self._shapes[said[_TYPE]]
            value = shape.make(
                **{name: read(said[name]) for name, read in shape.fields.items() if name in said}
            )
        except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
            raise _wrong(line, f"a value ({clean(str(error), 80)})") from None
        self._values.append(value)
        self._weights.append(self._weight)

    def get(self, kind: type[Value], number: object) -> Value:
        """Return the value of a line; raises ``Unparsable`` unless there is one of that kind."""
        try:
            found = self._at(number, (kind,))
        except ValueError as error:
            raise _wrong(str(number), f"a {kind.__name__} ({error})") from None
        if not isinstance(found, kind):
            raise _wrong(str(number), f"a {kind.__name__}")
        return found

    def weight(self, number: int) -> int:
        """Return how many parts the value of a line holds."""
        return self._weights[number]

    def _at(self, number: object, kinds: tuple[type, ...]) -> object:
        if type(number) is not int or not 0 <= number < len(self._values):
            raise ValueError("is no number of an earlier line")
        value = self._values[number]
        if not isinstance(value, kinds):
            raise ValueError(f"line {number} is a {type(value).__name__}")
        self._add(self._weights[number])
        return value

    def _add(self, weight: int) -> None:
        self._weight += weight
        if self._weight > _HEAVIEST:
            raise ValueError("holds too much")

    def _learn(self, kind: type) -> None:
        name = kind.__name__.strip("_")
        if name not in self._shapes:
            self._shapes[name] = shape = _Shape(kind, {})
            for each, hint in _hints(kind).items():
                shape.fields[each] = self._reader(hint)

    def _reader(self, hint: object) -> Callable[[object], object]:
        """Return what reads a field of that annotation."""
        if getattr(hint, "__supertype__", None) is str or hint is str:
            return self._text
        if hint in _NUMBERS:
            return _NUMBERS[hint]
        if get_origin(hint) is tuple:
            return self._tuple(get_args(hint))
        if get_origin(hint) in {Union, UnionType}:
            return self._union(get_args(hint))
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return hint
        if hint is UntrustedKey:
            self._learn(_Key)
            return lambda value: _raised(self._at(value, (_Key,)))
        if isinstance(hint, type) and is_dataclass(hint):
            self._learn(hint)
            return lambda value: self._at(value, (hint,))
        raise TypeError(f"{hint} cannot be read")

    def _text(self, value: object) -> Clean:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is no text")
        self._add(1)
        return clean(value, PATH)

    def _tuple(self, hints: tuple[object, ...]) -> Callable[[object], object]:
        if hints[-1] is Ellipsis:
            read = self._reader(hints[0])
            return lambda value: tuple([read(each) for each in self._many(value)])
        reads = [self._reader(hint) for hint in hints]
        return lambda value: tuple(
            [read(each) for read, each in zip(reads, self._many(value), strict=True)]
        )

    def _many(self, value: object) -> list[object]:
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is no list")
        self._add(len(value))
        return value

    def _union(self, hints: tuple[object, ...]) -> Callable[[object], object]:
        some = [hint for hint in hints if hint is not NoneType]
        optional = len(some) < len(hints)
        if len(some) == 1:
            read = self._reader(some[0])
        else:
            kinds = tuple(hint for hint in some if isinstance(hint, type))
            for kind in kinds:
                self._learn(kind)
            read = partial(self._at, kinds=kinds)
        return lambda value: None if value is None and optional else read(value)


@dataclass(frozen=True, slots=True)
class _Shape:
    make: Callable[..., object]
    fields: dict[str, Callable[[object], object]]


def _hints(kind: type) -> Mapping[str, object]:
    hints: Mapping[str, object] = get_type_hints(kind)
    return {field.name: hints[field.name] for field in _fields(kind)}


def _fields(kind: type) -> Iterable[Field[object]]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no dataclass")
    return fields(kind)


def _bare(key: UntrustedKey) -> _Key:
    return _Key(str(key), key.hint, key.problem, key.fingerprint, key.line, key.file)


def _raised(key: object) -> UntrustedKey | None:
    if not isinstance(key, _Key):
        return None
    return UntrustedKey(
        key.message,
        key.hint,
        key.problem,
        fingerprint=key.fingerprint,
        line=key.line,
        file=key.file,
    )


def _bool(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def whole(value: object) -> int:
    """Return a whole number of JSON; raises ``ValueError`` for what is none, or too large."""
    if type(value) is not int or abs(value) >= _LARGEST:
        raise ValueError(f"{value!r} is no whole number")
    return value


def number(value: object) -> float:
    """Return a number of JSON; raises ``ValueError`` for what is none, or too large."""
    if value is None:  # what was no number when it was written
        return 0.0
    if type(value) not in {int, float} or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    if not abs(value) < _FURTHEST:
        raise ValueError(f"{value!r} is too large")
    return float(value)


_NUMBERS: Mapping[object, Callable[[object], object]] = {bool: _bool, int: whole, float: number}


def _refused(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _wrong(line: str | bytes, expected: str) -> Unparsable:
    return Unparsable("capsule", clean(line), expected)

"""TOML whose every complaint names file, line and key.

``document('interval = "2"', "config.toml").number("interval", 2.0, 0.5, 3600.0)`` raises
``Misconfigured: config.toml:1: interval: expected a number, got a string``.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.clean import clean
from console.errors import Misconfigured

Place = tuple[str | int, ...]
"""Where a value stands in a document: keys, and positions in arrays."""

_TYPES = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "a table",
}
_LOCATION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a document; every method raises ``Misconfigured`` on what it cannot accept."""

    file: str
    text: str
    """The whole document, in which lines are counted."""
    place: Place
    values: Mapping[str, object]

    def only(self, *known: str) -> None:
        """Refuse every key but these, suggesting the one that was meant."""
        for key in self.values:
            if key not in known:
                raise self.wrong(f"unknown key{meant(key, known)}", key)

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return the number under ``key``, which must lie in ``low`` to ``high``."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._mistyped("a number", value, key)
        if not low <= value <= high:
            raise self.wrong(f"{value} is not between {low:g} and {high:g}", key)
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the boolean under ``key``."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self._mistyped("true or false", value, key)
        return value

    def string(self, key: str) -> str | None:
        """Return the string under ``key``, which may be missing but not empty."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self._mistyped("a string", value, key)
        if not value:
            raise self.wrong("is empty", key)
        return value

    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """Return the string under ``key``, which must be one of ``choices``."""
        value = self.string(key) or default
        if value not in choices:
            raise self.wrong(f"{value!r} is none of {', '.join(choices)}", key)
        return value

    def strings(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return the array of strings under ``key``."""
        value = self.values.get(key, list(default))
        if not isinstance(value, list):
            raise self._mistyped("an array of strings", value, key)
        for position, each in enumerate(value):
            if not isinstance(each, str):
                raise self._mistyped("a string", each, key, position)
        return tuple(value)

    def table(self, key: str) -> Table:
        """Return the table under ``key``, empty when there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self._mistyped("a table", value, key)
        return Table(self.file, self.text, (*self.place, key), value)

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the array of tables under ``key``, written ``[[…]]``."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self._mistyped(
                f"an array of tables, [[{_dotted((*self.place, key))}]]", value, key
            )
        for position, each in enumerate(value):
            if not isinstance(each, dict):
                raise self._mistyped("a table", each, key, position)
        return tuple(
            Table(self.file, self.text, (*self.place, key, position), each)
            for position, each in enumerate(value)
        )

    def wrong(self, why: str, *path: str | int) -> Misconfigured:
        """Return the complaint about the value at ``path`` below this table."""
        place = (*self.place, *path)
        return Misconfigured(self.file, line_of(self.text, place), _dotted(place), why)

    def _mistyped(self, expected: str, value: object, *path: str | int) -> Misconfigured:
        got = _TYPES.get(type(value), "a date or time")
        return self.wrong(f"expected {expected}, got {got}", *path)


def document(text: str, file: str) -> Table:
    """Return the top table of a document; raises ``Misconfigured`` when it is no TOML."""
    try:
        return Table(file, text, (), tomllib.loads(text))
    except RecursionError:
        raise Misconfigured(file, None, "", "values are nested too deeply") from None
    except ValueError as error:
        location = _LOCATION.search(str(error))
        line = int(location[1]) if location and location[1] else None
        if location and not line:
            line = text.rstrip().count("\n") + 1
        raise Misconfigured(file, line, "", _LOCATION.sub("", str(error))) from None


def line_of(text: str, place: Place) -> int | None:
    """Return the line on which the statement that makes ``place`` begins, counted from 1.

    It is found by reading ever longer heads of the document: the statement is what lies between
    the last head that is complete without it and the first that has it.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    complete = 0
    for count in range(1, len(lines) + 1):
        try:
            head = tomllib.loads("\n".join(lines[:count]))
        except ValueError:
            continue
        if _reaches(head, place):
            return complete + 1
        complete = count
    return None


def meant(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?`` or, where nothing is close, what there is to choose from."""
    known = tuple(known)
    close = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"


def _reaches(value: object, place: Place) -> bool:
    for step in place:
        match value, step:
            case dict(), str() if step in value:
                value = value[step]
            case list(), int() if step < len(value):
                value = value[step]
            case _:
                return False
    return True


def _dotted(place: Place) -> str:
    return clean(".".join(step for step in place if isinstance(step, str)))

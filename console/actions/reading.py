"""The configuration that a plan is made from, and where in its file a value stands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from console.clean import Clean, clean
from console.model import Host, Subhost, SubhostConf
from console.parse import subhost_conf
from console.survey import Survey

_LINE = re.compile(r"([A-Z_]+)=(.*)|(SHARE)[ \t]*=(.*)")
_LISTS = frozenset(("CABLES", "START"))


def subhost(host: Host, name: Clean) -> Subhost | None:
    """Return the subhost of that name, or ``None``."""
    return next((each for each in host.subhosts if each.name == name), None)


def settings(host: Host, name: Clean, survey: Survey) -> SubhostConf | None:
    """Return what the configuration says; ``None``: there is none, or it cannot be read.

    Raises ``Unparsable`` for a binary file.
    """
    found = subhost(host, name)
    if found is None or found.config is None or survey.conf is None:
        return None
    return subhost_conf.conf(os.fsencode(found.config), survey.conf)


class Lines:
    """Where values stand: ``lines.at("UPPER")`` is ``line 3: ``, or nothing for a default."""

    def __init__(self, text: bytes) -> None:
        self._first: dict[str, int] = {}
        self._inexact: list[int] = []
        for number, line in enumerate(text.decode("utf-8", "surrogateescape").split("\n"), 1):
            found = _LINE.match(line)
            if found is None:
                continue
            key, value = (found[1], found[2]) if found[1] else (found[3], found[4])
            self._first.setdefault(key, number)
            value = value.strip(" \t\r")
            if key in _LISTS:
                value = value.replace("\t", " ")
            if clean(value, len(value) + 1) != value:
                self._inexact.append(number)

    def number(self, key: str) -> int | None:
        """Return the line of the value that counts, from 1; ``None``: it is nowhere given."""
        return self._first.get(key)

    def at(self, key: str) -> str:
        """Return the place of the value that counts, to begin a message with."""
        number = self._first.get(key)
        return f"line {number}: " if number else ""

    @property
    def inexact(self) -> Iterator[int]:
        """Yield the lines whose value cannot be shown exactly."""
        return iter(self._inexact)

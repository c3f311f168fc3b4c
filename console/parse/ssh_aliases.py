"""The host names of an OpenSSH configuration: ``aliases("Host edge-1 edge-2").names``.

Only to know which hosts there are; what is configured for one, OpenSSH itself is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

_LINE = re.compile(r"\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)")
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_WILD = re.compile(r"[*?!]")


@dataclass(frozen=True, slots=True)
class Aliases:
    """The words of ``Host`` lines."""

    names: tuple[str, ...] = ()
    """Those that name one host, in order, each once."""
    patterns: tuple[tuple[str, ...], ...] = ()
    """The lines that have wildcards; a bare ``*`` says of no host that there is one."""
    includes: tuple[str, ...] = ()
    """What ``Include`` names, as written."""

    def match(self, word: str) -> bool:
        """Whether a word is one of the names, or of a kind that a ``Host`` line speaks of."""
        return word in self.names or any(_matches(word, line) for line in self.patterns)

    def __add__(self, other: Aliases) -> Aliases:
        return Aliases(
            tuple(dict.fromkeys(self.names + other.names)),
            self.patterns + other.patterns,
            self.includes + other.includes,
        )


def aliases(text: str) -> Aliases:
    """Read one file; what is no ``Host`` or ``Include`` line is passed over."""
    names: dict[str, None] = {}
    patterns: list[tuple[str, ...]] = []
    includes: list[str] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        keyword = match[1].lower() if match else ""
        words = _words(match[2]) if match else []
        if keyword == "include":
            includes += words
        elif keyword == "host":
            names |= dict.fromkeys(word for word in words if not _WILD.search(word))
            if any(_WILD.search(word) and word != "*" for word in words):
                patterns.append(tuple(words))
    return Aliases(tuple(names), tuple(patterns), tuple(includes))


def _words(text: str) -> list[str]:
    """Split as OpenSSH does: quotes hold blanks together, a ``#`` begins a comment."""
    found = []
    for quoted, bare in _WORD.findall(text):
        if bare.startswith("#"):
            break
        found.append(quoted or bare)
    return [word for word in found if word]


def _matches(word: str, line: Iterable[str]) -> bool:
    """A bare ``*`` beside others is a wildcard like any, but alone it is no name of a host."""
    wanted = [each for each in line if not each.startswith("!") and each != "*"]
    unwanted = [each[1:] for each in line if each.startswith("!")]
    return any(_wild(word, each) for each in wanted) and not any(
        _wild(word, each) for each in unwanted
    )


def _wild(word: str, pattern: str) -> bool:
    return fnmatchcase(word.lower(), pattern.lower().replace("[", "[[]"))

"""Known host keys as ssh keeps them: ``known_hosts(b"web1 ssh-ed25519 AAAA…", file).of("web1")``.

Lenient as OpenSSH is: a line that cannot be read is named and skipped, the others hold. Of every
line, hashed or not, it is kept where it stands, so that it can be shown and mended.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from console.clean import clean
from console.parse.ssh_keys import Key, key

_HASHED = "|1|"


class Marker(StrEnum):
    """What a line is about."""

    KEY = ""
    AUTHORITY = "@cert-authority"
    REVOKED = "@revoked"


@dataclass(frozen=True, slots=True)
class Known:
    """One line."""

    marker: Marker
    key: Key
    file: str
    number: int
    """Counted from 1."""

    @property
    def place(self) -> str:
        """``FILE:LINE``."""
        return f"{self.file}:{self.number}"


@dataclass(slots=True)
class KnownHosts:
    """One file: its lines by the hosts they name."""

    bad: list[str] = field(default_factory=list)
    """Lines that could not be read, each as ``FILE:LINE: why``."""
    _exact: dict[str, list[Known]] = field(default_factory=dict)
    _hashed: list[tuple[bytes, bytes, Known]] = field(default_factory=list)
    _patterns: list[tuple[_Patterns, Known]] = field(default_factory=list)
    _asked: dict[str, tuple[Known, ...]] = field(default_factory=dict)
    """What was found before: thousands of hashed names take their time."""

    def of(self, name: str) -> tuple[Known, ...]:
        """Return the lines about a host, which is called ``[name]:port`` off port 22."""
        name = name.lower()
        if name not in self._asked:
            self._asked[name] = tuple(self._find(name))
        return self._asked[name]

    def add(self, names: str, known: Known) -> None:
        """Take in one line; raises ``ValueError`` for names that make no sense."""
        self._asked.clear()
        if names.startswith("|"):
            self._hashed.append((*_hash(names), known))
        elif re.search(r"[*?!]", names):
            self._patterns.append((_Patterns(names), known))
        else:
            for name in names.lower().split(","):
                self._exact.setdefault(name, []).append(known)

    def _find(self, name: str) -> list[Known]:
        found = list(self._exact.get(name, ()))
        raw = name.encode()
        found += [
            known
            for salt, digest, known in self._hashed
            if hmac.digest(salt, raw, "sha1") == digest
        ]
        found += [known for patterns, known in self._patterns if patterns.match(name)]
        return sorted(found, key=lambda known: known.number)


def known_hosts(raw: bytes, file: str) -> KnownHosts:
    """Read a file; ``file`` names it in complaints."""
    found = KnownHosts()
    for number, line in enumerate(raw.split(b"\n"), 1):
        words = line.decode("utf-8", "replace").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            marker = Marker(words.pop(0)) if words[0].startswith("@") else Marker.KEY
            names, type_, text = _three(words)
            found.add(names, Known(marker, key(type_, text), file, number))
        except ValueError as error:
            found.bad.append(f"{clean(file)}:{number}: {clean(str(error))}")
    return found


def hashed(name: str, salt: bytes) -> str:
    """Return a name as ``HashKnownHosts`` writes it; ``salt`` is 20 random bytes."""
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"{_HASHED}{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def _three(words: list[str]) -> tuple[str, str, str]:
    if len(words) < 3:
        raise ValueError("expected names, a key type and a key")
    return words[0], words[1], words[2]


def _hash(names: str) -> tuple[bytes, bytes]:
    salt, bar, digest = names.removeprefix(_HASHED).partition("|")
    try:
        if not names.startswith(_HASHED) or not bar:
            raise ValueError
        return base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("expected a hashed name as |1|salt|hash") from None


class _Patterns:
    """``*.lab,!db.lab``: one must match, and none behind an exclamation mark."""

    def __init__(self, names: str) -> None:
        words = names.lower().split(",")
        self._wanted = _either(word for word in words if not word.startswith("!"))
        self._unwanted = _either(word[1:] for word in words if word.startswith("!"))

    def match(self, name: str) -> bool:
        return bool(self._wanted.fullmatch(name)) and not self._unwanted.fullmatch(name)


def _either(words: Iterable[str]) -> re.Pattern[str]:
    """Brackets mean themselves here (``[host]:port``), so this is not ``fnmatch``."""
    return re.compile("|".join(map(_wild, words)) or r"(?!)")


def _wild(word: str) -> str:
    return "".join(_pieces(word))


def _pieces(word: str) -> Iterator[str]:
    for character in re.sub(r"\*+", "*", word):
        yield {"*": ".*", "?": "."}.get(character) or re.escape(character)

"""What every kind of store can be asked; nothing that comes of it is trusted yet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.images.heads import HEAD
from console.images.manifest import is_word

POINTERS: Final = ("current", "good")
"""Names of the symlinks beside the versions of a set, each to one of them."""
INDEX: Final = "index"
"""File at the root of a store that lists what it holds, for those who cannot list folders."""
MOST: Final = 4096
"""Sets of a store."""

_LINE: Final = re.compile(r"([^/ ]+)/([^/ ]+)(?: ([^/ ]+))?")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a store says it holds."""

    titles: tuple[Clean, ...] = ()
    """``NAME/VERSION``, which is also the folder of that set."""
    pointers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Name of a set and one of ``POINTERS`` to a version."""
    troubles: tuple[Clean, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """The begin of a file."""

    size: int | None
    """Bytes of the whole file; ``None``: the store does not say."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Whole:
    """What all of a file amounts to."""

    size: int
    sha256: Clean
    head: bytes
    """The first ``heads.HEAD`` bytes, read from the same open file."""


class Reader(Protocol):
    """One store; paths are below its root. Everything raises ``ConsoleError``."""

    async def listed(self) -> Listed:
        """Return what it holds."""

    async def pieces(self, wanted: Sequence[tuple[str, int]]) -> tuple[Piece | None, ...]:
        """Return the first bytes, so many at most, of each of these files.

        ``None``: there is no such file, or it is none that may be read.
        """

    async def whole(self, path: str, most: int) -> Whole:
        """Read all of a file; stops beyond ``most`` bytes."""

    def stream(self, path: str, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield what a file holds from ``offset`` on."""


class Summing:
    """Adds up what is read of a file."""

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._most = most
        self._sum = hashlib.sha256()
        self._size = 0
        self._head = bytearray()

    def add(self, data: bytes) -> None:
        """Take what comes next. Raises ``ConsoleError`` beyond the most there may be."""
        self._size += len(data)
        if self._size > self._most:
            raise ConsoleError(f"{self._path}: is longer than {self._most} bytes")
        self._sum.update(data)
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]

    @property
    def whole(self) -> Whole:
        """All of it."""
        return Whole(self._size, Clean(self._sum.hexdigest()), bytes(self._head))


def indexed(text: bytes, source: str) -> Listed:
    """Return what an index says: ``NAME/VERSION`` a line, ``NAME/current VERSION`` among them."""
    titles: list[Clean] = []
    pointers: dict[tuple[str, str], str] = {}
    troubles: list[Clean] = []
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        name, last, version = match.groups() if match else ("", "", None)
        if not is_word(name):
            troubles.append(clean(f"{source}:{number}: expected NAME/VERSION, got {line[:80]!r}"))
        elif version is None and is_word(last):
            titles.append(Clean(f"{name}/{last}"))
        elif version is not None and last in POINTERS and is_word(version):
            pointers[name, last] = version
        else:
            troubles.append(clean(f"{source}:{number}: expected NAME/VERSION, got {line[:80]!r}"))
    return bounded(titles, pointers, troubles, source)


def bounded(
    titles: Sequence[Clean],
    pointers: Mapping[tuple[str, str], str],
    troubles: Sequence[Clean],
    source: str,
) -> Listed:
    """Return what was found, in order, a pointer to nothing as the trouble it is."""
    said = list(troubles)
    kept = tuple(sorted(dict.fromkeys(titles)))
    if len(kept) > MOST:
        said.append(clean(f"{source}: has more than {MOST} sets"))
        kept = kept[:MOST]
    for (name, which), version in sorted(pointers.items()):
        if f"{name}/{version}" not in kept:
            said.append(clean(f"{source}: {name}/{which} leads to {version}, which is not there"))
    fit = {key: version for key, version in pointers.items() if f"{key[0]}/{version}" in kept}
    return Listed(kept, fit, tuple(said))


def index(listed: Listed) -> bytes:
    """Return the text of an index."""
    pointers = (f"{name}/{which} {to}" for (name, which), to in sorted(listed.pointers.items()))
    return "".join(f"{line}\n" for line in (*listed.titles, *pointers)).encode()

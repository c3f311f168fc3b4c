"""Stores of boot images as the configuration names them, and the catalogue of what they hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from backends.images.folder import Folder
from backends.images.hosted import Hosted
from backends.images.reader import Listed, Piece, Reader
from backends.images.signing import Signing
from backends.images.web import Web
from backends.runner import Runner
from console.clean import Clean, clean
from console.errors import ConsoleError
from console.images.assigned import Assignments
from console.images.catalogue import Catalogue, Known
from console.images.drift import identity
from console.images.heads import HEAD, Head, head, mismatch
from console.images.manifest import LARGEST, NAME, SIGNATURE, Entry, Manifest, Role, manifest
from console.images.places import StorePlace
from console.parse import ssh_signature

_AT_ONCE: Final = 4
"""Sets of one store looked at at once."""
_CMDLINE: Final = 4096
"""Bytes of a command line (COMMAND_LINE_SIZE of most kernels is less)."""

RunnerOf = Callable[[Clean], Awaitable[Runner]]
"""Gives the way to a host by its name. Raises ``ConsoleError`` where there is none."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one store holds."""

    sets: tuple[Known, ...]
    troubles: tuple[Clean, ...]


class Store:
    """One store, of whatever kind."""

    def __init__(self, place: StorePlace, reader: Reader, signing: Signing) -> None:
        self.place = place
        self._reader = reader
        self._signing = signing
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @property
    def name(self) -> Clean:
        """As the configuration names it."""
        return self.place.name

    async def shelf(self) -> Shelf:
        """Return what it holds; what cannot be read of it is among the troubles."""
        try:
            listed = await self._reader.listed()
        except ConsoleError as error:
            return Shelf((), (_told(self.name, error),))
        found = await asyncio.gather(*(self._tried(listed, title) for title in listed.titles))
        troubles = [clean(f"{self.name}: {each}", 4096) for each in listed.troubles]
        troubles += [each for each in found if not isinstance(each, Known)]
        return Shelf(tuple(each for each in found if isinstance(each, Known)), tuple(troubles))

    async def check(self, known: Known) -> tuple[Clean, ...]:
        """Read all files of a set and return what is wrong with them, in a line each."""
        faults: list[Clean] = []
        (piece,) = await self._reader.pieces([(f"{known.manifest.title}/{NAME}", LARGEST + 1)])
        if piece is None or sha256(piece.data).hexdigest() != known.digest:
            faults.append(Clean(f"{NAME}: is not what it was when the store was listed"))
        for entry in known.manifest.files:
            if fault := await self._checked(known.manifest, entry):
                faults.append(clean(f"{entry.path}: {fault}"))
        return tuple(faults)

    def stream(self, known: Known, entry: Entry, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield what a file of a set holds; whoever takes it checks its size and SHA-256."""
        return self._reader.stream(f"{known.manifest.title}/{entry.path}", offset)

    def url(self, known: Known, entry: Entry) -> str | None:
        """Return where a web server has a file of a set; ``None``: the store is none's."""
        url = self.place.url
        return f"{url}{known.manifest.title}/{entry.path}" if url else None

    async def _checked(self, of: Manifest, entry: Entry) -> str | None:
        try:
            whole = await self._reader.whole(f"{of.title}/{entry.path}", entry.size)
        except ConsoleError as error:
            return str(error)
        if whole.size != entry.size:
            return f"has {whole.size} bytes, not {entry.size}"
        if whole.sha256 != entry.sha256:
            return f"its SHA-256 is {whole.sha256[:12]}…, not {entry.sha256[:12]}…"
        return mismatch(entry, of, head(whole.head))

    async def _tried(self, listed: Listed, title: Clean) -> Known | Clean:
        """Return a set, or why there is none."""
        try:
            async with self._turns:
                return await self._known(listed, title)
        except ConsoleError as error:
            return _told(self.name, error)

    async def _known(self, listed: Listed, title: Clean) -> Known:
        text, signature = await self._reader.pieces(
            [(f"{title}/{NAME}", LARGEST + 1), (f"{title}/{SIGNATURE}", ssh_signature.LARGEST + 1)]
        )
        if text is None:
            raise ConsoleError(f"{title}/{NAME}: cannot be read")
        of = manifest(text.data, f"{title}/{NAME}")
        if of.title != title:
            raise ConsoleError(f"{title}/{NAME}: is the manifest of {of.title}")
        worth = await self._signing.worth(
            text.data,
            signature.data if signature else None,
            self.place.allowed_signers,
            self.place.revoked,
        )
        begins = await self._reader.pieces([(f"{title}/{each.path}", HEAD) for each in of.files])
        heads: dict[str, Head] = {
            each.path: head(piece.data)
            for each, piece in zip(of.files, begins, strict=True)
            if piece is not None
        }
        return Known(
            store=self.name,
            manifest=of,
            digest=Clean(sha256(text.data).hexdigest()),
            signature=worth,
            identity=identity(of, heads, _cmdline(of, begins)),
            pointers=frozenset(
                which
                for (name, which), version in listed.pointers.items()
                if (name, version) == (of.name, of.version)
            ),
            faults=tuple(_faults(of, begins, heads)),
        )


def opened(places: Iterable[StorePlace], runner_of: RunnerOf) -> tuple[Store, ...]:
    """Return the stores of a configuration; none is asked anything yet."""
    signing = Signing()
    return tuple(Store(place, _reader(place, runner_of), signing) for place in places)


async def catalogue(stores: Sequence[Store], assigned: Assignments) -> Catalogue:
    """Return what these stores hold, in their order."""
    shelves = await asyncio.gather(*(store.shelf() for store in stores))
    return Catalogue(
        tuple(known for shelf in shelves for known in shelf.sets),
        assigned,
        tuple(trouble for shelf in shelves for trouble in shelf.troubles),
    )


def _reader(place: StorePlace, runner_of: RunnerOf) -> Reader:
    if place.url is not None:
        return Web(place.url)
    root = Path(place.path or "/")
    if (host := place.host) is None:
        return Folder(root)

    async def runner() -> Runner:
        return await runner_of(host)

    return Hosted(host, root, runner)


def _faults(
    of: Manifest, begins: Sequence[Piece | None], heads: Mapping[str, Head]
) -> Iterable[Clean]:
    for entry, piece in zip(of.files, begins, strict=True):
        if piece is None:
            yield clean(f"{entry.path}: is not there, or cannot be read")
        elif piece.size not in {None, entry.size}:
            yield clean(f"{entry.path}: has {piece.size} bytes, not {entry.size}")
        elif why := mismatch(entry, of, heads[entry.path]):
            yield clean(f"{entry.path}: {why}")


def _cmdline(of: Manifest, begins: Sequence[Piece | None]) -> bytes:
    for entry, piece in zip(of.files, begins, strict=True):
        if entry.role is Role.CMDLINE and piece is not None:
            return piece.data[:_CMDLINE]
    return b""


def _told(store: Clean, error: ConsoleError) -> Clean:
    return clean(f"{store}: {error.whole}", 4096)

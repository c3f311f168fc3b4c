"""A store in a directory here. No symlink below its root is ever followed.

``ROOT/NAME/VERSION/`` is the folder of a set; ``ROOT/NAME/current`` and ``good`` are symlinks to
one of its versions and are read, not followed. What hangs costs a thread, nobody else.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import PurePath
from typing import Final, TypeVar

from backends.images.reader import POINTERS, Listed, Piece, Summing, Whole, bounded
from backends.threads import Threads
from console.clean import Clean, clean
from console.errors import ConsoleError, Problem, Unreachable
from console.images.manifest import NAME, is_word

CHUNK: Final = 1 << 20
_AT_ONCE: Final = 2
_PATIENCE: Final = 20.0
"""Seconds a listing, or a piece of a file, may take."""
_ENTRIES: Final = 65_536
"""Names looked at in a folder."""

T = TypeVar("T")


class Folder:
    """Reads a store in a directory."""

    def __init__(self, root: PurePath) -> None:
        self.root = root
        self._threads = Threads("images", _AT_ONCE)

    async def listed(self) -> Listed:
        """Return what it holds."""
        return await self._soon(partial(listing, self.root))

    async def pieces(self, wanted: Sequence[tuple[str, int]]) -> tuple[Piece | None, ...]:
        """Return the begin of files."""
        return await self._soon(lambda: tuple(_piece(self.root, *each) for each in wanted))

    async def whole(self, path: str, most: int) -> Whole:
        """Read all of a file."""
        return await self._done(partial(_whole, self.root, path, most))

    async def stream(self, path: str, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield what a file holds; all of it comes from the file that was opened first."""
        file = await self._soon(partial(_opened, self.root, path))
        try:
            while data := await self._soon(partial(os.pread, file, CHUNK, offset)):
                offset += len(data)
                yield data
        finally:
            os.close(file)

    async def _soon(self, function: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._done(function)
        except TimeoutError:
            raise Unreachable(
                f"{clean(str(self.root), 4096)}: no answer for {_PATIENCE:.0f} s",
                "the filesystem hangs",
                Problem.HUNG,
            ) from None

    async def _done(self, function: Callable[[], T]) -> T:
        try:
            return await (await self._threads.start(function))
        except OSError as error:
            raise failed(self.root, error) from error


def failed(root: PurePath, error: OSError) -> ConsoleError:
    """Return what is told of an error of the system's, of a path below a store."""
    path = root / error.filename if isinstance(error.filename, str) else root
    return ConsoleError(f"{clean(str(path), 4096)}: {clean(error.strerror or str(error))}")


@contextmanager
def beneath(root: PurePath | int, path: str) -> Iterator[int]:
    """Open a folder below a root, without following symlinks; ``""`` is the root itself."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    folder = os.open(root, flags) if not isinstance(root, int) else os.dup(root)
    try:
        for part in filter(None, path.split("/")):
            inner = os.open(part, flags | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def listing(root: PurePath) -> Listed:
    """Return what a directory holds. Raises ``OSError``."""
    titles: list[Clean] = []
    pointers: dict[tuple[str, str], str] = {}
    troubles: list[Clean] = []
    with beneath(root, "") as store:
        for name in filter(is_word, _names(store)):
            with suppress(NotADirectoryError, FileNotFoundError), beneath(store, name) as folder:
                for each in _names(folder):
                    if each in POINTERS:
                        to = os.readlink(each, dir_fd=folder) if _is_link(folder, each) else ""
                        if is_word(to):
                            pointers[name, each] = to
                        else:
                            why = f"{root}: {name}/{each} is no symlink to a version beside it"
                            troubles.append(clean(why))
                    elif is_word(each) and _is_file(folder, f"{each}/{NAME}"):
                        titles.append(Clean(f"{name}/{each}"))
    return bounded(titles, pointers, troubles, str(root))


def _names(folder: int) -> list[str]:
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            names.append(entry.name)
            if len(names) == _ENTRIES:
                break
    return sorted(names)


def _is_link(folder: int, name: str) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _is_file(folder: int, path: str) -> bool:
    try:
        os.close(_opened(folder, path))
    except OSError:
        return False
    return True


def _opened(root: PurePath | int, path: str) -> int:
    """Open a plain file below a root, without following symlinks. Raises ``OSError``."""
    above, _, name = path.rpartition("/")
    with beneath(root, above) as folder:
        # Without O_NONBLOCK a named pipe would hold us up.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        file = os.open(name, flags, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "is no plain file", path)
    return file


def _piece(root: PurePath, path: str, most: int) -> Piece | None:
    try:
        file = _opened(root, path)
    except OSError:
        return None
    try:
        return Piece(os.fstat(file).st_size, os.pread(file, most, 0))
    finally:
        os.close(file)


def _whole(root: PurePath, path: str, most: int) -> Whole:
    file = _opened(root, path)
    try:
        summing = Summing(path, most)
        while data := os.read(file, CHUNK):
            summing.add(data)
        return summing.whole
    finally:
        os.close(file)

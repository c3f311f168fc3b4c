"""The file of what is assigned: changed whole, by one at a time, kept before it counts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from backends.threads import Threads
from console.clean import Clean, clean
from console.errors import ConsoleError
from console.images.assigned import LARGEST, Assignments, assignments, written

FILE: Final = "assigned-images"
"""What it is called in the state directory."""

T = TypeVar("T")


class Assigned:
    """What is assigned on this machine, to whichever hosts."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the state directory, made when there is something to be kept."""
        self._path = folder / FILE
        self._threads = Threads("assigned images", 1)

    async def read(self) -> Assignments:
        """Return what is assigned. Raises ``ConsoleError``."""
        return await self._done(partial(_read, self._path))

    async def change(self, target: Clean, image: Clean | None) -> None:
        """Assign an image to a host or ``@TAG``; ``None`` takes away what it has."""
        await self._done(partial(_change, self._path, target, image))

    async def _done(self, function: Callable[[], T]) -> T:
        try:
            return await (await self._threads.start(function))
        except OSError as error:
            why = clean(error.strerror or str(error))
            raise ConsoleError(f"{clean(str(self._path), 4096)}: {why}") from error


def _read(path: Path) -> Assignments:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except FileNotFoundError:
        return {}
    return assignments(text, clean(str(path), 4096))


def _change(path: Path, target: Clean, image: Clean | None) -> None:
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    with _locked(path.with_suffix(".lock")):
        found = dict(_read(path))
        found.pop(target, None)
        if image is not None:
            found[target] = image
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(written(found))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

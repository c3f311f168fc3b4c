"""Somebody who writes to a store meanwhile: ``with Writer(path) as writer``.

What it wrote is known, so ``writer.torn()`` tells what of it is not there any more.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.inventory import until

_FILES = 6
_PIECE = 1 << 16
_PATIENCE = 10.0


class Writer:
    """Writes a few files, over and over; of this process, by the host's way to the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, str] = {}
        self._failed: list[str] = []
        self._written = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.goes_on()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(_PATIENCE)

    def goes_on(self) -> None:
        """Return when it has written again; raise ``TimeoutError`` if it does not."""
        wanted = self._written + _FILES
        until(lambda: self._written >= wanted or self._failed, _PATIENCE, "a writer to go on")

    def torn(self) -> Iterator[str]:
        """End it, and yield what failed or is not as it was written."""
        self._over.set()
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            yield "the writer hangs"
        yield from self._failed
        for path, wanted in self._known.items():
            if sha256(path.read_bytes()).hexdigest() != wanted:
                yield f"{path} is not what was written"

    def _write(self) -> None:
        while not self._over.is_set():
            path = self._folder / f"written.{self._written % _FILES}"
            piece = os.urandom(_PIECE)
            try:
                path.write_bytes(piece)
            except OSError as error:
                self._failed.append(f"{path}: {errno.errorcode.get(error.errno or 0, error)}")
                return
            self._known[path] = sha256(piece).hexdigest()
            self._written += 1
            self._over.wait(0.002)

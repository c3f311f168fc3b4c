"""The file of the audit: ``await AuditFile(folder).note(record)`` returns when it is on disk.

What is noted at once is one write, in which each record begins with a newline, so that a line torn
by a power cut spoils no other. Several consoles of one operator may write at once. Files that have
grown are kept beside it, ``audit.1.jsonl`` the newest of them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from backends.lane import Lane
from backends.private import append, opened, read, written
from backends.together import Together
from console.audit import FIRST, Audited, Record, audited, digest, line

SIZE: Final = 4 << 20
"""Bytes after which a new file is begun."""
KEPT: Final = 9
"""Files that are kept beside it."""
_LAST: Final = 64 << 10
"""Bytes at the end of the file in which its last line lies."""
_DEADLINE: Final = 10.0
_AT_ONCE: Final = 64
"""Records that are written at once; the disk is waited for once."""


class AuditFile:
    """The records of one operator, in a folder that is made."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self._folder = folder
        self._path = folder / "audit.jsonl"
        self._size = size
        self._lane = Lane("audit", _DEADLINE)
        self._together = Together(self._note, _AT_ONCE)

    async def note(self, record: Record) -> None:
        """Write a record. Raises ``ConsoleError``: then nothing may be done."""
        await self._together.ask(record)

    async def read(self) -> Audited:
        """Return all records that are kept. Raises ``ConsoleError``."""
        return await read(self._lane, self._path, self._read)

    def close(self) -> None:
        """Let go of the thread; what was noted is written."""
        self._lane.close()

    async def _note(self, records: Sequence[Record]) -> Sequence[None]:
        await written(self._lane, self._path, self._append, records)
        return [None] * len(records)

    def _append(self, records: Sequence[Record]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            self._rotate()
            with opened(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as file:
                before = self._before(file, os.fstat(file).st_size)
                said = b""
                for record in records:
                    made = line(record, before)
                    said, before = said + b"\n" + made, digest(made)
                append(file, said)

    def _before(self, file: int, size: int) -> str:
        """Return the digest of the last line, whatever it is; of the file before, if need be."""
        last = _last(file, size)
        if not last:
            with suppress(FileNotFoundError), opened(self._older(1), os.O_RDONLY) as older:
                last = _last(older, os.fstat(older).st_size)
        return digest(last) if last else FIRST

    def _rotate(self) -> None:
        try:
            if self._path.stat().st_size < self._size:
                return
        except FileNotFoundError:
            return
        for number in range(KEPT - 1, 0, -1):
            with suppress(FileNotFoundError):
                self._older(number).rename(self._older(number + 1))
        self._path.rename(self._older(1))

    def _read(self) -> Audited:
        try:
            with self._locked():
                return audited(self._files())
        except FileNotFoundError:
            return Audited((), ())

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for path in (*(self._older(number) for number in range(KEPT, 0, -1)), self._path):
            with suppress(FileNotFoundError), opened(path, os.O_RDONLY) as file:
                yield path.name, os.pread(file, os.fstat(file).st_size, 0)

    def _older(self, number: int) -> Path:
        return self._folder / f"audit.{number}.jsonl"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other consoles out for the moment; their crash ends their lock."""
        with opened(self._folder / "audit.lock", os.O_RDWR | os.O_CREAT) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _last(file: int, size: int) -> bytes:
    return os.pread(file, _LAST, max(0, size - _LAST)).rpartition(b"\n")[2]

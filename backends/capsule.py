"""The file of a capsule: a zip whose members are named, bounded and never unpacked to disk.

``save(path, members)`` makes a new file; ``with opened(path) as lines`` reads one of any origin.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Final

from console.capsule.opening import Lines
from console.clean import clean_path
from console.errors import ConsoleError

_LARGEST: Final = 256 << 20
"""Bytes of a file at most."""
UNPACKED: Final = 1 << 29
"""Bytes of all that is read of one at most."""
_LINE: Final = 4 << 20
_DIRECTORY: Final = 4 << 20
"""Bytes of the list of members."""
_END: Final = struct.Struct("<4s4H2LH")
"""How a zip ends: signature, disks, members, size and place of their list, length of a comment."""
_KINDS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_SIGNATURE: Final = b"PK\x05\x06"
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    UnicodeDecodeError,  # a name says it is UTF-8
)
"""What zipfile raises where it is not given a zip."""


def save(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Write a new file that is the operator's alone; raises ``ConsoleError``."""
    said = BytesIO()
    with zipfile.ZipFile(said, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        remedy = "name another file, on a filesystem that has room"
        raise _trouble(path, error.strerror or str(error), remedy) from None
    try:
        with os.fdopen(file, "wb") as out:
            out.write(said.getbuffer())
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        remedy = "name another file, on a filesystem that has room"
        raise _trouble(path, error.strerror or str(error), remedy) from None


@contextmanager
def opened(path: Path, most: int = UNPACKED) -> Iterator[Lines]:
    """Give what returns the lines of each member; raises ``ConsoleError`` that names the file."""
    try:
        # not to wait for a writer where it is a pipe
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(file, "rb") as said:
            size = _measured(said.fileno())
            if size > _LARGEST:
                raise ConsoleError("is too large for a capsule")
            _list_is_small(said.fileno(), size)
            with zipfile.ZipFile(said) as archive:
                yield _Members(archive, most).lines
    except OSError as error:
        raise _trouble(path, error.strerror or str(error)) from None
    except _DAMAGED:
        raise _trouble(path, "is damaged or no capsule", "subdeck capsule makes one") from None
    except ConsoleError as error:
        raise _trouble(path, str(error), error.hint) from None


class _Members:
    def __init__(self, archive: zipfile.ZipFile, most: int) -> None:
        self._archive = archive
        self._left = most

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a member, of all of them so many bytes at most."""
        if name not in self._archive.NameToInfo:
            return
        if self._archive.getinfo(name).compress_type not in _KINDS:
            raise ConsoleError(f"its {name} is not packed as ours are")
        member = self._archive.open(name)
        with member:
            while line := member.readline(_LINE + 1):
                self._left -= len(line)
                if len(line) > _LINE or self._left < 0:
                    raise ConsoleError(f"its {name} is too large")
                yield line


def _measured(file: int) -> int:
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode):
        raise ConsoleError("is no regular file")
    return found.st_size


def _list_is_small(file: int, size: int) -> None:
    """Refuse a zip with more members than we ever make, before they are all listed."""
    tail = os.pread(file, _END.size, max(size - _END.size, 0))
    if len(tail) < _END.size:
        raise ConsoleError("is no capsule", "subdeck capsule makes one")
    signature, *_, listed, _, comment = _END.unpack(tail)
    if signature != _SIGNATURE or comment or listed > _DIRECTORY:
        raise ConsoleError("is damaged or no capsule", "subdeck capsule makes one")
    before = os.pread(file, 4, max(size - _END.size - 20, 0))
    if before == b"PK\x06\x07":
        raise ConsoleError("is no capsule", "subdeck capsule makes one")


def _trouble(path: Path, why: str, remedy: str = "") -> ConsoleError:
    return ConsoleError(f"{clean_path(str(path))}: {why}", remedy)

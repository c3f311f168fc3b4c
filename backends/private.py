"""Files that are one operator's alone, for what must be on disk before anything is done.

``opened(path, flags)`` follows no link and refuses what others could have put there.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from backends.lane import Lane
from console.clean import clean, clean_path
from console.errors import ConsoleError

T = TypeVar("T")

_FLAGS: Final = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_REMEDIES: Final = {
    errno.ENOSPC: "free some room on its filesystem",
    errno.EDQUOT: "free some room on its filesystem",
    errno.EROFS: "make its filesystem writable, or set XDG_STATE_HOME to one that is",
    errno.EACCES: "make it writable, or set XDG_STATE_HOME",
    errno.ELOOP: "it must be no symbolic link",
}


async def written(lane: Lane, path: Path, write: Callable[..., T], *arguments: object) -> T:
    """Return what ``write`` returns. Raises ``ConsoleError``: then nothing may be done."""
    try:
        return await lane.run(write, *arguments)
    except TimeoutError:
        raise refused(path, "its filesystem hangs", "see what holds it up") from None
    except OSError as error:
        why = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, "nothing is done that is not written down")
        raise refused(path, why, remedy) from error


async def read(lane: Lane, path: Path, reading: Callable[..., T], *arguments: object) -> T:
    """Return what ``reading`` returns. Raises ``ConsoleError``."""
    try:
        return await lane.run(reading, *arguments)
    except TimeoutError:
        raise ConsoleError(f"{clean_path(str(path))}: its filesystem hangs") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise ConsoleError(f"{clean_path(str(path))}: {clean(why)}") from error


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """Open a file that is ours alone; what others could have put there is refused."""
    file = os.open(path, flags | _FLAGS, 0o600)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise refused(path, "is no regular file", "move it away")
        if found.st_uid != os.geteuid():
            raise refused(path, f"belongs to user {found.st_uid}", "move it away")
        if found.st_mode & 0o077:
            os.fchmod(file, 0o600)
        yield file
    finally:
        os.close(file)


def append(file: int, said: bytes) -> None:
    """Write at the end of a file, and return when that will be there after a crash.

    Raises ``OSError``, and then the file is as it was.
    """
    size = os.fstat(file).st_size
    try:
        if os.write(file, said) != len(said):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    except OSError:
        with suppress(OSError):  # else the reader leaves out what is torn
            os.ftruncate(file, size)
        raise


def refused(path: Path, why: str, remedy: str) -> ConsoleError:
    """Return the complaint about one file."""
    return ConsoleError(f"{clean_path(str(path))}: {clean(why)}", remedy)

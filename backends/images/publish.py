"""Changes to a store in a directory here, each whole or not at all, whatever ends us meanwhile.

A set is copied into a hidden folder of the store, checked while it is written, brought to the
disk, and only then given its name. A version is never published twice.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Final

from backends.images.folder import CHUNK, beneath, failed, listing
from backends.images.reader import INDEX, POINTERS, Summing, index
from backends.threads import Threads
from console.clean import clean
from console.errors import ConsoleError
from console.images.heads import head, mismatch
from console.images.manifest import NAME, SIGNATURE, Entry, Manifest, rendered

_LOCK: Final = ".lock"
_HIDDEN: Final = ".subdeck-"
"""Begins the names of what is not finished, or is on its way out; swept by who comes next."""
_SPARE: Final = 1 << 20
"""Bytes that are left free."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A set that is to be published."""

    manifest: Manifest
    signature: bytes | None
    sources: Mapping[str, Path]
    """A file here for each path of the manifest."""


class Publisher:
    """Changes one store."""

    def __init__(self, root: PurePath) -> None:
        self._root = root
        self._threads = Threads("publish", 1)

    async def publish(self, parcel: Parcel) -> bool:
        """Put a set into the store; whether it was not there yet.

        One that is there with the very same manifest gets the signature. Raises ``ConsoleError``,
        and then nothing of it is there.
        """
        return await self._done(partial(_publish, self._root, parcel))

    async def delete(self, title: str) -> None:
        """Take a set out. Raises ``ConsoleError`` for one that a pointer leads to."""
        await self._done(partial(_delete, self._root, title))

    async def point(self, name: str, which: str, version: str) -> None:
        """Let ``NAME/current`` or ``NAME/good`` lead to a version that is there."""
        await self._done(partial(_point, self._root, name, which, version))

    async def _done(self, change: Callable[[int], bool]) -> bool:
        """Make a change while nobody else does, and tell in the index what is there then."""

        def locked() -> bool:
            with _locked(self._root) as store:
                _sweep(store)
                changed = change(store)
                _replaced(store, INDEX, index(listing(self._root)))
                return changed

        try:
            return await (await self._threads.start(locked))
        except OSError as error:
            raise failed(self._root, error) from error


@contextmanager
def _locked(root: PurePath) -> Iterator[int]:
    with beneath(root, "") as store:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = os.open(_LOCK, flags, 0o600, dir_fd=store)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConsoleError(
                    f"{clean(str(root), 4096)}: somebody else is changing this store",
                    "try again when that is done",
                ) from None
            yield store
        finally:
            os.close(lock)


def _sweep(folder: int) -> None:
    """Remove what others, who are no more, have not finished."""
    for name in os.listdir(folder):
        if name.startswith(_HIDDEN):
            _remove(folder, name)


def _remove(folder: int, name: str) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)


def _publish(root: PurePath, parcel: Parcel, store: int) -> bool:
    manifest, text = parcel.manifest, rendered(parcel.manifest)
    with suppress(FileNotFoundError), beneath(store, manifest.title) as there:
        if _content(there, NAME, len(text) + 1) != text:
            raise ConsoleError(
                f"{root}: has another {manifest.title}, and a version is published once",
                "give it another version",
            )
        _sweep(there)
        if parcel.signature is not None:
            _replaced(there, SIGNATURE, parcel.signature)
        return False
    _refuse_the_crowded(root, manifest, store)
    hidden = _hidden()
    os.mkdir(hidden, 0o700, dir_fd=store)
    try:
        with beneath(store, hidden) as folder:
            for entry in manifest.files:
                _copy(folder, parcel, entry)
            _written(folder, NAME, text)
            if parcel.signature is not None:
                _written(folder, SIGNATURE, parcel.signature)
            os.fchmod(folder, 0o755)
            os.fsync(folder)
        with suppress(FileExistsError):
            os.mkdir(manifest.name, 0o755, dir_fd=store)
            os.fsync(store)
        with beneath(store, manifest.name) as versions:
            os.rename(hidden, manifest.version, src_dir_fd=store, dst_dir_fd=versions)
            os.fsync(versions)
        os.fsync(store)
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(hidden, dir_fd=store)
        raise
    return True


def _refuse_the_crowded(root: PurePath, manifest: Manifest, store: int) -> None:
    room = os.fstatvfs(store)
    free = room.f_bavail * room.f_frsize
    if free < manifest.size + _SPARE:
        raise ConsoleError(
            f"{clean(str(root), 4096)}: {manifest.title} takes {manifest.size} bytes, "
            f"{free} are free",
            "delete a set that nobody runs",
        )


def _copy(folder: int, parcel: Parcel, entry: Entry) -> None:
    """Copy one file, having made the folders it lies in; checked before anybody can see it."""
    above, _, name = entry.path.rpartition("/")
    _made(folder, above)
    source = parcel.sources[entry.path]
    summing = Summing(str(source), entry.size)
    with (
        beneath(folder, above) as inner,
        source.open("rb", buffering=0) as file,
        _new(inner, name) as copy,
    ):
        while data := file.read(CHUNK):
            summing.add(data)
            _all(copy, data)
    whole = summing.whole
    if (whole.size, whole.sha256) != (entry.size, entry.sha256):
        raise ConsoleError(f"{clean(str(source), 4096)}: is not what the manifest says it is")
    if why := mismatch(entry, parcel.manifest, head(whole.head)):
        raise ConsoleError(f"{clean(str(source), 4096)}: {why}")


def _made(folder: int, path: str) -> None:
    at = ""
    for part in filter(None, path.split("/")):
        with suppress(FileExistsError), beneath(folder, at) as above:
            os.mkdir(part, 0o755, dir_fd=above)
            os.fsync(above)
        at = f"{at}/{part}"


@contextmanager
def _new(folder: int, name: str) -> Iterator[int]:
    """Make a file that is on the disk in the end."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(name, flags, 0o644, dir_fd=folder)
    try:
        yield file
        os.fchmod(file, 0o644)
        os.fsync(file)
    finally:
        os.close(file)
    os.fsync(folder)


def _all(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _written(folder: int, name: str, content: bytes) -> None:
    with _new(folder, name) as file:
        _all(file, content)


def _replaced(folder: int, name: str, content: bytes) -> None:
    """Write a file anew, at once for all who read it; one that says so already is left alone."""
    if _content(folder, name, len(content) + 1) == content:
        return
    hidden = _hidden()
    _written(folder, hidden, content)
    os.rename(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def _content(folder: int, name: str, most: int) -> bytes | None:
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        return os.pread(file, most, 0)
    finally:
        os.close(file)


def _delete(root: PurePath, title: str, store: int) -> bool:
    name, _, version = title.partition("/")
    for (of, which), to in listing(root).pointers.items():
        if (of, to) == (name, version):
            raise ConsoleError(
                f"{root}: {title} is the {which} one of its name",
                "publish another, or let it lead elsewhere",
            )
    hidden = _hidden()
    with beneath(store, name) as versions:
        os.rename(version, hidden, src_dir_fd=versions, dst_dir_fd=store)
        os.fsync(versions)
    os.fsync(store)
    _remove(store, hidden)
    with suppress(OSError):
        os.rmdir(name, dir_fd=store)
    return True


def _point(root: PurePath, name: str, which: str, version: str, store: int) -> bool:
    if which not in POINTERS or f"{name}/{version}" not in listing(root).titles:
        raise ConsoleError(f"{root}: has no {clean(name)}/{clean(version)}")
    with beneath(store, name) as versions:
        _sweep(versions)
        hidden = _hidden()
        os.symlink(version, hidden, dir_fd=versions)
        try:
            os.rename(hidden, which, src_dir_fd=versions, dst_dir_fd=versions)
        except OSError as error:
            os.unlink(hidden, dir_fd=versions)
            if error.errno == errno.EISDIR:
                raise ConsoleError(f"{root}/{name}/{which}: is a folder, no symlink") from error
            raise
        os.fsync(versions)
    return True


def _hidden() -> str:
    return _HIDDEN + secrets.token_hex(8)

"""A root that is being made below a folder: what is laid in it, taken out of it and packed.

Packages may bring any link; nothing here follows one out of the folder.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from console.clean import clean_path
from console.errors import ConsoleError

_MERGED = ("bin", "sbin", "lib", "lib64")


class Tree:
    """The root below ``root``, a folder that there is."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def put(self, name: str, content: bytes | str, mode: int = 0o644) -> None:
        """Write a file in the place of what is there."""
        path = self._place(name)
        _remove(path)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)

    def copy(self, name: str, source: Path) -> None:
        """Copy a file with its mode, or a link as it is, in the place of what is there."""
        path = self._place(name)
        _remove(path)
        shutil.copy2(source, path, follow_symlinks=False)
        os.chown(path, 0, 0, follow_symlinks=False)

    def folder(self, name: str, mode: int = 0o755) -> None:
        """Make a folder, or give the one there is this mode."""
        path = self._place(name)
        if path.is_symlink() or not path.is_dir():
            _remove(path)
            path.mkdir()
        path.chmod(mode)

    def link(self, name: str, target: str) -> None:
        """Make a symbolic link where nothing is."""
        path = self._place(name)
        if not os.path.lexists(path):
            path.symlink_to(target)

    def merge(self) -> None:
        """Have ``/bin`` and its like lead below ``/usr``."""
        for name in _MERGED:
            self.folder(f"usr/{name}")
            self.link(name, f"usr/{name}")

    def lay(self, folder: Path) -> None:
        """Copy all below a folder of the operator's, in the place of what is there, as root's."""
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_dir() and not path.is_symlink():
                if not (self.root / name).is_dir():
                    self.folder(name, path.stat().st_mode & 0o7777)
            elif path.is_file() or path.is_symlink():
                self.copy(name, path)
            else:
                raise ConsoleError(f"{clean_path(str(path))}: is no file, folder or link")

    def text(self, name: str) -> str:
        """Return what a file says; nothing where there is none."""
        path = self._place(name)
        return path.read_text() if path.is_file() and not path.is_symlink() else ""

    def empty(self, names: Iterable[str]) -> None:
        """Leave nothing in these folders."""
        for name in names:
            for path in self._place(name).iterdir():
                _remove(path)

    def prune(self, patterns: Iterable[str]) -> list[tuple[str, int]]:
        """Take out what fits the patterns; return the files with their sizes."""
        gone: list[tuple[str, int]] = []
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                if path.parent.resolve().is_relative_to(self.root):
                    gone += [
                        (each.relative_to(self.root).as_posix(), size)
                        for each, size in _sized([path])
                    ]
                    _remove(path)
        return gone

    def files(self) -> list[tuple[str, int]]:
        """Return every file with its size; one of several names counts once."""
        found = _sized(sorted(self.root.iterdir()))
        return [(path.relative_to(self.root).as_posix(), size) for path, size in found]

    def names(self) -> list[bytes]:
        """Return every name in it, parents first."""
        start = len(os.fsencode(self.root)) + 1
        return sorted(os.fsencode(path)[start:] for path in _all(self.root))

    def settle(self, epoch: int) -> None:
        """Make nothing newer than this time."""
        for path in (*_all(self.root), self.root):
            if path.lstat().st_mtime > epoch:
                os.utime(path, (epoch, epoch), follow_symlinks=False)

    def _place(self, name: str) -> Path:
        path = self.root / name
        parent = path.parent.resolve()
        if not parent.is_relative_to(self.root):
            raise ConsoleError(f"{clean_path(name)}: a link of a package leads out of the image")
        parent.mkdir(parents=True, exist_ok=True)
        return parent / path.name


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _all(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *files))


def _sized(paths: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    seen: set[tuple[int, int]] = set()
    for top in paths:
        inner = _all(top) if top.is_dir() and not top.is_symlink() else ()
        for path in (top, *inner):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                yield path, found.st_size

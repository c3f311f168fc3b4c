"""Trees of files and the images made of them, which may hold each other.

``Iso("LIVE", {"live/filesystem.squashfs": Squashfs({"etc/hostname": b"edge\\n"})})`` is a medium.
Names are relative and those of a merged ``/usr``; folders come by themselves.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.lab.guests.kernel import archive

MADE = 1_750_000_000
"""When every image was made by its own word, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that may stay empty."""

    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Sparse:
    """A file of nothing but a hole."""

    megabytes: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program of one C file, linked statically."""

    source: Path


@dataclass(frozen=True, slots=True)
class Squashfs:
    """A squashfs image."""

    tree: Tree


@dataclass(frozen=True, slots=True)
class Ext4:
    """An ext4 image."""

    tree: Tree
    megabytes: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Iso:
    """An ISO 9660 image with Rock Ridge names."""

    tree: Tree
    label: str


@dataclass(frozen=True, slots=True)
class Cpio:
    """What a kernel unpacks into its rootfs."""

    tree: Tree


Image = Squashfs | Ext4 | Iso | Cpio
Leaf = Path | bytes | Link | Folder | Sparse | Compiled | Image
"""A file to be copied with its mode, contents (of a program if ``#!`` begins them) or else."""
Tree = Mapping[str, Leaf]
"""Leaves by name."""

_MERGED = ("bin", "sbin", "lib", "lib64")
MERGED: Tree = {name: Link(f"usr/{name}") for name in _MERGED}


def merged(path: Path) -> str:
    """Return the name in a tree of what this host keeps at ``path``."""
    name = str(path).lstrip("/")
    return f"usr/{name}" if name.split("/")[0] in _MERGED else name


def make(image: Image, out: Path) -> None:
    """Write an image."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        made = _planted(image.tree, folder)
        if isinstance(image, Cpio):
            archive(out, folder, made)
        else:
            _run(*_command(image, folder, out))


def digest(image: Image) -> str:
    """Return a fingerprint of all that goes into an image."""
    # Sorted, for libraries are found as sets, which need not tell them in the same order twice.
    return hashlib.sha256("\n".join(sorted(_features(image))).encode()).hexdigest()


def _planted(tree: Tree, folder: Path) -> set[Path]:
    """Make the tree in ``folder``, and return all that was made."""
    made: set[Path] = set()
    for name, what in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made.update({path, *path.parents} - {folder, *folder.parents})
        match what:
            case Folder(mode):
                path.mkdir(exist_ok=True)
                path.chmod(mode)
            case Link(target):
                path.symlink_to(target)
            case Sparse(megabytes):
                path.touch()
                os.truncate(path, megabytes << 20)
            case bytes():
                path.write_bytes(what)
                path.chmod(0o755 if what.startswith(b"#!") else 0o644)
            case Path():
                shutil.copyfile(what, path)
                path.chmod(what.stat().st_mode & 0o777)
            case Compiled(source):
                _run("gcc", "-static", "-Os", "-s", "-o", path, source)
            case _:
                make(what, path)
    return made


def _run(*command: str | Path | int) -> None:
    words = [str(word) for word in command]
    ran = subprocess.run(words, check=False, capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(words)}: {ran.stderr}")


def _command(image: Squashfs | Ext4 | Iso, folder: Path, out: Path) -> Iterator[str | Path | int]:
    match image:
        case Squashfs():
            # A compression that an emulated machine undoes in no time.
            yield from ("mksquashfs", folder, out, "-all-root", "-noappend", "-comp", "lz4")
            yield from ("-no-progress", "-mkfs-time", MADE)
        case Ext4(megabytes=megabytes, label=label):
            yield from ("mkfs.ext4", "-q", "-F", "-L", label, "-d", folder, "-m", "0")
            yield from ("-E", "lazy_itable_init=0,root_owner=0:0", out, f"{megabytes}M")
        case Iso(label=label):
            yield from ("genisoimage", "-quiet", "-R", "-V", label, "-o", out, folder)


def _features(image: Image) -> Iterator[str]:
    yield repr((type(image), getattr(image, "megabytes", 0), getattr(image, "label", "")))
    for name, what in image.tree.items():
        match what:
            case Path():
                yield f"{name} {_contents(what)} {what.stat().st_mode:o}"
            case Compiled(source):
                yield f"{name} {_contents(source)}"
            case Link() | Folder() | Sparse() | bytes():
                yield f"{name} {what!r}"
            case _:
                yield f"{name} {digest(what)}"


@cache
def _contents(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

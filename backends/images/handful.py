"""A set made of files here that are named one by one: ``await handful([(Role.KERNEL, path)])``."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from backends.images.folder import Folder
from console.clean import Clean, clean
from console.errors import ConsoleError
from console.images.heads import Head, head
from console.images.manifest import Role
from console.images.staged import StagedFile, StagedImage
from console.images.supply import Supply

_LARGEST: Final = 1 << 40
_ODD: Final = re.compile(r"[^A-Za-z0-9._+-]+")
_KINDS: Final = {Role.KERNEL: "kernel", Role.SQUASHFS: "squashfs"}
"""What the files of some roles must be by their first bytes."""


async def handful(named: Sequence[tuple[Role, Path]]) -> Supply:
    """Return these files as a set. Raises ``ConsoleError`` for one that cannot be of that role."""
    files: list[StagedFile] = []
    places: dict[str, Path] = {}
    kernel: Head | None = None
    squashfs: list[Head] = []
    for role, path in named:
        whole = await Folder(path.parent).whole(path.name, _LARGEST)
        seen = head(whole.head)
        if role in _KINDS and seen.kind != _KINDS[role]:
            raise ConsoleError(f"{clean(str(path), 4096)}: is no {role}, by its first bytes")
        if role is Role.KERNEL:
            kernel = seen
        elif role is Role.SQUASHFS:
            squashfs.append(seen)
        places[whole.sha256] = path
        name = Clean(_word(path.name, role.value, [file.path for file in files]))
        files.append(StagedFile(Clean(role.value), name, whole.size, whole.sha256))
    if not files:
        raise ConsoleError("no file is named", "--file ROLE=PATH")

    def read(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
        path = places[file.sha256]
        return Folder(path.parent).stream(path.name, offset)

    release = kernel.release if kernel else None
    arch = kernel.arch if kernel else None
    image = StagedImage(files[0].path, Clean(""), tuple(files), release, arch)
    return Supply(replace(image, made=squashfs[0].made if len(squashfs) == 1 else None), read)


def _word(name: str, otherwise: str, taken: Sequence[str]) -> str:
    """Return what a file is called in its set."""
    word = _ODD.sub("-", name).lstrip("._+-") or otherwise
    while word in taken:
        word = f"{word}-{len(taken)}"
    return word

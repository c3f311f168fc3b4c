"""A set of boot images that lies on a host, under names of its own, until something uses it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256

from console.clean import Clean, clean

MARK = "subdeck.image="
"""Begins the word of a kernel's command line that tells which set was booted."""

_NOWHERE = Clean("")
_MARKED = re.compile(rf"(?:^|\s){re.escape(MARK)}(\S+)")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file of the set; its bytes are there already, or are to be before a plan begins."""

    role: Clean
    """``kernel``, ``initrd``, ``squashfs``, ``tree`` or ``cmdline``."""
    path: Clean
    """Absolute, on the host."""
    size: int
    """Bytes."""
    sha256: Clean
    """In hexadecimal, of all of it."""
    url: Clean | None = None
    """Where the host may fetch it by itself; ``None``: it is brought there."""


@dataclass(frozen=True, slots=True)
class StagedImage:
    """One set, as it was made known to a host."""

    name: Clean
    version: Clean
    """Empty: nobody gave it one."""
    files: tuple[StagedFile, ...]
    """None: the host fetches them by itself when it boots."""
    kernel: Clean | None = None
    """Release of its kernel, as of ``uname -r``; ``None``: not known."""
    arch: Clean | None = None
    """Machine it is for, as of ``uname -m``; ``None``: not known."""
    signed: bool = False
    """Whether somebody who is trusted has signed it."""
    folder: Clean = _NOWHERE
    """That holds all its files there, in folders as the set has them."""
    digest: Clean = _NOWHERE
    """Of all files of the set, as in ``token``, where ``files`` are but some of them."""
    made: tuple[int, int] | None = None
    """When its only squashfs was made, in seconds since 1970, and how many bytes of it are used:
    what a host shows that runs it. ``None``: not known."""

    @property
    def title(self) -> Clean:
        """``edge/10``, or the name alone."""
        return clean("/".join(filter(None, (self.name, self.version))))

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def token(self) -> str:
        """``edge/10:0a1b…``: what it is called, and half the SHA-256 of what it is made of."""
        parts = "".join(f"{file.role} {file.sha256}\n" for file in self.files)
        return f"{self.title}:{self.digest or sha256(parts.encode()).hexdigest()[:32]}"

    def file(self, role: str) -> StagedFile | None:
        """Return the file of that role."""
        return next((file for file in self.files if file.role == role), None)


Read = Callable[[StagedFile, int], AsyncIterator[bytes]]
"""Gives the bytes of a file of a set from an offset on; raises ``ConsoleError``."""


def booted(cmdline: str) -> str | None:
    """Return the token of the set that a kernel's command line says was booted."""
    found = _MARKED.findall(cmdline)
    return found[-1] if found else None

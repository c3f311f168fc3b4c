"""A set on its way to hosts: what it is, where its bytes come from, and where they are to lie."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from console.clean import Clean
from console.images.drift import Known
from console.images.staged import Read, StagedFile, StagedImage

HOME: Final = "/var/lib/subdeck/images"
"""Where sets lie on hosts that are to use them, root's alone."""
_ENOUGH: Final = 12
"""Digits of what a set is made of, in the name of its folder."""


@dataclass(frozen=True, slots=True)
class Supply:
    """A set that may be brought to any host."""

    image: StagedImage
    """The paths of its files are those that they have in the set."""
    read: Read
    """Gives any of its files, by the SHA-256."""
    known: Known | None = None
    """The set in its store; ``None``: files that were named one by one."""

    def home(self, roles: Collection[str]) -> StagedImage:
        """Return what a host needs of the set, where it is to use that itself."""
        digest = Clean(self.image.token.rpartition(":")[2])
        files = tuple(file for file in self.image.files if file.role in roles)
        some = replace(self, image=replace(self.image, files=files, digest=digest))
        return some.at(f"{HOME}/{self._folder}")

    def beside(self, switch: Clean) -> StagedImage:
        """Return the set where others fetch it: below the folder of what decides what they do."""
        version = self.image.title if self.image.version else self._folder
        return self.at(posixpath.join(posixpath.dirname(switch), version))

    def at(self, folder: str) -> StagedImage:
        """Return the set in a folder of a host."""
        files = tuple(
            replace(file, path=Clean(f"{folder}/{file.path}")) for file in self.image.files
        )
        return replace(self.image, files=files, folder=Clean(folder))

    @property
    def _folder(self) -> str:
        title, _, digest = self.image.token.rpartition(":")
        return f"{title}-{digest[:_ENOUGH]}"


def supply(known: Known, read: Read) -> Supply:
    """Return a set of a store."""
    of = known.manifest
    files = tuple(
        StagedFile(Clean(each.role.value), each.path, each.size, each.sha256) for each in of.files
    )
    signed = known.signature.good
    return Supply(StagedImage(of.name, of.version, files, of.kernel, of.arch, signed), read, known)

"""A set on its way to hosts: what it is, where its bytes come from, and where they are to lie.

``Staging(Clean("/data"), {}).folder("web1")`` is ``/data``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from console.clean import Clean
from console.images.drift import Known
from console.images.manifest import Entry
from console.images.staged import Read, StagedFile, StagedImage

HOME: Final = Clean("/var/lib/subdeck/images")
"""Where sets lie on hosts that are to use them, root's alone, unless it is said otherwise."""
_ENOUGH: Final = 12
"""Digits of what a set is made of, in the name of its folder."""


@dataclass(frozen=True, slots=True)
class Staging:
    """In which folder of each host sets are to lie, and who fetches them."""

    given: Clean | None = None
    """Of all hosts; ``None``: each has its own."""
    own: Mapping[Clean, Clean] = field(default_factory=dict)
    """By host, of those that have one in the configuration."""
    pull: bool = False
    """Whether hosts fetch by themselves what a web server has for them."""

    def folder(self, host: Clean) -> Clean:
        """Return where sets lie on a host."""
        return self.given or self.own.get(host, HOME)

    def roots(self, host: Clean) -> tuple[Clean, ...]:
        """Return the folders of a host in which sets are looked for."""
        return (self.given,) if self.given else tuple(dict.fromkeys((self.folder(host), HOME)))


@dataclass(frozen=True, slots=True)
class Supply:
    """A set that may be brought to any host."""

    image: StagedImage
    """The paths of its files are those that they have in the set."""
    read: Read
    """Gives any of its files, by the SHA-256."""
    known: Known | None = None
    """The set in its store; ``None``: files that were named one by one."""

    def home(self, roles: Collection[str], folder: str = HOME) -> StagedImage:
        """Return what a host needs of the set, where it is to use that itself."""
        digest = Clean(self.image.token.rpartition(":")[2])
        files = tuple(file for file in self.image.files if file.role in roles)
        some = replace(self, image=replace(self.image, files=files, digest=digest))
        return some.at(f"{folder.rstrip('/')}/{self.place}")

    def beside(self, switch: Clean) -> StagedImage:
        """Return the set where others fetch it: below the folder of what decides what they do."""
        version = self.image.title if self.image.version else self.place
        return self.at(posixpath.join(posixpath.dirname(switch), version))

    def at(self, folder: str) -> StagedImage:
        """Return the set in a folder of a host."""
        files = tuple(
            replace(file, path=Clean(f"{folder}/{file.path}")) for file in self.image.files
        )
        return replace(self.image, files=files, folder=Clean(folder))

    @property
    def place(self) -> str:
        """Where it lies below a folder of sets: ``edge/10-0a1b2c3d4e5f``."""
        return place(self.image.token)


def place(token: str) -> str:
    """Return where the set of that token lies below a folder of sets."""
    title, _, digest = token.rpartition(":")
    return f"{title}-{digest[:_ENOUGH]}"


def supply(
    known: Known, read: Read, url_of: Callable[[Entry], str | None] = lambda entry: None
) -> Supply:
    """Return a set of a store; ``url_of`` gives where a host may fetch a file by itself."""
    return Supply(_image(known, url_of), read, known)


def place_of(known: Known) -> str:
    """Return where a set of a store lies below a folder of sets."""
    return place(_image(known, lambda entry: None).token)


def _image(known: Known, url_of: Callable[[Entry], str | None]) -> StagedImage:
    of = known.manifest
    files = tuple(
        StagedFile(
            Clean(each.role.value),
            each.path,
            each.size,
            each.sha256,
            Clean(url) if (url := url_of(each)) else None,
        )
        for each in of.files
    )
    signed = known.signature.good
    shown = known.identity.squashfs
    made = shown[0] if len(shown) == 1 else None
    return StagedImage(of.name, of.version, files, of.kernel, of.arch, signed, made=made)

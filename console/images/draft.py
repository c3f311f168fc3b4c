"""A manifest made of files: what their heads tell need not be typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.clean import Clean
from console.errors import ConsoleError
from console.images.heads import Head, mismatch
from console.images.manifest import Entry, Manifest, Role, manifest, rendered
from console.model import Style


@dataclass(frozen=True, slots=True)
class Draft:
    """What the operator says of a set that is to be."""

    name: str
    version: str
    styles: Sequence[Style]
    ram: int
    """Bytes of main memory a host must have to boot it."""
    arch: str | None = None
    """``None``: what its kernel says."""
    kernel: str | None = None
    """Release; ``None``: what its kernel says, if it brings one."""
    built: int | None = None
    """Seconds since 1970; ``None``: when its newest squashfs was made, else now."""


def drafted(
    draft: Draft, files: Sequence[Entry], heads: Mapping[str, Head], now: float
) -> Manifest:
    """Return the manifest of these files; ``heads`` are by their paths.

    Raises ``ConsoleError`` for what makes no sense, or cannot be told from the files.
    """
    kernels = [heads[each.path] for each in files if each.role is Role.KERNEL]
    told = kernels[0] if kernels else None
    arch = draft.arch or (told.arch if told else None)
    if arch is None:
        raise ConsoleError("its files do not tell for which architecture it is", "--arch x86_64")
    release = draft.kernel or (told.release if told else None)
    if kernels and release is None:
        raise ConsoleError("its kernel does not tell its release", "--kernel-release 6.1.0-56")
    made = [heads[each.path].built or 0 for each in files if each.role is Role.SQUASHFS]
    found = Manifest(
        name=Clean(draft.name),
        version=Clean(draft.version),
        built=draft.built if draft.built is not None else max(made, default=0) or int(now),
        kernel=Clean(release) if release else None,
        arch=Clean(arch),
        styles=tuple(sorted(set(draft.styles))),
        ram=draft.ram,
        files=tuple(files),
    )
    manifest(rendered(found), f"{draft.name}/{draft.version}")
    for entry in files:
        if why := mismatch(entry, found, heads[entry.path]):
            raise ConsoleError(f"{entry.path}: {why}")
    return found

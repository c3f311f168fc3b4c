"""Would a reboot change this host? Told by content: what a set's bytes say, held against a host.

``compared(host, known)`` is ``Drift(Alike.SAME, "runs its squashfs, made 2024-05-01 …")`` whatever
either is called. What differs anywhere differs; alike is only what its root shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean, clean
from console.images.heads import Head
from console.images.manifest import Manifest, Role
from console.images.signature import Signature
from console.images.staged import StagedFile, StagedImage, booted
from console.model import Boot, Host, Image, Style
from console.parse.bzimage import build
from console.when import day

Trait = tuple[str | int, ...]
"""One thing that tells images apart."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a host shows that runs a set, by the set's own bytes."""

    kernel: Clean | None
    """Release and build of its kernel, as ``bzimage.build`` gives them."""
    squashfs: tuple[tuple[int, int], ...]
    """Of each squashfs: when it was made, seconds since 1970, and bytes used."""
    cmdline: tuple[Clean, ...]
    """Words of its command line."""


@dataclass(frozen=True, slots=True)
class Known:
    """One set in one store."""

    store: Clean
    manifest: Manifest
    digest: Clean
    """SHA-256 of the manifest, hexadecimal: equal where the sets are."""
    signature: Signature
    identity: Identity
    pointers: frozenset[str] = frozenset()
    """``current``: what is served or assigned by name alone; ``good``: what ran last and well."""
    faults: tuple[Clean, ...] = ()
    """What is wrong with its files, as far as it shows without reading all of them."""

    @property
    def title(self) -> Clean:
        """``main:web/2024.2``."""
        return Clean(f"{self.store}:{self.manifest.title}")


class Alike(StrEnum):
    """Whether a host runs what a set holds."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Drift:
    """Whether a reboot would change a host, and how that is known."""

    word: Alike
    why: Clean
    known: Known | None = None
    """What it would boot; ``None``: nothing is assigned to it."""


def identity(manifest: Manifest, heads: Mapping[str, Head], cmdline: bytes) -> Identity:
    """Return what the heads of a set's files, by path, and its command line say together."""
    kernels = [heads[each.path] for each in manifest.of(Role.KERNEL) if each.path in heads]
    version = kernels[0].version if kernels else None
    images = [heads[each.path] for each in manifest.of(Role.SQUASHFS) if each.path in heads]
    return Identity(
        kernel=build(version) if version else None,
        squashfs=tuple(
            (each.built, each.used)
            for each in images
            if each.built is not None and each.used is not None
        ),
        cmdline=tuple(clean(word, 4096) for word in cmdline.decode("utf-8", "replace").split()),
    )


def traits(known: Known) -> Iterator[Trait]:
    """Yield what a host shows that runs a set; one of it at least."""
    manifest, shown = known.manifest, known.identity
    yield from ((entry.sha256,) for entry in manifest.of(Role.SQUASHFS))
    yield from shown.squashfs
    yield (_token(manifest),)
    yield manifest.name, manifest.version
    if shown.kernel and _is_kernel_alone(manifest):
        yield (shown.kernel,)


def shown(boot: Boot) -> Iterator[Trait]:
    """Yield what a host shows of itself, as ``traits`` has it."""
    image = boot.image
    if superblock := _superblock(image):
        yield superblock
    if image and image.sha256:
        yield (image.sha256,)
    if image and image.name and image.version:
        yield image.name, image.version
    if token := booted(boot.cmdline or ""):
        yield (token,)
    if boot.version:
        yield (build(boot.version),)


def compared(host: Host, known: Known) -> Drift:
    """Return whether a host runs just this set."""
    boot = host.boot
    if boot is None:
        return Drift(Alike.UNKNOWN, Clean("how it booted is not known"), known)
    if boot.style in {Style.DISK, Style.SUBHOST}:
        return Drift(Alike.UNKNOWN, clean(f"its style is {boot.style}: it boots no image"), known)
    if why := next(_differences(boot, known), None):
        return Drift(Alike.DIFFERS, clean(why), known)
    if why := _proof(boot, known):
        return Drift(Alike.SAME, clean(why), known)
    return Drift(Alike.UNKNOWN, clean(_doubt(boot)), known)


def _differences(boot: Boot, known: Known) -> Iterator[str]:
    manifest, shown = known.manifest, known.identity
    if shown.kernel and boot.version and build(boot.version) != shown.kernel:
        yield f"runs kernel {build(boot.version)}, not {shown.kernel}"
    elif manifest.of(Role.KERNEL) and boot.kernel and boot.kernel != manifest.kernel:
        yield f"runs kernel {boot.kernel}, not {manifest.kernel}"
    image = boot.image
    if image and image.sha256 and (made := manifest.of(Role.SQUASHFS)):
        if image.sha256 not in {entry.sha256 for entry in made}:
            yield f"runs a squashfs with SHA-256 {image.sha256[:12]}…"
    elif (seen := _superblock(image)) and shown.squashfs and seen not in shown.squashfs:
        yield f"runs a squashfs made {day(seen[0])} of {seen[1]} bytes"
    if (token := booted(boot.cmdline or "")) and token != _token(manifest):
        yield f"was booted as {token}"
    if image and image.name == manifest.name and image.version not in {None, manifest.version}:
        yield f"runs {image.name}/{image.version}"
    given = set((boot.cmdline or "").split())
    if boot.cmdline and (lacking := [word for word in shown.cmdline if word not in given]):
        yield f"its command line lacks {lacking[0]}"


def _proof(boot: Boot, known: Known) -> str | None:
    """Return what shows that the root is the set's, where something does."""
    manifest, shown = known.manifest, known.identity
    image = boot.image
    if image and image.sha256 in {entry.sha256 for entry in manifest.of(Role.SQUASHFS)}:
        return "runs its squashfs, by SHA-256"
    if (seen := _superblock(image)) in shown.squashfs and seen:
        return f"runs its squashfs, made {day(seen[0])}, {seen[1]} bytes"
    if (token := booted(boot.cmdline or "")) and token == _token(manifest):
        return f"was booted as {manifest.title}, by its command line"
    if image and (image.name, image.version) == (manifest.name, manifest.version):
        return f"calls itself {manifest.title}"
    if _is_kernel_alone(manifest) and shown.kernel and boot.version:  # a difference was told
        return "runs its kernel, by release and build"
    return None


def _doubt(boot: Boot) -> str:
    image = boot.image
    if image and image.name:
        return f"what it runs, {image.name}, does not tell from its head what it holds"
    return "nothing tells which image it runs"


def _is_kernel_alone(manifest: Manifest) -> bool:
    """Whether its kernel is all that a host boots, its root within it."""
    return all(entry.role in {Role.KERNEL, Role.CMDLINE} for entry in manifest.files)


def _token(manifest: Manifest) -> str:
    """Return by what its kernel's command line tells that this set was booted."""
    files = tuple(
        StagedFile(Clean(str(each.role)), each.path, each.size, each.sha256)
        for each in manifest.files
    )
    return StagedImage(manifest.name, manifest.version, files).token


def _superblock(image: Image | None) -> tuple[int, int] | None:
    if image is None or image.built is None or image.size is None:
        return None
    return image.built, image.size

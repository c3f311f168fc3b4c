"""What the first bytes of a boot file say it is, read without any tool.

``head(first)`` of a Debian kernel is ``Head("kernel", version="6.1.0-56-amd64 (…) #1 SMP …",
arch="x86_64")``; ``mismatch`` says where that is not what a manifest says of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from console.clean import Clean, clean
from console.errors import Unparsable
from console.images.manifest import Entry, Manifest, Role
from console.parse import bzimage
from console.parse.squashfs import superblock

HEAD: Final = bzimage.HEAD
"""Bytes from the start of a file that say all that is read here."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself."""

    kind: Clean
    """``kernel``, ``squashfs``, ``cpio``, ``gzip``, ``tar``, ``html``, ``zeros``, ``unknown`` …"""
    version: Clean | None = None
    """The version string of a kernel, as far as it has one in the clear."""
    arch: Clean | None = None
    """As ``uname -m``; ``None``: it does not say."""
    built: int | None = None
    """Seconds since 1970 at which a squashfs was made, or a gzip file began."""
    used: int | None = None
    """Bytes that a squashfs takes; its file may be padded."""
    packed: Clean | None = None
    """How a squashfs is compressed."""

    @property
    def made(self) -> tuple[int, int] | None:
        """When a squashfs was made, and the bytes it takes: what a host shows that runs it."""
        return None if self.built is None or self.used is None else (self.built, self.used)

    @property
    def release(self) -> Clean | None:
        """The kernel's release, as ``uname -r``."""
        return bzimage.release(self.version) if self.version else None


# Magic numbers: Linux' Documentation/arch/arm64/booting.rst and riscv/boot-image-header.rst (the
# last words of a 64 byte header), arch/arm/boot/compressed/head.S, usr/gen_init_cpio.c,
# lib/decompress.c (what an initrd may be packed with; 02 21 is lz4's old frame), gzip RFC 1952,
# squashfs_fs.h, POSIX ustar; zboot is drivers/firmware/efi/libstub/zboot-header.S.
_MAGICS: Final = (
    (0, b"070701", "cpio"),
    (0, b"070702", "cpio"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\x02\x21\x4c\x18", "lz4"),
    (0, b"BZh", "bzip2"),
    (0, b"\x5d\0\0", "lzma"),
    (0, b"\x89LZO\0\r\n\x1a\n", "lzo"),
    (257, b"ustar", "tar"),
    (0x8001, b"CD001", "iso9660"),
    (0x438, b"\x53\xef", "ext4"),
    (1024, b"\xe2\xe1\xf5\xe0", "erofs"),
)
_KERNELS: Final = (
    (0x38, b"ARM\x64", "aarch64"),
    (0x38, b"RSC\x05", "riscv64"),
    (0x24, b"\x18\x28\x6f\x01", "armv7l"),
)
_ZBOOT: Final = (4, b"zimg")
_ELF: Final = b"\x7fELF"
_MACHINES: Final = {
    3: "i686",
    20: "ppc",
    21: "ppc64le",
    22: "s390x",
    40: "armv7l",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}
"""``e_machine`` of ELF headers (elf.h)."""
_I386: Final = re.compile("i[3-6]86")
_HTML: Final = re.compile(rb"\s*(?:<!doctype|<html|<\?xml|<head|<body)", re.IGNORECASE)

_PACKED: Final = frozenset(("gzip", "xz", "zstd", "lz4", "bzip2", "lzma", "lzo"))
_FIT: Final = {
    Role.KERNEL: frozenset(("kernel",)),
    Role.INITRD: _PACKED | {"cpio"},
    Role.SQUASHFS: frozenset(("squashfs",)),
    Role.TREE: _PACKED | {"tar", "squashfs"},
    Role.CMDLINE: frozenset(("text",)),
}
"""What a file of a role may be."""


def head(first: bytes) -> Head:
    """Return what the first ``HEAD`` bytes of a file, or all of a shorter one, say."""
    for look in _LOOKS:
        if found := look(first):
            return found
    return Head(Clean("unknown" if first else "empty"))


def mismatch(entry: Entry, manifest: Manifest, found: Head) -> Clean | None:
    """Return where a file is not what its manifest says, in a few words; ``None``: nowhere."""
    if found.kind not in _FIT[entry.role]:
        return clean(f"is {_called(found)}, not of role {entry.role}")
    if found.used is not None and found.used > entry.size:
        return clean(f"is cut off: its squashfs has {found.used} bytes, the file {entry.size}")
    if entry.role is not Role.KERNEL:
        return None
    if found.arch is not None and not same_arch(found.arch, manifest.arch):
        return clean(f"is a kernel for {found.arch}, not for {manifest.arch}")
    if found.release is not None and found.release != manifest.kernel:
        return clean(f"is kernel {found.release}, not {manifest.kernel}")
    return None


def same_arch(one: str, other: str) -> bool:
    """Whether two names as of ``uname -m`` mean one architecture: i386 to i686 do."""
    return one == other or bool(_I386.fullmatch(one) and _I386.fullmatch(other))


def _called(found: Head) -> str:
    match found.kind:
        case "html":
            return "a web page, perhaps an error of the server"
        case "zeros" | "empty" | "text":
            return str(found.kind)
        case "unknown":
            return "of no known form"
    return f"a {found.kind} file"


def _squashfs(first: bytes) -> Head | None:
    try:
        found = superblock(first)
    except Unparsable:
        return None
    return Head(
        Clean("squashfs"),
        built=found.built,
        used=found.bytes_used,
        packed=clean(found.compression),
    )


_LOAD_FLAGS_AT: Final = 0x236
_PROTOCOL_AT: Final = 0x206
_KERNEL_64: Final = 1
"""``XLF_KERNEL_64`` of ``xloadflags``, from boot protocol 2.12 on (arch/x86/boot.rst)."""


def _bzimage(first: bytes) -> Head | None:
    if first[0x202:0x206] != b"HdrS":
        return None
    try:
        version: Clean | None = bzimage.version(first)
    except Unparsable:
        version = None
    protocol = int.from_bytes(first[_PROTOCOL_AT : _PROTOCOL_AT + 2], "little")
    flags = int.from_bytes(first[_LOAD_FLAGS_AT : _LOAD_FLAGS_AT + 2], "little")
    is_64 = protocol >= 0x20C and flags & _KERNEL_64
    return Head(Clean("kernel"), version=version, arch=Clean("x86_64" if is_64 else "i686"))


def _other_kernel(first: bytes) -> Head | None:
    for at, magic, arch in _KERNELS:
        if first.startswith(magic, at):
            return Head(Clean("kernel"), arch=Clean(arch))
    at, magic = _ZBOOT
    if first.startswith(b"MZ") and first.startswith(magic, at):
        return Head(Clean("kernel"))
    if first.startswith(_ELF) and len(first) >= 20:
        machine = int.from_bytes(first[18:20], "big" if first[5] == 2 else "little")
        known = _MACHINES.get(machine)
        return Head(Clean("kernel"), arch=Clean(known) if known else None)
    return None


def _magic(first: bytes) -> Head | None:
    for at, magic, kind in _MAGICS:
        if first.startswith(magic, at):
            made = int.from_bytes(first[4:8], "little") if kind == "gzip" else 0
            return Head(Clean(kind), built=made or None)
    return None


def _words(first: bytes) -> Head | None:
    if _HTML.match(first):
        return Head(Clean("html"))
    if first and not first.strip(b"\0"):
        return Head(Clean("zeros"))
    try:
        text = first.decode()
    except UnicodeDecodeError:
        return None
    return Head(Clean("text")) if text and text.rstrip("\n").isprintable() else None


_LOOKS: Final[tuple[Callable[[bytes], Head | None], ...]] = (
    _squashfs,
    _bzimage,
    _other_kernel,
    _magic,
    _words,
)

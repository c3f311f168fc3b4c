"""Heads of boot files: a wrong, torn or foreign file shows by its first bytes where it can."""

from __future__ import annotations

import gzip
import lzma
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.images.heads import HEAD, Head, head, mismatch, same_arch
from console.images.manifest import Entry, Role
from tests.console.images.sets import BANNER, LIVE, RELEASE
from tests.console.parse.test_bzimage import kernel
from tests.console.parse.test_squashfs import HEAD as SQUASHFS

CPIO = b"070701" + b"0" * 104


def bzimage(banner: str = BANNER, *, wide: bool = True) -> bytes:
    first = bytearray(kernel(banner.encode()))
    struct.pack_into("<H", first, 0x236, int(wide))
    return bytes(first)


def at(offset: int, magic: bytes, begin: bytes = b"") -> bytes:
    return begin + bytes(offset - len(begin)) + magic + bytes(64)


def elf(machine: int, order: int = 1) -> bytes:
    packed = struct.pack("<H" if order == 1 else ">H", machine)
    return b"\x7fELF\2" + bytes([order]) + bytes(12) + packed


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (SQUASHFS, Head(Clean("squashfs"), built=1700000000, used=13807, packed=Clean("xz"))),
        (bzimage(), Head(Clean("kernel"), version=Clean(BANNER), arch=Clean("x86_64"))),
        (bzimage(wide=False), Head(Clean("kernel"), Clean(BANNER), Clean("i686"))),
        (at(0x38, b"ARM\x64"), Head(Clean("kernel"), arch=Clean("aarch64"))),
        (at(0x38, b"RSC\x05"), Head(Clean("kernel"), arch=Clean("riscv64"))),
        (at(0x24, b"\x18\x28\x6f\x01"), Head(Clean("kernel"), arch=Clean("armv7l"))),
        (b"MZ\0\0zimg" + bytes(60), Head(Clean("kernel"))),
        (elf(62), Head(Clean("kernel"), arch=Clean("x86_64"))),
        (elf(22, 2), Head(Clean("kernel"), arch=Clean("s390x"))),
        (elf(9999), Head(Clean("kernel"))),
        (CPIO, Head(Clean("cpio"))),
        (gzip.compress(b"x", mtime=1_600_000_000), Head(Clean("gzip"), built=1_600_000_000)),
        (lzma.compress(b"x"), Head(Clean("xz"))),
        (b"\x28\xb5\x2f\xfd\0", Head(Clean("zstd"))),
        (b"\x02\x21\x4c\x18\0", Head(Clean("lz4"))),
        (at(257, b"ustar\x0000", b"etc/"), Head(Clean("tar"))),
        (b"\n<!DOCTYPE html><title>404", Head(Clean("html"))),
        (bytes(100), Head(Clean("zeros"))),
        (b"", Head(Clean("empty"))),
        (b"quiet console=ttyS0\n", Head(Clean("text"))),
        (b"\x80\x81", Head(Clean("unknown"))),
    ],
    ids=lambda each: str(each.kind) if isinstance(each, Head) else "",
)
def test_what_a_file_is(first: bytes, expected: Head) -> None:
    assert head(first) == expected


def test_a_kernel_tells_its_release() -> None:
    assert head(bzimage()).release == RELEASE


@given(st.binary(max_size=600))
def test_anything_has_a_head(first: bytes) -> None:
    assert head(first).kind


@given(st.sampled_from([SQUASHFS, bzimage(), CPIO]), st.data())
def test_whatever_becomes_of_a_head_it_is_read(first: bytes, data: st.DataObject) -> None:
    cut = first[: data.draw(st.integers(0, len(first)))]
    torn = bytearray(cut + data.draw(st.binary(max_size=9)))
    if torn:
        torn[data.draw(st.integers(0, len(torn) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = head(bytes(torn[:HEAD]))
    assert found.version is None or found.version.isprintable()


# Held against the manifest

SQUASH = Entry(Role.SQUASHFS, Clean("root.squashfs"), 16384, Clean("0" * 64))
KERNEL, INITRD, CMDLINE = (
    replace(SQUASH, role=role) for role in (Role.KERNEL, Role.INITRD, Role.CMDLINE)
)
TREE = replace(SQUASH, role=Role.TREE)


@pytest.mark.parametrize(
    ("entry", "first"),
    [
        (SQUASH, SQUASHFS),
        (KERNEL, bzimage()),
        (INITRD, CPIO),
        (INITRD, gzip.compress(b"", mtime=0)),
        (TREE, SQUASHFS),
        (TREE, at(257, b"ustar", b"etc/")),
        (CMDLINE, b"quiet\n"),
    ],
)
def test_what_fits(entry: Entry, first: bytes) -> None:
    assert mismatch(entry, LIVE, head(first)) is None


@pytest.mark.parametrize(
    ("entry", "first", "told"),
    [
        (SQUASH, b"<html>", "is a web page, perhaps an error of the server, not of role squashfs"),
        (SQUASH, bytes(9), "is zeros, not of role squashfs"),
        (SQUASH, CPIO, "is a cpio file, not of role squashfs"),
        (SQUASH, b"\x99", "is of no known form, not of role squashfs"),
        (replace(SQUASH, size=13806), SQUASHFS, "is cut off: its squashfs has 13807 bytes"),
        (KERNEL, bzimage(wide=False), "is a kernel for i686, not for x86_64"),
        (KERNEL, at(0x38, b"ARM\x64"), "is a kernel for aarch64, not for x86_64"),
        (KERNEL, bzimage("6.12.1 #2"), f"is kernel 6.12.1, not {RELEASE}"),
        (INITRD, bzimage(), "is a kernel file, not of role initrd"),
        (CMDLINE, b"two\nlines", "is of no known form, not of role cmdline"),
    ],
)
def test_what_does_not(entry: Entry, first: bytes, told: str) -> None:
    assert (mismatch(entry, LIVE, head(first)) or "").startswith(told)


def test_names_of_one_architecture() -> None:
    assert same_arch("i386", "i686")
    assert same_arch("x86_64", "x86_64")
    assert not same_arch("x86_64", "i686")

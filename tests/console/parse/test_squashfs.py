from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.facts import Superblock
from console.parse.squashfs import SIZE, superblock

HEAD = bytes.fromhex(
    "68 73 71 73 02 00 00 00 00 f1 53 65 00 00 02 00"
    "01 00 00 00 04 00 11 00 c0 00 01 00 04 00 00 00"
    "20 00 00 00 00 00 00 00 ef 35 00 00 00 00 00 00"
).ljust(SIZE, b"\0")


def with_field(offset: int, form: str, value: int) -> bytes:
    changed = bytearray(HEAD)
    struct.pack_into(form, changed, offset, value)
    return bytes(changed)


def test_reads_when_how_and_how_much() -> None:
    assert superblock(HEAD) == Superblock(1700000000, 13807, "xz", (4, 0))


@pytest.mark.parametrize(
    ("number", "name"),
    list(enumerate(["compressor 0", "gzip", "lzma", "lzo", "xz", "lz4", "zstd", "compressor 7"])),
)
def test_names_the_compressor(number: int, name: str) -> None:
    assert superblock(with_field(20, "<H", number)).compression == name


def test_times_after_2038_are_unsigned() -> None:
    assert superblock(with_field(8, "<I", 0xF000_0000)).built == 0xF000_0000


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", "96 bytes"),
        (HEAD[: SIZE - 1], "96 bytes"),
        (b"sqsh" + HEAD[4:], "magic"),
        (bytes(SIZE), "magic"),
        (b"<!DOCTYPE html>".ljust(SIZE), "magic"),
        (with_field(28, "<H", 3), "version 4"),
    ],
    ids=["empty", "short", "big-endian", "zeros", "error page", "squashfs 3"],
)
def test_refuses_what_is_none(head: bytes, expected: str) -> None:
    with pytest.raises(Unparsable, match=expected):
        superblock(head)


@given(st.binary(max_size=SIZE + 8) | st.binary(min_size=92).map(lambda tail: b"hsqs" + tail))
def test_never_fails_otherwise(head: bytes) -> None:
    try:
        assert 0 <= superblock(head).built < 2**32
    except Unparsable as error:
        assert error.source == "squashfs superblock"


@pytest.mark.needs("mksquashfs")
@pytest.mark.parametrize("compressor", ["gzip", "xz"])
def test_reads_a_real_image(tmp_path: Path, compressor: str) -> None:
    image = tmp_path / "system.img"
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_bytes(b"x" * 5000)
    options = f"-comp {compressor} -mkfs-time 1700000000 -quiet -no-progress -processors 1"
    subprocess.run(
        ["mksquashfs", str(tmp_path / "tree"), str(image), *options.split()],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/usr/sbin:/bin:/sbin"},
    )
    found = superblock(image.read_bytes())
    assert (found.built, found.compression, found.version) == (1700000000, compressor, (4, 0))
    assert 0 < found.bytes_used <= image.stat().st_size

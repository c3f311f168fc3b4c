from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse.bzimage import HEAD, build, release, version

DEBIAN = (
    "6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) "
    "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"
)
BOOTED = (
    "Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian "
    "12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) "
    "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"
)
COMPARED = "6.1.0-56-cloud-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"


def kernel(text: bytes, pointer: int = 0x3000, protocol: int = 0x20F) -> bytes:
    """Return the head of a kernel whose version string stands where the pointer says."""
    head = bytearray(HEAD)
    head[514:518] = b"HdrS"
    struct.pack_into("<H", head, 518, protocol)
    struct.pack_into("<H", head, 526, pointer)
    head[pointer + 512 : pointer + 512 + len(text)] = text
    return bytes(head)


@pytest.mark.parametrize("pointer", [0x20, 0x3000, 0xFFFF])
def test_follows_the_pointer(pointer: int) -> None:
    assert version(kernel(DEBIAN.encode(), pointer)) == DEBIAN


def test_reading_head_bytes_is_enough_for_the_longest_string_at_the_last_place() -> None:
    assert version(kernel(b"6" * 511, 0xFFFF)) == "6" * 511


def test_shows_control_characters_instead_of_obeying_them() -> None:
    assert version(kernel(b"6.1\x1b[2J\xff")) == "6.1␛[2J\ufffd"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", "at least 528 bytes"),
        (kernel(DEBIAN.encode())[:527], "at least 528 bytes"),
        (b"\x7fELF".ljust(HEAD), "HdrS"),
        (kernel(DEBIAN.encode())[:0x3200], "ending in NUL at 12800"),
        (kernel(DEBIAN.encode())[:0x3210], "ending in NUL at 12800"),
        (kernel(b"6" * 512), "ending in NUL"),
        (kernel(DEBIAN.encode(), protocol=0x1FF), "a version string"),
        (kernel(b"", pointer=0), "a version string"),
    ],
    ids=[
        "empty",
        "short header",
        "no bzImage",
        "short",
        "cut",
        "endless",
        "ancient",
        "no pointer",
    ],
)
def test_refuses_what_has_none(head: bytes, expected: str) -> None:
    with pytest.raises(Unparsable, match=expected) as refused:
        version(head, "/kernel")
    assert refused.value.source == "/kernel"


@given(st.binary(max_size=600), st.binary(max_size=600), st.integers(0, 0xFFFF))
def test_never_fails_otherwise(noise: bytes, text: bytes, pointer: int) -> None:
    for head in (noise, kernel(text, pointer), kernel(text, pointer)[: len(noise) * 100]):
        try:
            assert len(version(head)) <= 512
        except Unparsable:
            continue


@pytest.mark.parametrize("text", [DEBIAN, BOOTED])
def test_a_file_and_the_kernel_booted_from_it_compare_equal(text: str) -> None:
    assert build(text) == COMPARED
    assert release(text) == "6.1.0-56-cloud-amd64"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Linux version 6.6.1 (nixbld@localhost) (gcc) #1-NixOS SMP", "6.6.1 #1-NixOS SMP"),
        ("6.1.2 (me@here #1) #7 SMP", "6.1.2 #7 SMP"),
        ("6.1.2", "6.1.2"),
        ("", ""),
    ],
)
def test_compares_release_and_build(text: str, expected: str) -> None:
    assert build(text) == expected


def test_another_build_of_the_same_release_differs() -> None:
    assert build(DEBIAN) != build(DEBIAN.replace("#1 ", "#2 "))

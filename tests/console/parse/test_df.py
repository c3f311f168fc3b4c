from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.parse import df

GNU = b"""\
Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/vda         264212084 23254608  83136304      22% /
proc                     0        0         0        - /proc
Filesystem     Inodes IUsed IFree IUse% Mounted on
/dev/vda     16777216 41 1677 1% /
proc                0     0     0     - /proc
"""
BUSYBOX = b"""\
Filesystem           1024-blocks    Used Available Capacity Mounted on
a name with 1 2 3     8192 12 8180   0% /my place
Filesystem              Inodes      Used Available Capacity Mounted on
a name with 1 2 3     200 7 193   4% /my place
"""


def statfs_words(text: bytes) -> list[bytes]:
    return [*df.statfs_words(text.splitlines())]


def test_stat_tells_six_numbers_a_line() -> None:
    text = b"4096 1000 400 350 0 0\n4096 1 1 1 9 8\n"
    assert statfs_words(text) == [b"4096 1000 400 350 0 0", b"4096 1 1 1 9 8"]
    assert statfs_words(b"") == []


def test_df_is_told_as_the_same_numbers() -> None:
    assert statfs_words(GNU) == [
        b"1024 264212084 240957476 83136304 16777216 1677",
        b"1024 0 0 0 0 0",
    ]
    assert statfs_words(BUSYBOX) == [b"1024 8192 8180 8180 200 193"]


def test_what_has_another_form_is_nothing() -> None:
    assert statfs_words(b"4096 1000 400 350 0\n") == []
    assert statfs_words(GNU.replace(b"/proc\n", b"/proc\nmore\n", 1)) == []
    assert statfs_words(GNU[: GNU.rindex(b"proc   ")]) == []


@given(st.binary(max_size=200))
def test_any_bytes_are_harmless(text: bytes) -> None:
    for line in statfs_words(text):
        assert len(line.split()) == 6
        assert all(number.lstrip(b"-").isdigit() for number in line.split())

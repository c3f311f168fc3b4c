from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse.exception_store import Header, exceptions, header, sectors

HEAD = struct.pack("<4I", 0x70416E53, 1, 1, 8)


def area(used: int) -> bytes:
    """An area of a store with chunks of 8 sectors."""
    records = b"".join(struct.pack("<2Q", number, number + 2) for number in range(used))
    return records.ljust(4096, b"\0")


def test_a_store_begins_with_its_magic() -> None:
    assert header(HEAD.ljust(512, b"\0")) == Header(valid=True, chunk=8)
    assert header(HEAD[:4] + bytes(4) + HEAD[8:]) == Header(valid=False, chunk=8)
    assert header(bytes(512)) is None
    assert header(b"SnAp") is None
    with pytest.raises(Unparsable):
        header(struct.pack("<4I", 0x70416E53, 1, 1, 0))


@pytest.mark.parametrize(
    ("exceptions", "told"),
    [
        (0, (16, 16)),
        (500, (4024, 24)),
        (700, (5632, 32)),
        (1500, (12056, 56)),
        (3060, (24584, 104)),
    ],
)
def test_sectors_are_those_of_dmsetup_status(exceptions: int, told: tuple[int, int]) -> None:
    """Captured on Debian's kernel 6.1 with chunks of 8 sectors."""
    assert sectors(8, exceptions) == told


@given(st.integers(0, 256))
def test_records_are_counted_until_one_leads_nowhere(used: int) -> None:
    assert exceptions(area(used)) == used


def test_areas_lie_between_the_chunks_they_describe() -> None:
    head = Header(valid=True, chunk=8)
    assert head.area == 256
    assert [head.place(number) for number in range(3)] == [1, 258, 515]


@given(st.binary(max_size=600))
def test_any_bytes_are_counted_or_refused(text: bytes) -> None:
    assert 0 <= exceptions(text) <= len(text) // 16
    try:
        header(text)
    except Unparsable:
        assert text.startswith(b"SnAp")

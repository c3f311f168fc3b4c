from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.decimal import decimal


@given(st.integers(0, 10**19 - 1))
def test_a_number(number: int) -> None:
    assert decimal(b"%d" % number) == number


@pytest.mark.parametrize(
    "text", [b"", b"-1", b"+1", b"1_0", b" 1", b"1\n", b"0x1", "²".encode(), b"9" * 5000]
)
def test_what_is_none(text: bytes) -> None:
    assert decimal(text) is None

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.amount import amount, shown, typed

MIB, GIB = 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("text", "base", "total"),
    [
        ("512M", GIB, 512 * MIB),
        ("512MiB", GIB, 512 * MIB),
        ("1.5g", GIB, 3 * GIB // 2),
        ("4096", GIB, 4096),
        ("+256M", GIB, GIB + 256 * MIB),
        ("+50%", GIB, 3 * GIB // 2),
        ("+12.5%", 8 * MIB, 9 * MIB),
        (" 2T ", 0, 2 << 40),
    ],
)
def test_an_amount_counts_from_what_there_is(text: str, base: int, total: int) -> None:
    assert amount(text).of(base) == total


@pytest.mark.parametrize("text", ["", "big", "50%", "-1M", "0", "0.0001K", "1X", "1e9", "9" * 16])
def test_what_is_no_amount_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"no size like|a share of what|not more than nothing"):
        amount(text)


@given(st.integers(1, 1 << 50))
def test_what_is_typed_is_not_less(number: int) -> None:
    assert number <= amount(typed(number)).of(0) < number + 1024


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 bytes"), (1 << 20, "1 MiB"), (3 << 19, "1.5 MiB"), (5 << 50, "5120 TiB")],
)
def test_a_size_to_be_read(number: int, said: str) -> None:
    assert shown(number) == said

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.hostlist import MOST, expanded


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("web1", "web1"),
        ("web[1-3]", "web1 web2 web3"),
        ("web[08-10]", "web08 web09 web10"),
        ("web[098-101]", "web098 web099 web100 web101"),
        ("web[1,3-4]", "web1 web3 web4"),
        ("web[12]", "web12"),
        ("web[007]", "web007"),
        ("r[1-2]n[1,2]", "r1n1 r1n2 r2n1 r2n2"),
        ("root@10.0.0.[8-9]:22", "root@10.0.0.8:22 root@10.0.0.9:22"),
        ("web[ab]", "web[ab]"),
        ("web[!1]", "web[!1]"),
        ("web[a-c]", "web[a-c]"),
        ("[::1]:22", "[::1]:22"),
        ("web[]", "web[]"),
        ("web[1-2", "web[1-2"),
        ("", ""),
    ],
)
def test_what_a_word_stands_for(word: str, names: str) -> None:
    assert " ".join(expanded(word)) == names


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("web[3-1]", "3-1 runs backwards"),
        ("web[1-]", "'1-' is neither"),
        ("web[1,,2]", "'' is neither"),
        ("web[-1]", "'-1' is neither"),
        ("web[1-2-3]", "'1-2-3' is neither"),
        ("web[1-10001]", "more than 10000"),
        ("web[1-999999999]", "more than 10000"),
        ("r[1-200]n[1-200]", "more than 10000"),
        ("web[1-99999999999]", "neither"),
    ],
)
def test_what_makes_no_sense(word: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        expanded(word)


def test_as_many_as_are_allowed() -> None:
    assert len(expanded(f"web[1-{MOST}]")) == MOST


@given(st.text("ab[]0129,-", max_size=24))
def test_any_word_stands_for_something_or_is_refused(word: str) -> None:
    with suppress(ValueError):
        assert 1 <= len(expanded(word)) <= MOST


@given(st.integers(0, 2000), st.integers(0, 500), st.integers(1, 5))
def test_a_range_is_what_counting_gives(first: int, more: int, width: int) -> None:
    low = f"{first:0{width}d}"
    padded = len(low) if low.startswith("0") else 0
    assert expanded(f"n[{low}-{first + more}]") == tuple(
        f"n{number:0{padded}d}" for number in range(first, first + more + 1)
    )

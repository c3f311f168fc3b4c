"""What stands for a long text."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from backends.digest import digest

PARTS = st.lists(st.binary(max_size=12), max_size=4)


@given(PARTS, PARTS)
@example([b"ab", b"c"], [b"a", b"bc"])
@example([b""], [])
@example([b"1:"], [b"", b""])
def test_the_same_parts_have_the_same_and_no_others(one: list[bytes], other: list[bytes]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)
    assert len(digest(*one)) == 16

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse.zram import ZramUse, mm_stat

FULL = "16117760 8002553 8155136 0 8175616 1961 0 1953 1953\n"
DELETED = "16117760 8016840 8183808 0 8183808 1961 0 1953 1953\n"
TRIMMED = "98304 12042 155648 0 8183808 12 0 0 0\n"


def test_what_it_stores_and_what_it_costs() -> None:
    assert mm_stat(FULL) == ZramUse(16117760, 8002553, 8155136, None)
    assert mm_stat("1 1 1 4096").limit == 4096


def test_only_a_trim_gives_memory_back() -> None:
    assert mm_stat(DELETED).ram == 8183808
    assert mm_stat(TRIMMED).ram == 155648


@given(st.text())
def test_any_text_is_numbers_or_unparsable(text: str) -> None:
    try:
        assert mm_stat(text).ram >= 0
    except Unparsable as error:
        assert error.source == "mm_stat"

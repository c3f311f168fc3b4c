"""A value that is worked out again only when what it followed from changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.memo import Kept


@given(st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 1), max_size=2))))
def test_it_is_always_what_the_work_gives(looks: list[tuple[int, list[int]]]) -> None:
    kept: Kept[list[object]] = Kept()
    for number, numbers in looks:
        assert kept.of((number, numbers), lambda: [number, *numbers]) == [number, *numbers]  # noqa: B023


def test_it_is_the_same_object_while_the_inputs_are_equal() -> None:
    kept: Kept[list[int]] = Kept()
    first = kept.of(([1], 2), lambda: [3])
    assert kept.of(([1], 2), lambda: [4]) is first
    assert kept.of(([1], 3), lambda: [4]) == [4]


def test_nothing_is_kept_of_work_that_fails() -> None:
    kept: Kept[float] = Kept()
    for divisor, found in ((0, None), (0, None), (2, 0.5)):
        try:
            assert kept.of((divisor,), lambda: 1 / divisor) == found  # noqa: B023
        except ZeroDivisionError:
            assert found is None

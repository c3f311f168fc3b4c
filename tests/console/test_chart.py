"""A chart of text: the shape of the values, their range, and holes where nothing was seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.chart import Canvas, chart

RISING = [(1e9 + at, float(at)) for at in range(40)]


def say(value: float) -> str:
    return f"{value:.0f}"


def test_a_rising_line_goes_from_corner_to_corner() -> None:
    lines = chart(RISING, Canvas(46, 4), say)
    assert lines[0].startswith("39 │")
    assert lines[3].startswith(" 0 │")
    starts = [len(line) - len(line[4:].lstrip()) for line in lines[:4]]
    assert starts == sorted(starts, reverse=True)
    assert lines[-1].split() == ["2001-09-09T01:46:40Z", "2001-09-09T01:47:19Z"]


def test_ascii_is_ascii() -> None:
    lines = chart(RISING, Canvas(60, 5, ascii_only=True), say)
    assert all(line.isascii() for line in lines)
    assert lines[0].endswith(":")
    assert len(lines) == 6


def test_a_hole_in_the_record_is_a_hole_in_the_chart() -> None:
    points = [(1e9 + at, 5.0) for at in (*range(10), *range(60, 70))]
    flat = chart(points, Canvas(80, 3), say)[2]
    assert "  " in flat[4:].strip()
    assert chart([], Canvas(80, 3), say) == []


@given(
    st.lists(st.tuples(st.floats(0, 2e9), st.floats(0, 1e15)), min_size=1).map(sorted),
    st.integers(0, 300),
    st.integers(1, 20),
    st.booleans(),
)
def test_it_keeps_to_its_canvas(
    points: list[tuple[float, float]], width: int, height: int, ascii_only: bool
) -> None:
    lines = chart(points, Canvas(width, height, ascii_only), say)
    assert len(lines) == height + 1
    assert all(len(line) <= max(width, 60) + 20 for line in lines)

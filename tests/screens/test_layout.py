"""Column widths for any terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from screens.layout import GUTTER, layout
from screens.page import Column

COLUMNS = (
    Column("name", "Name", 10, grow=2),
    Column("kind", "Kind", 8, priority=2),
    Column("used", "Used", 12, grow=1, priority=1),
    Column("rate", "Rate", 8, priority=2),
    Column("state", "State", 6),
)
DRAWN = st.builds(
    Column,
    key=st.just("k"),
    title=st.just("t"),
    width=st.integers(0, 40),
    grow=st.integers(0, 3),
    priority=st.integers(0, 3),
)


def widths(width: int) -> dict[str, int]:
    return {place.column.key: place.width for place in layout(COLUMNS, width).places}


def test_room_is_shared_by_grow() -> None:
    assert widths(GUTTER + 52) == {"name": 10, "kind": 8, "used": 12, "rate": 8, "state": 6}
    assert widths(GUTTER + 52 + 9) == {"name": 16, "kind": 8, "used": 15, "rate": 8, "state": 6}


def test_the_least_important_go_first_from_the_right() -> None:
    assert [*widths(GUTTER + 48)] == ["name", "kind", "used", "rate", "state"]
    assert [*widths(GUTTER + 47)] == ["name", "kind", "used", "state"]
    assert [*widths(GUTTER + 38)] == ["name", "used", "state"]
    assert [*widths(GUTTER + 29)] == ["name", "state"]


def test_what_must_stay_shrinks_and_at_last_is_cut_from_the_right() -> None:
    assert widths(GUTTER + 9) == {"name": 4, "state": 4}
    assert widths(GUTTER + 3) == {"name": 1, "state": 1}
    assert widths(GUTTER + 2) == {"name": 2}
    assert widths(1) == {}


@given(st.lists(DRAWN, max_size=8), st.integers(0, 220))
def test_columns_never_exceed_the_line_and_growing_ones_fill_it(
    columns: list[Column], width: int
) -> None:
    drawn = layout(columns, width)
    total = sum(place.width for place in drawn.places) + drawn.gap * (len(drawn.places) - 1)
    assert not drawn.places or total <= width - GUTTER
    assert all(place.width >= 1 for place in drawn.places)
    if any(place.column.grow for place in drawn.places):
        assert total == width - GUTTER


def test_a_column_grows_to_its_most_and_the_rest_goes_to_others_or_stays_blank() -> None:
    name, note = Column("name", "Name", 10, grow=3, most=14), Column("note", "Note", 10, grow=1)
    assert [place.width for place in layout((name, note), GUTTER + 62).places] == [14, 46]
    assert [place.width for place in layout((name, note), GUTTER + 24).places] == [11, 11]
    assert [place.width for place in layout((name,), GUTTER + 62).places] == [14]

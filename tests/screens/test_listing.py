"""Cursor and marks belong to rows, whatever happens around them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from screens.listing import Listing, Order
from screens.page import Column, Row, Table, Words

COLUMNS = (Column("name", "Name", 8), Column("value", "Value", 8))


def table(names: str, **values: int) -> Table:
    rows = (Row(n, (Words(n), Words(str(values.get(n, 0)), sort=values.get(n, 0)))) for n in names)
    return Table("t", "T", COLUMNS, tuple(rows))


def test_the_cursor_stays_with_its_row_through_sort_and_refresh() -> None:
    listing = Listing(table("abcd", a=4, b=3, c=2, d=1)).at(1)
    assert listing.cursor == "b"
    assert listing.ordered(Order("value")).position == 2
    assert listing.showing(table("dcb")).position == 2


def test_until_it_is_put_somewhere_the_cursor_stays_where_reading_begins() -> None:
    fresh = Listing(table("abcd")).showing(table("abcd"))
    assert (fresh.cursor, fresh.held) == ("a", False)
    assert fresh.showing(table("dcba")).cursor == "d"
    assert fresh.filtered("name=[cd]").cursor == "c"
    assert fresh.ordered(Order("name", descending=True)).cursor == "d"
    for held in (fresh.moved(0), fresh.toggled(), fresh.standing("a")):
        assert held.held
        assert held.showing(table("dcba")).cursor == "a"
    log = Listing(replace(table("ab"), newest_last=True)).showing(
        replace(table("abc"), newest_last=True)
    )
    assert log.cursor == "c"


def test_a_vanished_row_leaves_the_cursor_on_the_next_one_that_is_left() -> None:
    listing = Listing(table("abcde")).at(2)
    assert listing.showing(table("abe")).cursor == "e"
    assert listing.showing(table("ab")).cursor == "b"
    assert listing.showing(table("xy")).cursor == "y"
    assert listing.showing(table("")).cursor is None
    assert listing.showing(table("")).showing(table("ab")).cursor == "a"


def test_a_filter_moves_the_cursor_to_the_nearest_row_it_keeps() -> None:
    listing = Listing(table("abcde")).at(1)
    assert listing.filtered("name=[ad]").cursor == "d"
    assert listing.filtered("nothing").cursor is None
    assert listing.filtered("nothing").hidden == 5


def test_what_is_not_a_filter_keeps_the_last_good_one() -> None:
    listing = Listing(table("abc")).filtered("name=b").filtered("name=b(")
    assert [row.key for row in listing.rows] == ["b"]
    assert listing.bad is not None
    assert listing.filtered("").bad is None


def test_marks_stay_with_their_rows_and_count_when_hidden() -> None:
    listing = Listing(table("abcd")).at(0).toggled().at(2).ranged()
    assert listing.marks == {"a", "b", "c"}
    assert listing.filtered("name=c").hidden_marks == 2
    assert listing.ordered(Order("name", descending=True)).marks == {"a", "b", "c"}
    assert listing.showing(table("cd")).marks == {"c"}
    assert listing.at(0).toggled().marks == {"b", "c"}
    assert listing.unmarked().marks == frozenset()


def test_no_row_changes_its_place_while_there_are_marks() -> None:
    by_value = Listing(table("abc", a=1, b=2, c=3)).ordered(Order("value")).at(1).toggled()
    newer = by_value.showing(table("abcd", a=9, b=2, c=1, d=0))
    assert [row.key for row in newer.rows] == ["a", "b", "c", "d"]
    assert (newer.cursor, newer.position) == ("b", 1)
    free = newer.unmarked().showing(table("abcd", a=9, b=2, c=1, d=0))
    assert [row.key for row in free.rows] == ["d", "c", "b", "a"]
    assert [row.key for row in newer.ordered(Order("name")).rows] == ["a", "b", "c", "d"]


def test_flipping_turns_the_sort_in_force() -> None:
    by_name = Listing(table("ba")).flipped("name")
    assert [row.key for row in by_name.rows] == ["a", "b"]
    assert [row.key for row in by_name.flipped("name").rows] == ["b", "a"]
    assert by_name.flipped("name").flipped("name").sort == ("name", False)


@given(
    st.sets(st.sampled_from("abcdefgh")),
    st.sets(st.sampled_from("abcdefgh")),
    st.integers(-3, 12),
    st.integers(-20, 20),
)
def test_there_is_a_cursor_exactly_when_there_is_a_row(
    first: set[str], second: set[str], start: int, by: int
) -> None:
    before = Listing(table("".join(sorted(first)))).at(start)
    after = before.showing(table("".join(sorted(second)))).moved(by)
    assert (after.cursor is None) is (not after.rows)
    assert after.cursor is None or after.position is not None

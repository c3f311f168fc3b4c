"""How the height is shared, and where the keys go when tables come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from screens.body import Body, facts_share, shares
from screens.marks import UNICODE
from screens.page import Column, Line, Page, Row, Table, Words


@pytest.mark.parametrize(
    ("height", "wanted", "focused", "lines"),
    [
        (20, (5, 5), 0, [5, 5]),
        (20, (50, 5), 0, [16, 4]),
        (20, (50, 50), 0, [16, 4]),
        (20, (50, 50), 1, [4, 16]),
        (20, (50, 50, 50), 2, [4, 4, 12]),
        (20, (3, 50, 3), 1, [3, 14, 3]),
        (9, (50, 50, 50), 1, [4, 4, 1]),
        (3, (50, 50, 50), 2, [0, 0, 3]),
        (0, (50, 50), 0, [0, 0]),
        (20, (), 0, []),
    ],
)
def test_shares(height: int, wanted: tuple[int, ...], focused: int, lines: list[int]) -> None:
    assert shares(height, wanted, focused) == lines


@given(st.integers(0, 60), st.lists(st.integers(3, 99), min_size=1, max_size=3), st.data())
def test_shares_use_what_there_is_and_no_more(
    height: int, wanted: list[int], data: st.DataObject
) -> None:
    focused = data.draw(st.integers(0, len(wanted) - 1))
    given_out = shares(height, wanted, focused)
    assert sum(given_out) == min(height, sum(wanted))
    assert all(lines <= want for lines, want in zip(given_out, wanted, strict=True))
    assert given_out[focused] >= min(height, 4, wanted[focused])


@pytest.mark.parametrize(
    ("height", "facts", "tables", "lines"),
    [(22, 9, (50,), 9), (22, 30, (50,), 18), (22, 9, (50, 50, 50), 9), (22, 30, (50, 50, 50), 10)],
)
def test_facts_leave_room_for_tables(
    height: int, facts: int, tables: tuple[int, ...], lines: int
) -> None:
    assert facts_share(height, facts, tables) == lines
    assert facts_share(3, facts, tables) == 0


def table(key: str, *names: str) -> Table:
    rows = tuple(Row(name, (Words(name),)) for name in names)
    return Table(key, key.title(), (Column("name", "NAME", 8, grow=1),), rows)


HOSTS, LEVELS = table("hosts", "a", "b"), table("levels", "c", "d")
PAGE = Page("p", (Line((Words("facts"),)),), (HOSTS, LEVELS))


class Deck(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.body = Body(UNICODE)

    def compose(self) -> ComposeResult:
        yield self.body


async def test_keys_go_to_the_first_table_that_has_rows() -> None:
    app = Deck()
    async with app.run_test(size=(40, 12)) as pilot:
        app.body.enter(PAGE)
        await pilot.pause()
        assert app.body.grid.listing.table == HOSTS
        app.body.enter(replace(PAGE, tables=(table("hosts"), LEVELS)))
        await pilot.pause()
        assert app.body.grid.listing.table == LEVELS


async def test_a_page_is_come_back_to_as_it_was_left() -> None:
    app = Deck()
    async with app.run_test(size=(40, 12)) as pilot:
        app.body.enter(PAGE)
        await pilot.press("tab", "j")
        left = app.body.left
        app.body.enter(Page("q", (), (table("other", "x"),)))
        await pilot.pause()
        app.body.enter(PAGE, left)
        await pilot.pause()
        assert app.body.left == left
        assert app.body.grid.listing.cursor == "d"
        app.body.enter(replace(PAGE, tables=(HOSTS,)), left)
        await pilot.pause()
        assert app.body.grid.listing.table == HOSTS


async def test_a_table_that_goes_takes_the_keys_along_and_they_come_back() -> None:
    app = Deck()
    async with app.run_test(size=(40, 12)) as pilot:
        app.body.enter(PAGE)
        await pilot.press("tab")
        app.body.show(replace(PAGE, tables=(HOSTS,)))
        app.body.focus_grid()
        await pilot.press("j")
        assert app.body.grid.listing.cursor == "b"
        app.body.show(Page("none", (), ()))
        app.body.focus_grid()
        await pilot.press("j")
        assert app.body.left.stands == ()
        app.body.show(PAGE)
        app.body.focus_grid()
        await pilot.press("k")
        assert app.body.grid.listing.cursor == "a"

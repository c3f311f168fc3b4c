"""The table of keys is complete, and free of what must not be."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from screens.commands import COMMANDS
from screens.grid import KEYS as GRID_BINDINGS
from screens.keys import GRID_KEYS, KEYS, TYPING, footer, possible
from screens.layout import layout
from screens.main import MainScreen
from screens.marks import cells
from screens.page import Words
from screens.pages.help_page import page
from screens.place import View


def test_no_key_means_two_things() -> None:
    keys = [name for key in KEYS for name in key.keys.split(",")]
    keys += [
        name
        for binding in GRID_BINDINGS
        if isinstance(binding, Binding)
        for name in binding.key.split(",")
    ]
    assert len(keys) == len({*keys})


def test_what_ends_something_has_no_key() -> None:
    assert not {"x", "D", "K", "ctrl+d", "ctrl+q", "ctrl+x"} & {key.keys for key in KEYS}


@pytest.mark.parametrize("view", View)
def test_the_footer_names_the_most_useful_keys_and_fits(view: View) -> None:
    keys = footer(view)
    assert 6 <= len(keys) <= 8
    assert sum(len(f"{key.shown} {key.hint}  ") for key in keys) <= 78 + 2
    assert {*keys} <= {*possible(view)}
    assert "q" in {key.shown for key in keys}


@pytest.mark.parametrize("view", View)
def test_help_lists_every_key_of_the_view_and_no_other(view: View) -> None:
    (table,) = page(view).tables
    text = {tuple(cell.text for cell in row.cells) for row in table.rows}  # type: ignore[union-attr]  # help has words alone
    assert {(key.shown, key.title) for key in KEYS if view in key.views} <= text
    assert not {(key.shown, key.title) for key in KEYS if view not in key.views} & text
    assert len(table.rows) >= len(possible(view)) + len(GRID_KEYS) + len(COMMANDS)
    assert len({row.key for row in table.rows}) == len(table.rows)


def test_help_is_whole_on_80_columns() -> None:
    for view in View:
        (table,) = page(view).tables
        widths = [place.width for place in layout(table.columns, 80).places]
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=True):
                assert isinstance(cell, Words)
                assert cells(cell.text, 200) <= width, cell.text


def test_every_action_exists() -> None:
    for key in KEYS:
        if not key.action.startswith("app."):
            assert hasattr(MainScreen, f"action_{key.action.partition('(')[0]}")


def test_every_line_that_is_typed_says_how_to_leave_it() -> None:
    assert all("Esc" in dict(TYPING[line]) for line in "/:")

"""The order of rows, as data."""

from __future__ import annotations

import pytest

from screens.arrange import arrange, natural
from screens.page import Cell, Column, Gauge, Row, Spark, Words

COLUMNS = (Column("name", "Name", 8), Column("value", "Value", 8))


def sorted_keys(cells: dict[str, Cell], *, descending: bool = False) -> list[str]:
    rows = tuple(Row(key, (Words(""), cell)) for key, cell in cells.items())
    return [row.key for row in arrange(rows, COLUMNS, "value", descending=descending)]


def test_numbers_sort_as_numbers_and_absent_ones_last() -> None:
    cells: dict[str, Cell] = {
        "none": Gauge(None, note="gone"),
        "big": Words("1.2G", sort=1.2e9),
        "nan": Words("?", sort=float("nan")),
        "small": Words("900M", sort=9e8),
        "gauge": Gauge(500),
        "held": Gauge(499, sort=501.0),
        "spark": Spark((7, 3)),
        "hole": Spark((7, -1)),
        "empty": Words(""),
        "word": Words("zz"),
    }
    absent = ["none", "nan", "hole", "empty"]
    known = ["spark", "gauge", "held", "small", "big", "word"]
    assert sorted_keys(cells) == known + absent
    assert sorted_keys(cells, descending=True) == known[::-1] + absent


def test_text_sorts_naturally() -> None:
    names = ["web10", "Web9", "web", "web009a", "10", "9", "web9" + "9" * 5000]
    assert sorted(names, key=natural) == [
        "9",
        "10",
        "web",
        "Web9",
        "web009a",
        "web10",
        "web9" + "9" * 5000,
    ]


@pytest.mark.parametrize("descending", [False, True])
def test_equals_keep_their_order(descending: bool) -> None:
    cells: dict[str, Cell] = {key: Words("same") for key in "cab"}
    assert sorted_keys(cells, descending=descending) == ["c", "a", "b"]


def test_an_unknown_column_and_short_rows_change_nothing() -> None:
    rows = (Row("b", ()), Row("a", (Words("x"),)))
    assert arrange(rows, COLUMNS, "gone") == rows
    assert arrange(rows, COLUMNS, "value") == rows

"""Filter and order of rows, as data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.arrange import BadFilter, Filter, arrange, natural
from screens.page import Cell, Column, Gauge, Row, Spark, Words

COLUMNS = (Column("name", "Name", 8), Column("value", "Value", 8))
HOSTS = (
    Row("1", (Words("web10"), Words("idle")), {"tag": "prod"}),
    Row("2", (Words("Web9"), Words("busy")), {"tag": "test"}),
    Row("3", (Words("db"), Gauge(423, note="4G of 10G"))),
)


def found(text: str) -> list[str]:
    chosen = Filter.parse(text)
    assert isinstance(chosen, Filter)
    return [row.key for row in arrange(HOSTS, COLUMNS, chosen=chosen)]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ["1", "2", "3"]),
        ("WEB", ["1", "2"]),
        ("web[0-9]$ ", []),
        ("b9|db", ["2", "3"]),
        ("!web", ["3"]),
        ("web !idle", ["2"]),
        ("name=web1", ["1"]),
        ("!name=web1", ["2", "3"]),
        ("tag=prod", ["1"]),
        ("!tag=prod", ["2", "3"]),
        ("value=42.3%", ["3"]),
        ("value=^busy$ tag=test", ["2"]),
        ("10G", ["3"]),
        ("nothing=here", []),
        ("!", ["1", "2", "3"]),
        ("name=", ["1", "2", "3"]),
    ],
)
def test_filter(text: str, keys: list[str]) -> None:
    assert found(text) == keys


def test_a_term_with_an_unknown_key_is_looked_for_as_text() -> None:
    row = Row("k", (Words("root=/dev/sda"), Words("")))
    chosen = Filter.parse("root=/dev")
    assert isinstance(chosen, Filter)
    assert arrange((row,), COLUMNS, chosen=chosen) == (row,)


@pytest.mark.parametrize("text", ["(", "web [", "name=*", "a{99999999999999999999}"])
def test_what_is_not_a_filter_says_why(text: str) -> None:
    bad = Filter.parse(text)
    assert isinstance(bad, BadFilter)
    assert bad.text == text
    assert bad.why


@given(st.text())
def test_any_text_is_a_filter_or_says_why(text: str) -> None:
    parsed = Filter.parse(text)
    assert parsed.text == text
    if isinstance(parsed, Filter):
        arrange(HOSTS, COLUMNS, chosen=parsed)


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
        "spark": Spark((7, 3)),
        "hole": Spark((7, -1)),
        "empty": Words(""),
        "word": Words("zz"),
    }
    absent = ["none", "nan", "hole", "empty"]
    known = ["spark", "gauge", "small", "big", "word"]
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

"""What a filter text keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.arrange import arrange
from screens.filter import BadFilter, Filter, named
from screens.page import Column, Gauge, Row, Words

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


@pytest.mark.parametrize(
    "text",
    ["(", "web [", "name=[", "a{99999999999999999999}", "name=web[9-1]", "web[1-99999999]"],
)
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


FLEET = tuple(
    Row(name, (Words(name), Words(name.upper())), {"host": name, "tag": tags, "contact": contact})
    for name, tags, contact in (
        ("web1", "web prod", "up"),
        ("web9", "web nonprod", "stale"),
        ("web10", "prod edge-1", "unreachable lost"),
        ("db", "", "denied lost"),
    )
)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("@prod", ["web1", "web10"]),
        ("!@prod", ["web9", "db"]),
        ("@PROD", ["web1", "web10"]),
        ("tag=prod", ["web1", "web10"]),
        ("tag=*prod", ["web1", "web9", "web10"]),
        ("@edge-[1-3]", ["web10"]),
        ("tag=prod$", ["web1", "web9"]),
        ("host=web*", ["web1", "web9", "web10"]),
        ("host=WEB?", ["web1", "web9"]),
        ("host=web1", ["web1", "web10"]),
        ("host=web.*0", ["web10"]),
        ("web[1-9]", ["web1", "web9"]),
        ("web[9,10]", ["web9", "web10"]),
        ("!web[9-10]", ["web1", "db"]),
        ("host=web[10]", ["web10"]),
        ("contact=lost", ["web10", "db"]),
        ("contact=lost !contact=denied", ["web10"]),
        ("@web contact=up", ["web1"]),
        ("@no", []),
    ],
)
def test_names_tags_and_lists(text: str, keys: list[str]) -> None:
    chosen = Filter.parse(text)
    assert isinstance(chosen, Filter)
    columns = (Column("name", "Name", 8), Column("big", "Big", 8))
    assert [row.key for row in arrange(FLEET, columns, chosen=chosen)] == keys


def test_rows_about_no_host_are_searched_for_what_looks_like_one() -> None:
    rows = (Row("1", (Words("err3 at ops@prod"),)), Row("2", (Words("err7"),)))
    for text, keys in (("err[1-5]", ["1"]), ("@prod", ["1"]), ("host=err*", [])):
        chosen = Filter.parse(text)
        assert isinstance(chosen, Filter)
        kept = arrange(rows, (Column("line", "Line", 8),), chosen=chosen)
        assert [row.key for row in kept] == keys


@given(st.text(min_size=1).filter(lambda text: not any(map(str.isspace, text))))
def test_a_name_is_found_by_the_term_for_it(name: str) -> None:
    try:
        chosen = Filter.parse(named("name", name))
    except ValueError:
        return
    if isinstance(chosen, Filter) and not {*"*?["} & {*name}:
        row = Row("k", (Words(name),))
        assert arrange((row,), COLUMNS, chosen=chosen) == (row,)

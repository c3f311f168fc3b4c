from __future__ import annotations

import string
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Misconfigured
from console.toml import Place, document, line_of

TEXT = '''\
# interval = 1

interval = 2.0
poem = """
days = 3
"""
subhosts = [
    "/a",   # the first
    "/b",
]
history.days = 7

[levels]
watch = { percent = 70, seconds = 7200 }

[[levels.rule]]
kind = "tmpfs"
[[levels.rule]]
"kind" = "overlay"

[levels.act]
percent = 85
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("interval",), 3),
        (("poem",), 4),
        (("subhosts",), 7),
        (("subhosts", 1), 7),
        (("history", "days"), 11),
        (("levels",), 13),
        (("levels", "watch", "seconds"), 14),
        (("levels", "rule"), 16),
        (("levels", "rule", 1), 18),
        (("levels", "rule", 1, "kind"), 19),
        (("levels", "act", "percent"), 22),
        (("days",), None),
        (("levels", "rule", 2), None),
        (("interval", "x"), None),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_finds_the_line_of_a_statement(place: Place, line: int | None, newline: str) -> None:
    assert line_of(TEXT.replace("\n", newline), place) == line


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a = 1\nb 2\n", 2, "Expected '='"),
        ("a = 1\na = 2\n", 2, "overwrite"),
        ("a = 1\nb = [1,\n", 2, "Invalid value"),
        ('a = """\n\n\n', 1, "Unterminated string"),
        ("a = " + "[" * 5000, None, "nested too deeply"),
        ("a = " + "9" * 5000, None, "integer"),
    ],
)
def test_what_is_no_toml_names_its_line(text: str, line: int | None, why: str) -> None:
    with pytest.raises(Misconfigured, match=why) as refused:
        document(text, "config.toml")
    assert (refused.value.file, refused.value.line) == ("config.toml", line)
    assert "at line" not in str(refused.value)


def test_a_key_cannot_move_the_cursor() -> None:
    with pytest.raises(Misconfigured) as refused:
        document('"\\u001b[2J" = 1', "config.toml").only("interval")
    assert "\x1b" not in str(refused.value)


@given(st.text() | st.text("ab=[]{}'\"#\n .1"))
def test_any_text_is_a_document_or_misconfigured(text: str) -> None:
    try:
        assert document(text, "f").values == tomllib.loads(text)
    except Misconfigured as error:
        assert error.line is None or 1 <= error.line <= text.count("\n") + 1


@given(
    st.dictionaries(
        st.text(string.ascii_lowercase, min_size=1, max_size=5),
        st.integers() | st.lists(st.integers(), max_size=3),
        min_size=1,
    )
)
def test_every_key_is_found_where_it_was_written(values: dict[str, int | list[int]]) -> None:
    text = "\n\n".join(f"# {key}\n{key} = {value}" for key, value in values.items())
    for position, key in enumerate(values):
        assert line_of(text, (key,)) == 3 * position + 2

"""Nothing passes the last gate but text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from screens.inert import Inert, inert


def test_the_likeliest_get_a_letter_of_their_own_and_the_rest_a_question_mark() -> None:
    assert inert("a…→·─│", ascii_only=True) == "a~>*-|"
    assert inert("▶ 日本 e\u0301", ascii_only=True) == "? ???? e"
    assert inert("a\u00a0b", ascii_only=True) == "a b"


def test_what_is_printable_passes_as_it_is() -> None:
    for text in ("plain", "▶ 日本 é …"):
        assert inert(text, ascii_only=False) is text


@given(st.text(), st.booleans())
def test_nothing_but_printable_text_of_the_same_width_comes_out(
    text: str, ascii_only: bool
) -> None:
    out = inert(text, ascii_only=ascii_only)
    assert cell_len(out) == cell_len(text)
    assert not {c for c in out if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u202e"}
    assert not ascii_only or out.isascii()


def test_styles_stay() -> None:
    bold = Style(bold=True)
    (segment,) = Inert(ascii_only=True).apply([Segment("\x1b…", bold)], Color.parse("red"))
    assert segment == Segment("~", bold)

"""Whatever bytes come in, inert one-line text of bounded length goes out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.clean import LABEL, PATH, clean, clean_path

ANYTHING = st.binary(max_size=600) | st.text(st.characters(), max_size=600)
SPECIAL = st.text(
    st.sampled_from("a\x1b\n\r\t\0\x7f\x85\u202e\u200b\u2028\ufeff\ue000\ud800\u0301é漢🙂\ufe0f")
)
LIMITS = st.integers(1, 300)


@given(ANYTHING | SPECIAL, LIMITS)
def test_never_longer_than_the_limit(raw: bytes | str, limit: int) -> None:
    assert len(clean(raw, limit)) <= limit


@given(ANYTHING | SPECIAL, LIMITS)
def test_cleaning_twice_changes_nothing(raw: bytes | str, limit: int) -> None:
    once = clean(raw, limit)
    assert clean(once, limit) == once


@given(ANYTHING | SPECIAL)
def test_nothing_dangerous_comes_out(raw: bytes | str) -> None:
    for character in clean(raw):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(SPECIAL | ANYTHING)
def test_what_comes_out_can_be_written_and_is_one_line(raw: bytes | str) -> None:
    text = clean(raw)
    assert text.encode("utf-8").decode("utf-8") == text
    assert len(text.splitlines()) <= 1


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=LABEL))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text
    assert clean(text.encode()) == text


@given(st.text(st.sampled_from("aé漢🙂"), min_size=1, max_size=60), st.integers(1, 30))
def test_bytes_and_text_are_cut_alike(text: str, limit: int) -> None:
    assert clean(text.encode(), limit) == clean(text, limit)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"a\x1b[31m", "a␛[31m"),
        (b"one\ntwo\r\n", "one␊two␍␊"),
        (b"\0\t\x7f", "␀␉␡"),
        (b"\x9b31m", "\ufffd31m"),
        ("\x9b31m", "\ufffd31m"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe"),
        ("mta\u200b", "mta\ufffd"),
        ("mta\u3164", "mta\ufffd"),
        ("mta\u115f", "mta\ufffd"),
        ("mta\u034f", "mta\ufffd"),
        ("a\ufe0f", "a\ufffd"),
        ("a\U000e0101", "a\ufffd"),
        ("a\U000e0041", "a\ufffd"),
        ("a\u2028b\u2029c\x85d", "a\ufffdb\ufffdc\ufffdd"),
        ("\ue000\U0010fffd", "\ufffd\ufffd"),
        ("\ud800", "\ufffd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"caf\xc3", "caf\ufffd"),
        (b"caf\xe9", "caf\ufffd"),
        ("café 漢字 🙂", "café 漢字 🙂"),
        (b"", ""),
    ],
)
def test_what_is_shown(raw: bytes | str, shown: str) -> None:
    assert clean(raw) == shown


def test_marks_are_not_piled_up() -> None:
    assert clean("a" + "\u0301" * 100 + "b") == "a" + "\u0301" * 4 + "b"


def test_nothing_in_a_line_is_wider_than_two_cells_a_character() -> None:
    assert cell_len(clean("漢" * 300)) <= 2 * LABEL


@pytest.mark.parametrize("character", ["a", "é", "漢", "🙂"])
def test_a_cut_is_seen_and_makes_no_rubbish(character: str) -> None:
    shown = clean((character * 1000).encode(), 10)
    assert shown == character * 9 + "…"
    assert clean((character * 10).encode(), 10) == character * 10


@pytest.mark.parametrize("shift", range(4))
def test_a_sequence_at_the_edge_of_what_is_read_is_not_halved(shift: int) -> None:
    raw = b"a" * shift + "🙂".encode() * 100
    assert "\ufffd" not in clean(raw, 50)


def test_lengths() -> None:
    assert len(clean("x" * 10_000)) == LABEL
    assert len(clean_path(b"x" * 10_000)) == PATH
    assert clean_path(b"/srv/\xff\n") == "/srv/\ufffd␊"

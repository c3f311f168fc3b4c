from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.modes import Modes
from tests.lab.terminal import leftovers

ASKED = (
    b"\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l",
    b"\x1b[?1000h\x1b[?1006h\x1b[?1003h",
    b"\x1b[?2004h",
    b"\x1b[?7l",
    b"\x1b[>1u",
    b"\x1b[?1004;2004h",
)


def undone(*pieces: bytes) -> bytes:
    modes = Modes()
    for piece in pieces:
        modes.feed(piece)
    return modes.undo


@pytest.mark.parametrize("asked", ASKED)
def test_what_a_program_was_cut_off_in_is_set_back(asked: bytes) -> None:
    assert leftovers(asked)
    assert not leftovers(asked + undone(asked))


def test_a_tidy_program_leaves_nothing_to_do() -> None:
    vim = b"\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l text \x1b[31mred\x1b[m\x1b[?25h\x1b[?1l\x1b>"
    assert undone(vim, b"\x1b[?1049l") == b""
    assert undone(b"plain text\r\n", bytes(range(32))[:14], b"\x1b[2J\x1b[H") == b""


@pytest.mark.parametrize(
    ("said", "undo"),
    [
        (b"\x0e", b"\x0f\x1b(B\x1b[0m"),
        (b"\x1b(0", b"\x0f\x1b(B\x1b[0m"),
        (b"\x1b(0\x1b(B", b""),
        (b"\x1b[31m", b"\x1b[0m"),
        (b"\x1b[31m\x1b[0m", b""),
        (b"\x1b[3;9r", b"\x1b7\x1b[r\x1b8\x1b[0m"),
        (b"\x1b[?25l\x1bc", b""),
        (b"\x1b[?25l\x1b[?25l\x1b[?25h", b""),
        (b"\x1b[?9999h", b""),
    ],
)
def test_what_is_undone_is_what_was_done(said: bytes, undo: bytes) -> None:
    assert undone(said) == undo


def test_the_other_screen_is_left_last() -> None:
    assert undone(b"\x1b[?1049h\x1b[?25l\x1b[?2004h").split(b"\x1b[?1049l")[1] == b"\x1b[0m"


@given(st.lists(st.sampled_from([*ASKED, b"text", b"\x1b[?1049l", b"\x1b[?25h"])), st.data())
def test_wherever_a_stream_is_cut_into_pieces(said: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert undone(*pieces) == undone(whole)


@given(st.lists(st.binary(max_size=80), max_size=8))
def test_any_bytes_are_taken(pieces: list[bytes]) -> None:
    undone(*pieces)

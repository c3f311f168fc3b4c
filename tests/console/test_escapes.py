from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.escapes import Escapes, Word


@pytest.mark.parametrize(
    ("typed", "passed", "word"),
    [
        (b"ls -l ~/x\r", b"ls -l ~/x\r", None),
        (b"~/bin/x\r", b"~/bin/x\r", None),
        (b"~.", b"", Word.LEAVE),
        (b"ls\r~.rm\r", b"ls\r", Word.LEAVE),
        (b"ls\n~.", b"ls\n", Word.LEAVE),
        (b"ls~.\r", b"ls~.\r", None),
        (b"~~.\r", b"~.\r", None),
        (b"~?~.", b"", Word.LEAVE),
        (b"a\r~?b", b"a\rb", Word.HELP),
        (b"~\r~.", b"~\r", Word.LEAVE),
    ],
)
def test_words_are_those_of_ssh(typed: bytes, passed: bytes, word: Word | None) -> None:
    assert Escapes().feed(typed) == (passed, word)


@given(st.lists(st.binary(max_size=4) | st.text("~\r\n.?a", max_size=4).map(str.encode)))
def test_how_it_is_cut_makes_no_difference(pieces: list[bytes]) -> None:
    whole = Escapes().feed(b"".join(pieces))
    apart, passed, last = Escapes(), b"", None
    for piece in pieces:
        typed, word = apart.feed(piece)
        passed, last = passed + typed, word or last
        if last is Word.LEAVE:
            break
    assert (passed, last) == whole


@given(st.binary().filter(lambda data: b"~" not in data))
def test_every_other_byte_passes(data: bytes) -> None:
    assert Escapes().feed(data) == (data, None)

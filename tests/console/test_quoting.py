from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.quoting import pattern, word

anything = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw)


def expanded(words: bytes) -> list[bytes]:
    """Return what a shell makes of words."""
    script = b"nl='\n'\nprintf '%s\\0' " + words
    said = subprocess.run(["sh"], input=script, capture_output=True, check=True)
    return said.stdout.split(b"\0")[:-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(anything, min_size=1, max_size=20))
def test_a_shell_takes_every_word_literally(words: list[bytes]) -> None:
    line = b" ".join(map(word, words))
    assert b"\n" not in line, "a request is one line"
    assert expanded(line) == words


@pytest.mark.parametrize(
    ("raw", "quoted"),
    [(b"/run", b"/run"), (b"", b"''"), (b"it's", b"'it'\\''s'"), (b"a\nb", b"'a'\"$nl\"'b'")],
)
def test_plain_words_stay_as_they_are(raw: bytes, quoted: bytes) -> None:
    assert word(raw) == quoted


def test_no_word_holds_a_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        word(b"a\0b")


def test_of_a_pattern_only_the_wildcards_are_left_to_the_shell() -> None:
    assert pattern(b"/opt/*/a b?.conf") == b"/opt/*'/a b'?.conf"
    assert expanded(pattern(b"/et?/host*ame")) == [b"/etc/hostname"]
    assert expanded(pattern(b"/$HOME/[a-z]*")) == [b"/$HOME/[a-z]*"]

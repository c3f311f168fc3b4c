from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.quoting import login_word, pattern, word

anything = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw)


def expanded(words: bytes) -> list[bytes]:
    """Return what a shell makes of words."""
    script = b"nl='\n'\nprintf '%s\\0' " + words
    said = subprocess.run(["sh"], input=script, capture_output=True, check=True)
    return said.stdout.split(b"\0")[:-1]


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


LOGINS = [
    pytest.param(shell, marks=pytest.mark.needs(shell))
    for shell in ("sh", "dash", "bash", "mksh", "zsh", "fish", "tcsh")
]
line = st.binary(max_size=40).filter(lambda raw: not {0, 10} & set(raw))
text = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], include_characters="'\\\\!$`\"#~{}"),
    max_size=30,
)


@pytest.mark.parametrize("shell", LOGINS)
@given(st.lists(text, min_size=1, max_size=8))
def test_every_login_shell_takes_a_line_literally(shell: str, lines: list[str]) -> None:
    words = [b"/usr/bin/printf", b"%s\\0", *(each.encode() for each in lines)]
    command = b"exec " + b" ".join(map(login_word, words))
    said = subprocess.run([shell, "-c", command], capture_output=True, check=True)
    assert said.stdout.split(b"\0")[:-1] == words[2:]


@pytest.mark.parametrize("shell", LOGINS)
def test_what_every_login_shell_could_stumble_over(shell: str) -> None:
    hard = b"it's \\ \\\\ \\' !! !x $HOME `id` \"$(id)\" {a,b} ~ * # ; & | %1 ^ \t"
    command = b"exec /usr/bin/printf %s " + login_word(hard)
    said = subprocess.run([shell, "-c", command], capture_output=True, check=True)
    assert said.stdout == hard


@given(line)
def test_a_posix_shell_takes_any_bytes_of_a_line_literally(raw: bytes) -> None:
    command = b"printf %s " + login_word(raw)
    said = subprocess.run([b"sh", b"-c", command], capture_output=True, check=True)
    assert said.stdout == raw


@pytest.mark.parametrize("raw", [b"a\0b", b"a\nb"])
def test_a_line_is_one_line(raw: bytes) -> None:
    with pytest.raises(ValueError, match="newline or NUL"):
        login_word(raw)

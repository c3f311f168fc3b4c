from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.os_release import os_release

ARCH = b"""\
NAME="Arch Linux"
PRETTY_NAME="Arch Linux"
ID=arch
BUILD_ID=rolling
ANSI_COLOR="38;2;23;147;209"
# written by mkarchiso
IMAGE_ID=archlinux
IMAGE_VERSION=2024.05.01
"""


def test_reads_an_image() -> None:
    found = os_release(ARCH)
    assert (found["IMAGE_ID"], found["IMAGE_VERSION"]) == ("archlinux", "2024.05.01")
    assert found["ANSI_COLOR"] == "38;2;23;147;209"
    assert len(found) == 7


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"plain", "plain"),
        (b"", ""),
        (b'""', ""),
        (b"'single $x \\ quoted'", "single $x \\ quoted"),
        (rb'"a \"b\" \$c \\ \`d\` \e"', 'a "b" $c \\ `d` \\e'),
        (rb"a\ b\'c", "a b'c"),
        (b'"joined "\'as in\'" a shell"', "joined as in a shell"),
        (b"'never closed", "'never closed"),
        (b'"never closed', '"never closed'),
        (b"ends in \\", "ends in \\"),
        (b"a=b # kept", "a=b # kept"),
        (b"'caf\xc3\xa9'", "café"),
        (b"\xff\x1b[31m", "\ufffd␛[31m"),
        (b"text \r", "text"),
    ],
)
def test_reads_values_as_a_shell_would(value: bytes, expected: str) -> None:
    assert os_release(b"X=" + value + b"\n") == {"X": expected}


@pytest.mark.parametrize(
    "line", [b"# X=1", b"", b"X", b"=1", b"1X=1", b"X =1", b"export X=1", b"X-Y=1", b"\0\xff"]
)
def test_passes_over_what_assigns_nothing(line: bytes) -> None:
    assert os_release(line + b"\nID=debian") == {"ID": "debian"}


def test_takes_crlf_and_the_last_of_two() -> None:
    assert os_release(b'ID="a"\r\nID="b"\r\n') == {"ID": "b"}


@given(st.binary() | st.text("ID='\"\\\n x#").map(str.encode))
def test_never_fails(text: bytes) -> None:
    assert all(len(value) <= 256 for value in os_release(text).values())


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_reads_back_what_was_quoted(value: str) -> None:
    escaped = "".join(f"\\{each}" if each in '"$`\\' else each for each in value)
    assert os_release(f'X="{escaped}"'.encode()) == {"X": value}

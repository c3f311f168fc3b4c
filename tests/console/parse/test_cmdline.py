from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.cmdline import environ, parameters


@pytest.mark.parametrize(
    ("cmdline", "expected"),
    [
        ("", ()),
        ("quiet\n", (("quiet", None),)),
        ("root=live:CDLABEL=F-39 ro", (("root", "live:CDLABEL=F-39"), ("ro", None))),
        ("console=tty0 console=ttyS0", (("console", "tty0"), ("console", "ttyS0"))),
        ('a="b c"  d', (("a", "b c"), ("d", None))),
        ('"a=b c" d', (("a", "b c"), ("d", None))),
        ('a=b"c d"e', (("a", 'b"c d"e'),)),
        ('a="never closed', (("a", "never closed"),)),
        ("empty= x", (("empty", ""), ("x", None))),
        ("quiet -- single", (("quiet", None),)),
        ("rd.overlay=tmpfs:size=1G,nr_inodes=1k", (("rd.overlay", "tmpfs:size=1G,nr_inodes=1k"),)),
    ],
)
def test_reads_parameters(cmdline: str, expected: tuple[tuple[str, str | None], ...]) -> None:
    assert parameters(cmdline) == expected


def test_keeps_a_long_url_whole() -> None:
    url = "http://192.0.2.10/" + "x" * 600
    assert dict(parameters(f"fetch={url}"))["fetch"] == url


@given(st.text() | st.text('ab=" -'))
def test_never_fails(cmdline: str) -> None:
    for key, value in parameters(cmdline):
        assert "=" not in key
        assert not any(category(each) == "Cc" for each in key + (value or ""))


@given(st.lists(st.text("abc.=", min_size=1)))
def test_unquoted_words_stay_themselves(words: list[str]) -> None:
    found = parameters(" ".join(words))
    assert [key if value is None else f"{key}={value}" for key, value in found] == words


def test_reads_an_environment_block() -> None:
    block = b"HOME=/\0autoserver_dir=autosvr\0TERM=linux\0TERM=dumb\0empty=\0rd.x\0=odd\0"
    assert environ(block) == {
        "HOME": "/",
        "autoserver_dir": "autosvr",
        "TERM": "linux",
        "empty": "",
    }


@given(st.binary())
def test_any_block_is_an_environment(block: bytes) -> None:
    assert len(environ(block)) <= block.count(b"=")

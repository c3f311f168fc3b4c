from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse.subhosts_list import SIZE_LIMIT, autostart


def test_every_word_of_a_line_without_a_hash_is_a_configuration() -> None:
    text = (
        b"# started at boot\n"
        b"/opt/a/a.conf   /opt/b/b.conf\n"
        b"\t/opt/c/c.conf\r\n"
        b"/opt/off/off.conf # not now\n"
        b"/opt/we#ird.conf\n"
        b"relative.conf"
    )
    assert autostart(text) == ("/opt/a/a.conf", "/opt/b/b.conf", "/opt/c/c.conf", "relative.conf")


@pytest.mark.parametrize("text", [b"", b"\n\n", b"#", b"  \t"])
def test_nothing_listed(text: bytes) -> None:
    assert autostart(text) == ()


def test_a_list_too_large_is_refused_rather_than_cut() -> None:
    assert len(autostart(b"a " * (SIZE_LIMIT // 2))) == SIZE_LIMIT // 2
    with pytest.raises(Unparsable):
        autostart(b"a " * (SIZE_LIMIT // 2) + b"b")


@given(st.binary())
def test_any_bytes_give_inert_words(text: bytes) -> None:
    assert not re.search(r"[\x00-\x20\x7f-\x9f#]", "".join(autostart(text)).replace(" ", "_"))

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.destination import Destination, chain, destination


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web1", Destination("web1")),
        ("web1:2222", Destination("web1", None, 2222)),
        ("root@10.0.0.1", Destination("10.0.0.1", "root")),
        ("root@10.0.0.1:22", Destination("10.0.0.1", "root", 22)),
        ("me@corp@web1", Destination("web1", "me@corp")),
        ("::1", Destination("::1")),
        ("fe80::1%eth0", Destination("fe80::1%eth0")),
        ("[::1]", Destination("::1")),
        ("[fe80::1%eth0]:2222", Destination("fe80::1%eth0", None, 2222)),
        ("root@[::1]:65535", Destination("::1", "root", 65535)),
        ("ssh://root@web1:22/", Destination("web1", "root", 22)),
    ],
)
def test_what_ssh_would_be_given(text: str, found: Destination) -> None:
    assert destination(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "an address is missing"),
        ("root@", "an address is missing"),
        ("@web1", "a login name is missing"),
        ("-oProxyCommand=x", "begins with -"),
        ("root@-x", "begins with -"),
        ("-l@web1", "begins with -"),
        ("a b", "holds ' '"),
        ("a\nb", r"holds '\n'"),
        ("a\x1b[2J", r"holds '\x1b'"),
        ("a\u202eb", r"holds '\u202e'"),
        ("$(id)", "holds '$'"),
        ("a;id", "holds ';'"),
        ("r`id`@web1", "holds '`'"),
        ("web1:0", "no port"),
        ("web1:65536", "no port"),
        ("web1:ssh", "no port"),
        ("web1:\u0665", "no port"),
        ("[::1", "does not close"),
        ("[::1]22", "does not close"),
        ("a" * 256, "too long"),
    ],
)
def test_what_could_be_taken_for_something_else_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        destination(text)


def test_a_chain_of_jump_hosts() -> None:
    assert chain("a@j1:2200,[::1]:33") == (
        Destination("j1", "a", 2200),
        Destination("::1", None, 33),
    )
    assert chain("none") == ()
    with pytest.raises(ValueError, match="missing"):
        chain("j1,,j2")


@given(st.text(max_size=40))
def test_any_text_is_a_destination_or_refused(text: str) -> None:
    try:
        found = destination(text)
    except ValueError:
        return
    assert found.address and not found.address.startswith("-")
    assert found.address.isprintable() and not set(found.address) & set(" ;&|$`'\"<>")
    assert found.port is None or 1 <= found.port <= 65535

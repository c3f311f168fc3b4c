from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.ssh_aliases import Aliases, aliases

CONFIG = """
# Host commented
Include config.d/*.conf "/etc/with blank"
Host edge-1 edge-2   # Host edge-3
  HostName 10.0.0.1
host=Web1
Host "quoted" 'x
Host *.lab !db.lab
Match host m1
Host *
Host !only
Host
Hostname nothost
HOST   edge-1	late
"""


def test_names_in_order_each_once() -> None:
    found = aliases(CONFIG)
    assert found.names == ("edge-1", "edge-2", "Web1", "quoted", "'x", "late")
    assert found.includes == ("config.d/*.conf", "/etc/with blank")


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("edge-1", True),
        ("web.lab", True),
        ("WEB.lab", True),
        ("db.lab", False),
        ("edge-9", False),
        ("anything", False),
        ("m1", False),
        ("only", False),
    ],
)
def test_a_word_that_a_line_speaks_of(word: str, known: bool) -> None:
    assert aliases(CONFIG).match(word) is known


def test_a_star_beside_an_exception_still_names_nobody() -> None:
    assert not aliases("Host * !bastion").match("web1")


def test_files_add_up() -> None:
    both = aliases("Host a b") + aliases("Host b c *.x")
    assert both == Aliases(("a", "b", "c"), (("b", "c", "*.x"),), ())


@given(st.text('Hostinclude "=*!#\n\tab', max_size=80))
def test_any_text_is_a_configuration(text: str) -> None:
    found = aliases(text)
    assert all(found.match(name) for name in found.names)

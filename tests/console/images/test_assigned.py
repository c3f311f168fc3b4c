"""What hosts are to boot, as it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import ConsoleError, Unparsable
from console.images.assigned import LARGEST, Named, assignments, image_of, named, written

ASSIGNED = {Clean("@web"): Clean("main:web"), Clean("db1"): Clean("db/1")}


def test_what_is_written_is_read() -> None:
    assert written(ASSIGNED) == b"@web main:web\ndb1 db/1\n"
    assert assignments(written(ASSIGNED), "file") == ASSIGNED


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"db1\n", "file:1"),
        (b"db1 db/1\ndb1 db/2\n", "file:2"),
        (b"db1 db/1 x\n", "file:1"),
        (b"db1 db/../x\n", "file:1"),
        (b"db/1 db/1\n", "file:1"),
        (b"-x db/1\n", "file:1"),
        (b"\xff db/1/2\n", "file:1"),
        (b"x" * (LARGEST + 1), "file"),
    ],
)
def test_a_line_that_is_none_is_named(text: bytes, place: str) -> None:
    with pytest.raises(Unparsable) as raised:
        assignments(text, "file")
    assert str(raised.value).startswith(f"{place}: expected ")


@given(st.binary(max_size=60))
def test_anything(text: bytes) -> None:
    try:
        found = assignments(text, "file")
    except Unparsable:
        return
    assert assignments(written(found), "file") == found


def test_parts_of_a_word() -> None:
    assert named("web") == Named(None, Clean("web"), None)
    assert named("main:web/1.2") == Named(Clean("main"), Clean("web"), Clean("1.2"))


def test_tags_that_agree_are_one_word() -> None:
    both = {Clean("@a"): Clean("web"), Clean("@b"): Clean("web")}
    assert image_of(both, "x", ["a", "b"]) == "web"
    assert image_of(both, "x", []) is None
    with pytest.raises(ConsoleError, match="x is assigned db by @c and web by @b"):
        image_of({**both, Clean("@c"): Clean("db")}, "x", ["a", "b", "c"])

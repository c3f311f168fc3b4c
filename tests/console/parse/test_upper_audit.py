"""What the programs tell that look at layers, and what is made of it when names lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import Unparsable
from console.parse.upper_audit import upper_audit
from console.survey import Hiding, UpperAudit


def test_all_of_it() -> None:
    said = (
        b"digest " + b"0a" * 32 + b"\nmachine new 023e00\nmachine old 012800\n"
        b"opaque 3 ./usr/share\nshadow 4096 ./etc/a b\nshadow 1 ./\xff\nwhiteout 0 .\n"
        b"found 2 4097 1 1 0 12 cut\n"
    )
    assert upper_audit(said) == UpperAudit(
        worst=(
            Hiding(Clean("opaque"), 3, Clean("/usr/share")),
            Hiding(Clean("shadow"), 4096, Clean("/etc/a b")),
            Hiding(Clean("shadow"), 1, Clean("/\ufffd")),
            Hiding(Clean("whiteout"), 0, Clean("/")),
        ),
        shadows=2,
        shadow_bytes=4097,
        whiteouts=1,
        opaque=1,
        moved=0,
        folders=12,
        complete=False,
        machine=Clean("023e00"),
        old_machine=Clean("012800"),
        digest=Clean("0a" * 32),
    )


def test_no_getfattr_and_all_of_it() -> None:
    found = upper_audit(b"found 0 0 0 0 - 1 \n")
    assert (found.moved, found.complete, found.machine) == (None, True, None)


@given(st.binary())
def test_anything(said: bytes) -> None:
    with pytest.raises(Unparsable):
        upper_audit(said.replace(b"found", b""))
    assert upper_audit(said.replace(b"found", b"") + b"\nfound 0 0 0 0 - 1 \n").folders == 1

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse.proc_stat import proc_stat

FIELDS = b" ".join(str(number).encode() for number in range(4, 53))


@given(st.binary(max_size=15), st.sampled_from("RSDZ"))
def test_any_name_is_told_from_the_fields(name: bytes, state: str) -> None:
    found = proc_stat(b"7 (" + name + b") " + state.encode() + b" " + FIELDS + b"\n")
    assert found == (7, name, state, 4, 14 + 15, 22, 24, 28)


@given(st.binary())
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(Unparsable):
        proc_stat(line)


def test_the_kernel_writes_what_is_read() -> None:
    found = proc_stat(Path("/proc/self/stat").read_bytes())
    assert (found.pid, found.parent, found.state) == (os.getpid(), os.getppid(), "R")
    assert found.name == Path("/proc/self/comm").read_bytes().rstrip(b"\n")
    assert found.stack > 0

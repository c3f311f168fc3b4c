from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse.maps import devices

BEFORE = "00400000-00401000 r--p 00000000 07:00 6   /rofs_root/usr/bin/busybox\n"
AFTER = "00400000-00401000 r--p 00000000 07:00 6   /usr/bin/busybox\n"


@pytest.mark.parametrize("text", [BEFORE, AFTER])
def test_a_swap_of_the_image_leaves_the_old_device(text: str) -> None:
    assert devices(text) == {(7, 0)}


def test_memory_of_its_own_is_of_no_device() -> None:
    assert devices("7ffd1000-7ffd2000 rw-p 00000000 00:00 0   [stack]\n") == frozenset()


def test_this_process() -> None:
    binary = Path("/proc/self/exe").stat().st_dev
    assert (binary >> 8 & 0xFFF, binary & 0xFF) in devices(Path("/proc/self/maps").read_text())


@given(st.text())
def test_any_text_is_devices_or_unparsable(text: str) -> None:
    try:
        devices(text)
    except Unparsable as error:
        assert error.source == "maps"

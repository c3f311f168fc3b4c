from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.kmsg import store_failures


@pytest.mark.parametrize(
    "message",
    [
        "device-mapper: snapshots: Invalidating snapshot: Unable to allocate exception.",
        "device-mapper: snapshots: Invalidating snapshot: Error reading/writing.",
        "device-mapper: snapshots: Snapshot overflowed: Unable to allocate exception.",
        "device-mapper: thin: 254:0: switching pool to out-of-data-space (queue IO) mode",
        "loop: Write error at byte offset 4247552, length 1024.",
    ],
)
def test_says_why_a_store_failed(message: str) -> None:
    log = f"[    1.0] usb 1-1: new device\n[   12.3] {message}\n[   13.0] eth0: link up\n"
    assert store_failures(log) == (message,)


@given(st.text())
def test_any_text_gives_inert_lines(text: str) -> None:
    assert all(line.isprintable() for line in store_failures(text))

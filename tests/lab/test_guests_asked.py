"""Who fills the store of a live root, found with what an initramfs and busybox have."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from console import places
from console.blame import blamed
from console.clean import Clean
from console.holdings import Holdings
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.test_guests_seen import look, watched

pytestmark = NEEDS_LAB

HOST, STORE = Clean(""), Clean("dm:live-rw")
FILL = (
    "while :; do dd if=/dev/zero of=/filling bs=4096 count=8 conv=notrunc,fsync; sleep 0.2; done"
)
"""Writes the same blocks again and again: the store, which never shrinks, hardly fills."""


@pytest.mark.skipif("LEAKS" not in os.environ, reason="takes a while: make leaks")
@pytest.mark.parametrize("guest", ["dracut-po-bare"], indirect=True)
async def test_who_fills_a_snapshot(guest: Guest) -> None:
    guest.ssh(f"sh -c '{FILL}' >/dev/null 2>&1 </dev/null & echo $! >/run/filler")
    filler = int(guest.ssh("cat /run/filler"))
    try:
        async with watched(guest) as backend:
            host = await look(backend)
            wanted = replace(places.request(host, HOST, STORE, 600.0), seconds=60.0)
            traced = await backend.hands.trace(wanted)
            holdings = Holdings(traced.terrain, traced.scan, None, wanted.since)
            report = blamed(host, HOST, STORE, traced, holdings)
    finally:
        guest.ssh(f"kill {filler}; rm /filling")
    first = report.writers[0]
    assert (first.pid, first.counter) == (filler, "write_bytes")
    assert report.complete
    assert "/filling" in {each.merged for each in report.files}
    # What the image brought lies in the origin, and takes no room in the store.
    uptime = host.boot.uptime if host.boot else None
    assert uptime is not None
    assert all(each.changed is not None and each.changed < uptime + 60 for each in report.files)

"""What a guest itself says, asked by OpenSSH's own client and told by the guest's own tools."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.lab.guests.fleet import Guest

SECTOR = 512

_AT = "/run/initramfs"
DMSETUP = (
    f"LD_LIBRARY_PATH={_AT}/lib/x86_64-linux-gnu {_AT}/lib64/ld-linux-x86-64.so.2 {_AT}/dmsetup"
)
"""A dmsetup that the initramfs has left where even a root that is lost or bare has it."""


@dataclass(frozen=True, slots=True)
class Room:
    """A filesystem as statfs(2) tells it: bytes and inodes."""

    total: int
    free: int
    available: int
    inodes: int
    inodes_free: int


def room(guest: Guest, path: str) -> Room:
    """Return how full the filesystem that holds ``path`` is."""
    size, *numbers = map(int, guest.ssh(f"stat -f -c '%S %b %f %a %c %d' '{path}'").split())
    total, free, available, inodes, inodes_free = numbers
    return Room(total * size, free * size, available * size, inodes, inodes_free)


def dm_status(guest: Guest) -> str:
    """Return what dmsetup prints of the exception store, without the name of the device."""
    return guest.ssh(f"{DMSETUP} status {guest.style.store}").strip()


def stored(guest: Guest) -> int | str:
    """Return the bytes in the exception store, or its fault: ``Invalid``, ``Overflow``."""
    said = dm_status(guest)
    found = re.fullmatch(r"0 \d+ snapshot (?:(\d+)/\d+ \d+|(\w+))", said)
    assert found, said
    return int(found[1]) * SECTOR if found[1] else found[2]


def running(guest: Guest) -> frozenset[str]:
    """Return the names of the subhosts that run: their first processes are called by them."""
    each = '[ "$(cat $each/comm)" != .reaper ] || cat $each/cmdline'
    words = guest.ssh(f"(for each in /proc/[0-9]*; do {each}; done) 2>/dev/null").split("\0")
    return frozenset(words[1::2])

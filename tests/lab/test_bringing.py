"""A set that a snapshot's store has no room for is refused, whatever its filesystem promises."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backends.ssh.backend import SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from console.clean import Clean
from console.errors import ConsoleError
from console.images.staged import StagedFile, StagedImage
from console.turnstile import Turnstile
from tests.lab.growing import SLOW_MACHINE
from tests.lab.guests.fleet import NEEDS_LAB, Guest

pytestmark = NEEDS_LAB
FOLDER = "/var/lib/subdeck/images/edge/10-0123456789ab"


async def nothing(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
    raise AssertionError("it was to be refused before")
    yield b""


def free(guest: Guest) -> tuple[int, int]:
    """Return the bytes that the root filesystem has free, and those that its store has."""
    blocks, size = map(int, guest.ssh("stat -f -c '%a %S' /").split())
    used, _, sectors = guest.ssh("dmsetup status live-rw").split()[3].partition("/")
    return blocks * size, (int(sectors) - int(used)) * 512


@pytest.mark.parametrize("guest", ["dracut-po"], indirect=True)
async def test_it_is_refused_before_a_byte_is_sent(guest: Guest) -> None:
    promised, left = free(guest)
    size = left + (1 << 20)
    assert size < promised
    file = StagedFile(Clean("squashfs"), Clean(f"{FOLDER}/root"), size, Clean("0" * 64))
    image = StagedImage(Clean("edge"), Clean("10"), (file,), folder=Clean(FOLDER))
    bastion = Bastion(Turnstile(2), OpenSSH(guest.config))
    backend = SshBackend(guest.entry, bastion, (), SLOW_MACHINE)
    try:
        with pytest.raises(ConsoleError, match="has room for"):
            await backend.hands.stage(image, nothing, print)
    finally:
        await backend.close()
        await bastion.close()
    guest.ssh("rm -r /var/lib/subdeck")

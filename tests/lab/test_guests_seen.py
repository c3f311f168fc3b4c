"""Every way a live host boots, in a machine of its own, and what is seen of it over SSH."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from backends.ssh.backend import SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from console.clean import Clean
from console.config import Thresholds
from console.derive import derive
from console.errors import Unreachable
from console.model import Host, Kind, Level, Running, State
from console.turnstile import Turnstile
from tests.lab.guests.facts import room, running, stored
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.looking import sampled
from tests.lab.guests.styles import TESTED

pytestmark = NEEDS_LAB

SLOW_MACHINE = 10.0
"""Seconds between looks as the backend is told, so that its patience fits an emulated host."""


def judge(*_: object) -> Thresholds:
    return Thresholds()


@asynccontextmanager
async def watched(guest: Guest) -> AsyncIterator[SshBackend]:
    bastion = Bastion(Turnstile(2), OpenSSH(guest.config))
    backend = SshBackend(guest.entry, bastion, ("/opt/*/*.conf",), SLOW_MACHINE)
    try:
        yield backend
    finally:
        await backend.close()
        await bastion.close()


async def look(backend: SshBackend) -> Host:
    return derive(Clean("guest"), await sampled(backend), None, judge)


def level(host: Host, id_: str) -> Level:
    found = {each.id: each for each in host.levels}
    return found[Clean(id_)]


async def test_a_guest_is_what_it_says_it_is(guest: Guest) -> None:
    style = guest.style
    async with watched(guest) as backend:
        host = await look(backend)
        assert host.boot
        assert host.boot.style is style.found
        assert host.boot.boot_id == guest.boot_id()
        _image_is(host, guest)
        for id_, bound in style.levels.items():
            _level_is(level(host, id_), bound, guest)
        states = {each.name: each.state for each in host.subhosts}
        assert running(guest) == style.running
        assert {name for name, state in states.items() if state is Running.RUNNING} == running(
            guest
        )
        assert {
            name for name, state in states.items() if state is Running.STOPPED
        } == style.stopped
        assert not [cable.fault for each in host.subhosts for cable in each.cables if cable.fault]


def _image_is(host: Host, guest: Guest) -> None:
    expected, image = guest.style.image, host.boot.image if host.boot else None
    if expected is None:
        assert image is None
        return
    assert image
    assert (image.name, image.version, image.source) == (
        expected.name,
        expected.version,
        expected.source,
    )


def _level_is(found: Level, bound: str | None, guest: Guest) -> None:
    if bound is None:
        assert found.limit is None
        return
    assert found.limit
    assert found.limit.bound_by == bound
    if found.kind is not Kind.DM_SNAPSHOT:  # of which the next test tells
        said = room(guest, str(found.mount))
        assert found.total == said.total
        assert found.inodes_total == (said.inodes or None)
        assert found.used is not None
        assert abs(found.used - (said.total - said.free)) < 1 << 20


STORES = {
    "dracut-po": "Overflow",
    "dracut-po-bare": "Overflow",
    "dracut-n": "Invalid",
    "dracut-n-bare": "Invalid",
    "dracut-p": "Invalid",
    "dracut-p-bare": "Invalid",
}


@pytest.mark.parametrize("guest", ["ram-ramfs"], indirect=True)
async def test_a_reboot_is_told_by_another_boot_id(guest: Guest) -> None:
    async with watched(guest) as backend:
        before = (await look(backend)).boot
        await asyncio.to_thread(guest.reboot)
        with contextlib.suppress(Unreachable):  # what was left of the old connection
            await look(backend)
        after = (await look(backend)).boot
    assert before
    assert after
    assert after.boot_id == guest.boot_id() != before.boot_id
    assert (after.uptime or 0) < (before.uptime or 0) + 60


@pytest.mark.parametrize("guest", [name for name in STORES if name in TESTED], indirect=True)
async def test_a_store_is_followed_until_it_is_lost(guest: Guest) -> None:
    async with watched(guest) as backend:
        seen: list[int] = []
        for _ in range(STEPS):
            used = await _settled(backend, guest)
            if isinstance(used, str):
                break
            assert not seen or used >= seen[-1], "a store never shrinks"
            seen.append(used)
            await asyncio.to_thread(_write, guest)
        assert used == STORES[guest.name]
        assert len(seen) > 2
        lost = level(await look(backend), "dm:live-rw")
        assert lost.state is State.LOST
        assert lost.notes == (f"store is {used}",)
        again = level(await look(backend), "dm:live-rw")
        assert again.state is State.LOST, "it stays so, though hardly a program runs there now"


STEPS = 20
_WRITE = "dd if=/dev/urandom of=/fill.$(cat /proc/sys/kernel/random/uuid) bs=64k count=96; sync"


def _write(guest: Guest) -> None:
    """Write six megabytes; when the store takes no more, that fails."""
    with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
        guest.ssh(_WRITE, 20)


async def _settled(backend: SshBackend, guest: Guest) -> int | str:
    """Return what the store holds, or its fault, once both sides say the same."""
    for _ in range(STEPS):
        found = level(await look(backend), "dm:live-rw")
        said = await asyncio.to_thread(stored, guest)
        if found.used == said or (isinstance(said, str) and found.used is None):
            return said
    raise AssertionError(f"subdeck says {found.used}, dmsetup {said}")

"""Stores that fill are grown over SSH while they are written, and nothing is lost of them."""

from __future__ import annotations

import os

import pytest

from console.jobs import JobState
from console.model import State
from console.plan import Tier
from tests.lab.growing import INTACT, Grower, grower
from tests.lab.guests.fleet import NEEDS_LAB, Guest

pytestmark = NEEDS_LAB

MIB = 1 << 20
GUESTS = ["dracut-n", "dracut-p", "dracut-po"] if "LEAKS" in os.environ else ["dracut-po"]
"""``make leaks`` takes the time for all."""
ROOT = "dm:live-rw"
BEFORE = "find /usr /etc -xdev -type f | head -300 | xargs sha256sum >/run/before"
STRIKE = r"""
device=/sys/block/dm-0/dm/suspended
[ "$(cat /sys/block/dm-0/dm/name)" = live-rw ] || device=/sys/block/dm-1/dm/suspended
(
    trap '' HUP
    while read -r is <$device && [ "$is" = 0 ]; do :; done
    for each in /proc/[0-9]*; do
        words=
        { IFS= read -r words <$each/cmdline; } 2>/dev/null || :
        case $words in */work*) kill -KILL "${each#/proc/}" ;; esac
    done
    while read -r is <$device && [ "$is" = 1 ]; do :; done
    true >/run/struck
) </dev/null >/dev/null 2>&1 &
"""
"""Kills who works while the root is suspended, by nothing but what a shell has in itself."""


@pytest.mark.parametrize("guest", GUESTS, indirect=True)
async def test_a_root_that_is_written_is_grown_before_it_is_full(guest: Guest) -> None:
    async with grower(guest) as grow:
        await grow.ssh(BEFORE)
        await grow.write("/root", 30)
        if guest.name == "dracut-po":
            await struck_while_suspended(grow)
        await grow.done(ROOT, 48 * MIB)
        assert await grow.written() == 30, "no write failed, though 24 MiB were all there was"
        found = await grow.level(ROOT)
        assert (found.total, found.state) != (None, State.LOST)
        assert (found.used or 0) > 24 * MIB
        await grow.ssh(INTACT)
        assert "store1" in await grow.ssh("dmsetup table") or guest.name != "dracut-po"


async def struck_while_suspended(grow: Grower) -> None:
    """Kill what works while the root is suspended: another resumes it, and all is taken back."""
    plan = await grow.plan(ROOT, 40 * MIB)
    assert plan.tier is Tier.INTERRUPTS
    assert any(each.startswith("if everything fills: ") for each in plan.consequences)
    await grow.ssh(STRIKE)
    job = await grow.ended(await grow.begin(plan))
    assert job.state in {JobState.UNDONE, JobState.DONE}, await grow.told(job.id)
    await grow.ssh("until [ -e /run/struck ]; do sleep 0.1; done")
    said = await grow.ssh("dmsetup info -c --noheadings -o name,suspended; ls /run/subdeck/stores")
    assert "Suspended" not in said

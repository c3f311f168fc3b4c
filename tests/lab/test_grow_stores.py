"""Every sort of store in one guest: what can be grown is, over SSH, and what cannot is refused."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

import pytest

from console.clean import Clean
from console.config import Thresholds
from console.errors import ConsoleError
from console.jobs import JobState, Settling
from console.model import State
from console.observed import level
from console.trends import Trends
from tests.lab.growing import WRITTEN, Grower, grower
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.kernel import program

pytestmark = [*NEEDS_LAB, pytest.mark.parametrize("guest", ["dracut-po"], indirect=True)]

MIB = 1 << 20
SEEN = 30.0
"""Seconds of samples from which on a forecast is held to its band."""
ALL = os.environ.get("LEAKS") == "all"
"""Whether to take the time that all kills take."""


@pytest.fixture
async def grow(guest: Guest) -> AsyncIterator[Grower]:
    async with grower(guest) as grow:
        yield grow


async def test_a_store_that_has_overflown_is_written_again(grow: Grower) -> None:
    await grow.stage("store over PO 6; rm $at/over")
    kept = await grow.stage("write $at/on-over/kept 2; write $at/on-over/more 8 >/dev/null")
    assert (await grow.level("dm:over")).state is State.LOST
    plan = await grow.plan("dm:over", 16 * MIB)
    assert any("is lost" in each for each in plan.consequences)
    await grow.done("dm:over", 16 * MIB)
    new = await grow.stage("write $at/on-over/new 4")
    said = await grow.stage(
        "sync; echo 3 >/proc/sys/vm/drop_caches; for each in kept new; do"
        " sha256sum <$at/on-over/$each; done; gone over >/dev/null 2>&1",
    )
    assert said == kept + new


GAVE_UP = """
truncate -s 24M $at/journaled; mkfs.ext4 -q -J size=1 $at/journaled
losetup -r $(losetup -f) $at/journaled; origin=$at/journaled store gave PO 6
write $at/on-gave/kept 1
write $at/on-gave/more 8 >/dev/null
number=0
while mkdir $at/on-gave/$number && [ $number -lt 200 ]; do
    number=$((number + 1)); sync
done 2>/dev/null
"""
WRITES = "mount -o remount,rw $at/on-gave; true >$at/on-gave/new && echo yes || echo no"
REMEDY = """
umount $at/on-gave
/run/e2fsck -fy /dev/mapper/gave >&2 || [ $? -eq 1 ]
mount -t ext4 /dev/mapper/gave $at/on-gave
"""


async def test_what_a_filesystem_takes_that_has_given_up_is_told_and_helps(grow: Grower) -> None:
    await grow.put("/run/e2fsck", program("e2fsck").read_bytes())
    kept = await grow.stage(GAVE_UP)
    plan = await grow.plan("dm:gave", 16 * MIB)
    remedy = "umount /run/stage/on-gave, e2fsck -f /dev/mapper/gave, and mount it again"
    assert any(remedy in each for each in plan.consequences)
    job = await grow.done("dm:gave", 16 * MIB)
    assert f"given up for good: {remedy}" in await grow.told(job.id)
    assert await grow.stage(f"{WRITES} 2>/dev/null") == "no\n"
    assert await grow.stage(f"{REMEDY}{WRITES}; sha256sum <$at/on-gave/kept") == f"yes\n{kept}"
    await grow.stage("set +e; gone gave >/dev/null 2>&1; losetup -d $(loop $at/journaled)")


async def test_writers_that_wait_for_a_full_pool_go_on(grow: Grower) -> None:
    await grow.stage("pool thin")
    await grow.stage(
        "(write /dev/mapper/volume-thin 12 >/run/sum; touch /run/written) </dev/null >&- 2>&- &"
        " until dmsetup status --noflush thin | grep -q out_of_data_space; do sleep 0.1; done",
    )
    assert (await grow.level("dm:thin")).state is State.FULL
    await grow.done("dm:thin", 16 * MIB)
    said = await grow.stage(
        "until [ -e /run/written ]; do sleep 0.1; done; cat /run/sum;"
        " dd if=/dev/mapper/volume-thin bs=64k count=192 iflag=direct 2>/dev/null | sha256sum;"
        " gone thin >/dev/null 2>&1",
    )
    written, read = said.splitlines()
    assert written == read


async def test_what_nothing_can_grow_is_refused_with_the_reason(grow: Grower) -> None:
    await grow.stage(
        "store vain N 6; rm $at/vain; store lost P 6; write $at/on-lost/a 8 >/dev/null;"
        " mkdir -p $at/ram $at/o $at/u $at/w; mount -t ramfs ramfs $at/ram;"
        " mkdir -p /srv/u /srv/w; mount -t overlay o -o lowerdir=/etc,upperdir=/srv/u,"
        "workdir=/srv/w $at/o",
    )
    wanted = {
        "dm:vain": "discards all changes at once",
        "dm:lost": "is Invalid",
        "tmpfs:/run/stage/ram": "memory is what runs out",
        "overlay:/run/stage/o": "is on fs:/",
        "fs:/": "is as large as its device",
        "tmpfs:/run/stage": "of memory are available",
    }
    for id_, said in wanted.items():
        size = 16 * MIB if id_ != "tmpfs:/run/stage" else 1 << 40
        (told,) = (await grow.plan(id_, size)).obstacles
        assert said in told.text, (id_, told)
    await grow.stage(
        "umount $at/o $at/ram; gone vain >/dev/null 2>&1; gone lost >/dev/null 2>&1",
    )


STRIKE = """
(
    trap '' HUP
    number=$(dmsetup info -c --noheadings -o minor hit)
    suspended=/sys/block/dm-$number/dm/suspended
    jobs=/run/subdeck/jobs
    {victim}
    while read -r is <$suspended && [ "$is" = 1 ]; do :; done
    true >/run/struck
) </dev/null >/dev/null 2>&1 &
"""
KILL_SHELL = """
until [ -s $jobs/{job}/pid ] && grep -q ' step {step}$' $jobs/{job}/journal; do :; done 2>/dev/null
sleep {delay}
while read -r pid _; do :; done <$jobs/{job}/pid
kill -KILL $pid
"""
KILL_WORKER = """
while read -r is <$suspended && [ "$is" = 0 ]; do :; done
for each in /proc/[0-9]*; do
    words=
    {{ IFS= read -r words <$each/cmdline; }} 2>/dev/null || :
    case $words in */work*) kill -KILL ${{each#/proc/}} ;; esac
done
"""
KILL_SERVER = """
until grep -q ' step {step}$' $jobs/{job}/journal; do :; done 2>/dev/null
for each in $(pgrep sshd); do [ "$(cut -d' ' -f4 /proc/$each/stat)" = 1 ] || kill -KILL $each; done
"""
STRIKES = [("shell", step, tenth / 10) for step in (1, 2, 3, 4) for tenth in range(0, 20, 3)]
STRIKES += [("worker", 3, 0.0)] * 5 + [("server", step, 0.0) for step in (1, 2, 3, 4)]


@pytest.mark.skipif(not ALL, reason="takes minutes: make leaks")
@pytest.mark.parametrize(("who", "step", "delay"), STRIKES)
async def test_whoever_is_killed_nothing_is_lost_nor_left_suspended(
    grow: Grower, who: str, step: int, delay: float
) -> None:
    await grow.stage("store hit PO 8; rm $at/hit; true >/run/struck; rm /run/struck")
    await grow.write("/run/stage/on-hit", 12)
    plan = await grow.plan("dm:hit", 18 * MIB)
    job = grow.name()
    victim = {
        "shell": KILL_SHELL.format(job=job, step=step, delay=delay),
        "worker": KILL_WORKER.format(),
        "server": KILL_SERVER.format(job=job, step=step),
    }[who]
    await grow.ssh(STRIKE.replace("{victim}", victim))
    with contextlib.suppress(ConsoleError):
        await grow.begin(plan, job)
    waiting = "until [ -e /run/struck ]; do sleep 0.1; done"
    with contextlib.suppress(AssertionError):  # the strike may end this one too
        await grow.ssh(waiting)
    await grow.ssh(waiting)
    for _ in range(50):
        state = await grow.settled(job)
        if state is not JobState.RUNNING:
            break
        await asyncio.sleep(0.5)
    if state is JobState.KILLED:
        await grow.settle(job, Settling.FINISH)
    elif state is not JobState.DONE:
        assert state is JobState.UNDONE
        await grow.done("dm:hit", 18 * MIB)
    assert await grow.written() == 12
    assert "Suspended" not in await grow.ssh("dmsetup info -c --noheadings -o name,suspended")
    await grow.ssh(WRITTEN)
    await grow.stage("gone hit >/dev/null 2>&1")


STEADY = """
(
    number=0
    while [ $number -lt 200 ]; do
        dd if=/dev/urandom of=/run/bit bs=64k count=2
        dd if=/run/bit of=/run/stage/on-slow/$number bs=64k conv=fsync || break
        number=$((number + 1))
        sleep 0.4
    done
) </dev/null >/dev/null 2>&1 &
"""


@pytest.mark.skipif(not ALL, reason="takes minutes: make leaks")
async def test_the_moment_is_in_the_band_as_soon_as_30_seconds_were_seen(grow: Grower) -> None:
    await grow.stage(f"store slow PO 20{STEADY}")
    trends = Trends(None)
    begun: float | None = None
    told: list[tuple[float, tuple[float, float | None]]] = []
    while True:
        host = await trends.followed(await grow.host(), lambda *_: Thresholds())
        found = level(host, Clean(""), Clean("dm:slow"))
        assert found
        begun = host.at if begun is None else begun
        if found.state is State.LOST:
            break
        forecast = found.forecast
        if forecast and forecast.band and host.at - begun >= SEEN:
            told.append((host.at, forecast.band))
        last = host.at
        await asyncio.sleep(1)
    print(*((round(last - at), band) for at, band in told))  # noqa: T201 to be read where it fails
    await grow.stage("gone slow >/dev/null 2>&1")
    assert len(told) > 3
    missed = [
        (at, band)
        for at, band in told
        if not band[0] <= host.at - at or (band[1] is not None and last - at > band[1])
    ]
    assert not missed

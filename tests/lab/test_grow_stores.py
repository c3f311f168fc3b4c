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

pytestmark = [*NEEDS_LAB, pytest.mark.parametrize("guest", ["dracut-po"], indirect=True)]

MIB = 1 << 20
SEEN = 30.0
"""Seconds of samples from which on a forecast is held to its band."""
ALL = os.environ.get("LEAKS") == "all"
"""Whether to take the time that all kills take."""
STAGE = """
set -e
at=/run/stage
[ -d $at ] || {
    mkdir $at; mount -t tmpfs -o size=64M stage $at
    truncate -s 24M $at/origin; mkfs.ext4 -q -O ^has_journal $at/origin
    losetup -r $(losetup -f) $at/origin
}
loop() { # FILE: prints its device
    for each in /sys/block/loop*/loop/backing_file; do
        read -r file <$each && [ "${file% (deleted)}" = "$1" ] && each=${each%/loop/*} && break
    done
    echo /dev/${each##*/}
}
store() { # NAME TYPE MEGABYTES
    truncate -s $3M $at/$1
    losetup $(losetup -f) $at/$1
    echo "0 49152 snapshot $(loop $at/origin) $(loop $at/$1) $2 8" |
        dmsetup create --noudevsync $1
    dmsetup mknodes
    mkdir -p $at/on-$1
    mount -t ext4 /dev/mapper/$1 $at/on-$1
}
pool() { # NAME: with a volume of it
    truncate -s 2M $at/meta-$1
    truncate -s 8M $at/$1
    losetup $(losetup -f) $at/meta-$1
    losetup $(losetup -f) $at/$1
    echo "0 16384 thin-pool $(loop $at/meta-$1) $(loop $at/$1) 128 0 1 skip_block_zeroing" |
        dmsetup create --noudevsync $1
    dmsetup message $1 0 "create_thin 0"
    number=$(dmsetup info -c --noheadings --separator : -o major,minor $1)
    echo "0 65536 thin $number 0" | dmsetup create --noudevsync volume-$1
    dmsetup mknodes
}
write() { # FILE MEGABYTES: and prints its sum as it was meant
    dd if=/dev/urandom of=/run/piece bs=64k count=$(($2 * 16)) 2>/dev/null
    dd if=/run/piece of=$1 bs=64k conv=fsync 2>/dev/null || :
    sha256sum </run/piece
}
gone() { # NAME
    umount $at/on-$1 || :
    for each in $1 volume-$1 $1 $1-store1 $1-store2; do dmsetup remove $each || :; done
    for each in $at/$1 $at/meta-$1 /run/subdeck/stores/$1-1/store; do
        losetup -d $(loop $each) || :
    done
    umount /run/subdeck/stores/$1-1 || :
    rm -rf $at/$1 $at/meta-$1
}
"""


@pytest.fixture
async def grow(guest: Guest) -> AsyncIterator[Grower]:
    async with grower(guest) as grow:
        yield grow


async def stage(grow: Grower, script: str) -> str:
    """Return what a script prints that makes and fills stores."""
    return await grow.ssh(f"{STAGE}\n{script}", 240.0)


async def test_a_store_that_has_overflown_is_written_again(grow: Grower) -> None:
    await stage(grow, "store over PO 6; rm $at/over")
    kept = await stage(grow, "write $at/on-over/kept 2; write $at/on-over/more 8 >/dev/null")
    assert (await grow.level("dm:over")).state is State.LOST
    plan = await grow.plan("dm:over", 16 * MIB)
    assert any("is lost" in each for each in plan.consequences)
    await grow.done("dm:over", 16 * MIB)
    new = await stage(grow, "write $at/on-over/new 4")
    said = await stage(
        grow,
        "sync; echo 3 >/proc/sys/vm/drop_caches; for each in kept new; do"
        " sha256sum <$at/on-over/$each; done; gone over >/dev/null 2>&1",
    )
    assert said == kept + new


async def test_writers_that_wait_for_a_full_pool_go_on(grow: Grower) -> None:
    await stage(grow, "pool thin")
    await stage(
        grow,
        "(write /dev/mapper/volume-thin 12 >/run/sum; touch /run/written) </dev/null >&- 2>&- &"
        " until dmsetup status --noflush thin | grep -q out_of_data_space; do sleep 0.1; done",
    )
    assert (await grow.level("dm:thin")).state is State.FULL
    await grow.done("dm:thin", 16 * MIB)
    said = await stage(
        grow,
        "until [ -e /run/written ]; do sleep 0.1; done; cat /run/sum;"
        " dd if=/dev/mapper/volume-thin bs=64k count=192 iflag=direct 2>/dev/null | sha256sum;"
        " gone thin >/dev/null 2>&1",
    )
    written, read = said.splitlines()
    assert written == read


async def test_what_nothing_can_grow_is_refused_with_the_reason(grow: Grower) -> None:
    await stage(
        grow,
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
    await stage(
        grow,
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
STRIKES = [("shell", 3, 0.0)]
if ALL:
    STRIKES = [("shell", step, tenth / 10) for step in (1, 2, 3, 4) for tenth in range(0, 20, 3)]
    STRIKES += [("worker", 3, 0.0)] * 5 + [("server", step, 0.0) for step in (1, 2, 3, 4)]


@pytest.mark.parametrize(("who", "step", "delay"), STRIKES)
async def test_whoever_is_killed_nothing_is_lost_nor_left_suspended(
    grow: Grower, who: str, step: int, delay: float
) -> None:
    await stage(grow, "store hit PO 8; rm $at/hit; true >/run/struck; rm /run/struck")
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
    await stage(grow, "gone hit >/dev/null 2>&1")


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
    await stage(grow, f"store slow PO 20{STEADY}")
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
    await stage(grow, "gone slow >/dev/null 2>&1")
    assert len(told) > 3
    missed = [
        (at, band)
        for at, band in told
        if not band[0] <= host.at - at or (band[1] is not None and last - at > band[1])
    ]
    assert not missed

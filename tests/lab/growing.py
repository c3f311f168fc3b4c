"""Stores of a guest that are grown over SSH as a console does, while something writes there.

``async with grower(guest) as grow: await grow.done("dm:live-rw", 40 << 20)``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backends.ssh.backend import SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from console.actions.verbs import planned, request
from console.clean import Clean
from console.config import Thresholds
from console.derive import derive
from console.errors import ConsoleError
from console.jobs import Job, JobState, Order, Settling
from console.model import Host, Level
from console.observed import level, ungrown
from console.plan import Plan, Verb, Wish
from console.turnstile import Turnstile
from tests.lab.guests.fleet import Guest
from tests.lab.guests.looking import sampled

SLOW_MACHINE = 10.0
"""Seconds between looks as the backend is told, so that its patience fits an emulated host."""
_LOOKS = 5
"""Until what was done must show."""

WRITER = """
writer() { # FOLDER PIECES: each of a megabyte and noted with its sum, the first few over and over
    n=0
    rm -rf /run/writer; mkdir -p /run/writer/sums
    while [ "$n" -lt "$2" ]; do
        [ -e /run/writer/go ] && k=$n || k=$((n % 6))
        dd if=/dev/urandom of=/run/writer/piece bs=64k count=16
        dd if=/run/writer/piece of="$1/w.$k" bs=64k conv=notrunc,fsync || break
        sum=$(sha256sum </run/writer/piece)
        echo "${sum%% *}  $1/w.$k" >/run/writer/sums/$k
        [ -e /run/writer/go ] && n=$((n + 1)) || n=$(((n + 1) % 6))
        [ ! -e /run/writer/stop ] || break
    done >/run/writer/said 2>&1
    echo "$n" >/run/writer/end
}
"""
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
store() { # NAME TYPE MEGABYTES: of the file $origin where that is set
    truncate -s $3M $at/$1
    losetup $(losetup -f) $at/$1
    echo "0 49152 snapshot $(loop ${origin:-$at/origin}) $(loop $at/$1) $2 8" |
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
"""What makes stores there, fills and removes them; the functions of a shell."""
WRITTEN = """
sync
echo 3 >/proc/sys/vm/drop_caches
cat /run/writer/sums/* | sha256sum -c --quiet
"""
INTACT = f"""{WRITTEN}
sha256sum -c --quiet /run/before
"""


class Grower:
    """What a console does with the stores of one guest."""

    def __init__(self, guest: Guest, backend: SshBackend) -> None:
        self._guest = guest
        self._backend = backend

    async def host(self) -> Host:
        """Return the guest as it is now."""
        facts = await sampled(self._backend)
        return derive(Clean(self._guest.name), facts, None, lambda *_: Thresholds())

    async def level(self, id_: str) -> Level:
        """Return one of its own levels."""
        found = level(await self.host(), Clean(""), Clean(id_))
        assert found, id_
        return found

    async def plan(self, id_: str, size: int) -> Plan:
        """Return the plan that grows one of its own levels."""
        host = await self.host()
        wish = Wish(Verb.GROW, Clean(""), level=Clean(id_), size=size)
        hands = self._backend.hands
        return planned(host, wish, await hands.survey(request(host, wish)))

    def name(self) -> Clean:
        """Return an id for a job."""
        return Clean(f"{time.time_ns()}-{os.getpid()}")

    async def begin(self, plan: Plan, job_id: Clean | None = None) -> Clean:
        """Begin the plan's job and return its id."""
        assert not plan.obstacles, plan.obstacles
        job_id = job_id or self.name()
        await self._backend.hands.launch(Order(job_id, plan, Clean("tester@lab")))
        return job_id

    async def ended(self, job_id: Clean) -> Job:
        """Return a job at its end."""
        jobs = [job async for job in self._backend.hands.follow(job_id)]
        return jobs[-1]

    async def settled(self, job_id: Clean) -> JobState:
        """Return what a job is, by a connection that may have to be made anew."""
        for _ in range(5):
            with contextlib.suppress(ConsoleError):
                return next(
                    job.state for job in await self._backend.hands.jobs() if job.id == job_id
                )
        raise AssertionError("it does not answer")

    async def settle(self, job_id: Clean, how: Settling) -> None:
        """Finish or take back a job that was killed, and see that it came to that."""
        await self._backend.hands.settle(job_id, how)
        job = await self.ended(job_id)
        assert job.state is JobState.DONE, (job, await self.told(job_id))

    async def done(self, id_: str, size: int) -> Job:
        """Grow one of its own levels, and see that it was."""
        job = await self.ended(await self.begin(await self.plan(id_, size)))
        assert job.state is JobState.DONE, (job, await self.told(job.id))
        await self._backend.refresh()  # as whoever began it does
        for _ in range(_LOOKS):
            lacking = ungrown(job, await self.host())
            if lacking is None:
                return job
        raise AssertionError(f"{lacking}: {await self.told(job.id)}")

    async def told(self, job_id: Clean) -> str:
        """Return what a job wrote."""
        folder = f"/run/subdeck/jobs/{job_id}"
        return await self.ssh(f"cat {folder}/journal {folder}/log")

    async def ssh(self, command: str, seconds: float = 120.0) -> str:
        """Return what a command prints there."""
        return await asyncio.to_thread(self._guest.ssh, command, seconds)

    async def stage(self, script: str) -> str:
        """Return what a script prints that makes and fills stores."""
        return await self.ssh(f"{STAGE}\n{script}", 240.0)

    async def put(self, path: str, content: bytes) -> None:
        """Write a file there that may be run."""
        client = ("ssh", "-F", str(self._guest.config), "-o", "BatchMode=yes", self._guest.name)
        write = f"cat >{path}; chmod 700 {path}"
        await asyncio.to_thread(subprocess.run, [*client, write], input=content, check=True)

    async def write(self, folder: str, pieces: int) -> None:
        """Begin to write there, at first but a few megabytes, over and over."""
        await self.ssh(
            f"{WRITER}\n(writer {folder} {pieces}) </dev/null >/dev/null 2>&1 &\n"
            "until [ -e /run/writer/sums/3 ]; do sleep 0.1; done"
        )

    async def written(self) -> int:
        """Let all be written that was to be, and return how many pieces that were."""
        wait = "touch /run/writer/go; until [ -e /run/writer/end ]; do sleep 0.2; done"
        return int(await self.ssh(f"{wait}; cat /run/writer/end", 240.0))


@asynccontextmanager
async def grower(guest: Guest) -> AsyncIterator[Grower]:
    """Watch a guest."""
    bastion = Bastion(Turnstile(2), OpenSSH(guest.config))
    backend = SshBackend(guest.entry, bastion, (), SLOW_MACHINE)
    try:
        yield Grower(guest, backend)
    finally:
        await backend.close()
        await bastion.close()

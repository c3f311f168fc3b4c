"""One console's share of watching many hosts, in a process of its own.

``python -m tests.bench.looker watch|ask|echo CONFIG SECONDS ALIAS...`` says ``ready`` when every
host that can be seen has been, looks on for so many seconds, says ``done``, and prints what that
cost as JSON. ``watch`` is the fleet as the console has it; ``ask`` only fetches the same frames;
``echo`` is asyncssh alone with as many bytes, below which nothing built on it can go.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import asyncssh

from backends.history import History
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from backends.ssh.shell import Shell
from console.clean import Clean
from console.fleet import Fleet, FleetView
from console.inventory import Entry
from console.turnstile import Turnstile
from tests.lab.watching import watching

INTERVAL = 2.0
STORES = b" ".join((b"/", b"/dev", *(b"/mnt/%d" % number for number in range(1, 9))))
"""What ``ask`` wants to know the fill of: as many levels as the budget speaks of."""
FRAME = 280
"""Bytes of a frame where, as on a host at work, memory and two stores are others than before."""
ECHO = f'a=$(printf %{FRAME - 1}s x); while read -r line; do echo "$a"; done'
_TICK = 0.1
"""Seconds between two readings of the ages, by which they are told too great at most; more often
it would keep the caches to itself."""
SETTLED = 240.0
"""Seconds after which a console is nearly as it stays: the first looks, which ask everything, are
over, and a forecast of what fills is worked out anew each half minute, later each minute."""


class Ages:
    """How old each picture had become when the next one came."""

    def __init__(self) -> None:
        self.found: list[float] = []
        self.spent = 0.0
        """CPU seconds this itself has taken."""
        self.first: dict[Clean, float] = {}
        """When each host was seen for the first time."""
        self._at: dict[Clean, float] = {}

    async def read(self, fleet: Fleet) -> None:
        """Look on until cancelled."""
        while True:
            self.take(fleet.view)
            await asyncio.sleep(_TICK)

    def begin(self) -> None:
        """Forget what was until now."""
        self.found, self.spent = [], 0.0

    def take(self, view: FleetView) -> None:
        """Take note of what is new."""
        before = time.thread_time()
        now = time.monotonic()
        for contact in view.contacts:
            if contact.host is not None and contact.host.at != self._at.get(contact.name):
                if contact.name in self._at:
                    self.found.append(now - self._at[contact.name])
                self._at[contact.name] = contact.host.at
                self.first.setdefault(contact.name, now)
        self.spent += time.thread_time() - before

    def missed(self, now: float) -> list[float]:
        """Return how old the pictures are that nothing came after."""
        return [now - at for at in self._at.values()]


async def watch(config: Path, seconds: float, entries: Sequence[Entry]) -> dict[str, float]:
    """Watch as the console does, recording what is seen."""
    empty, began, ages = rss(), time.monotonic(), Ages()
    history = History(config.with_name(f"history-{os.getpid()}.db"))
    async with watching(config, entries, INTERVAL, None, lambda: True, history) as fleet:
        reading = asyncio.create_task(ages.read(fleet.fleet))
        await fleet.until(lambda contact: bool(contact.host or contact.failed), seconds=120)
        await asyncio.sleep(SETTLED)
        tell("ready")
        ages.begin()
        cpu = time.process_time()
        await asyncio.sleep(seconds)
        cpu = time.process_time() - cpu - ages.spent
        tell("done")
        reading.cancel()
        live = [each.host for each in fleet.fleet.view.contacts if each.host is not None]
        found = sorted(ages.found)
        every = found + ages.missed(time.monotonic())
        return {
            "hosts": len(live),
            "levels": sum(len(host.levels) for host in live) / len(live),
            "all levels": sum(len(host.all_levels) for host in live) / len(live),
            "subhosts": sum(len(host.subhosts) for host in live) / len(live),
            "connect": max(ages.first.values()) - began,
            "samples": len(found),
            "cpu": 1000 * cpu / len(found),
            "percent": 100 * cpu / seconds,
            "age p50": found[len(found) // 2],
            "age p99": found[len(found) * 99 // 100],
            "age max": max(every),
            "rss": rss(),
            "per host": (rss() - empty) / len(live),
        }


async def ask(config: Path, seconds: float, entries: Sequence[Entry]) -> dict[str, float]:
    """Fetch frames, evenly over the interval, and do nothing with them."""
    async with connected(config, entries) as (connections, login):
        shells = [await Shell.begun(each, "", 120, 20) for each in connections]
        for shell in shells:
            await shell.ask(b"stores='%s'; fast" % STORES, 20)

        async def turn(shell: Shell) -> None:
            await shell.ask(b"fast", 20)

        return {**await evenly(turn, shells, seconds), **login}


async def echo(config: Path, seconds: float, entries: Sequence[Entry]) -> dict[str, float]:
    """Exchange requests and answers of the size of a frame, evenly over the interval."""
    async with connected(config, entries) as (connections, login):
        opened = [await Echo.opened(each) for each in connections]

        async def turn(session: Echo) -> None:
            await session.ask()

        return {**await evenly(turn, opened, seconds), **login}


class Echo(asyncssh.SSHClientSession[bytes]):
    """The least that a session can do: send a line, and wait for all of the answer."""

    @classmethod
    async def opened(cls, connection: asyncssh.SSHClientConnection) -> Echo:
        """Return one that can be asked."""
        session = cls()
        await connection.create_session(lambda: session, ECHO, encoding=None)
        return session

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel, self._missing = chan, 0
        self._whole = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._missing -= len(data)
        if not self._missing:
            self._whole.set_result(None)

    async def ask(self) -> None:
        """Return when there is an answer."""
        self._missing, self._whole = FRAME, asyncio.get_running_loop().create_future()
        self._channel.write(b"fast; over 1234\n")
        await self._whole


T = TypeVar("T")


@asynccontextmanager
async def connected(
    config: Path, entries: Sequence[Entry]
) -> AsyncIterator[tuple[list[asyncssh.SSHClientConnection], dict[str, float]]]:
    """Log in everywhere; give the CPU milliseconds that each took and the seconds of all."""
    bastion = Bastion(Turnstile(32), OpenSSH(config))
    cpu, began = time.process_time(), time.monotonic()
    there = await asyncio.gather(*(bastion.connect(entry) for entry in entries))
    cpu, took = time.process_time() - cpu, time.monotonic() - began
    try:
        yield (
            [each.connection for each in there],
            {
                "login": 1000 * cpu / len(there),
                "logged in": took,
            },
        )
    finally:
        for held in there:
            held.release()
        await bastion.close()


async def evenly(
    turn: Callable[[T], Awaitable[None]], hosts: Sequence[T], seconds: float
) -> dict[str, float]:
    """Take a turn with each in every interval, and return what one costs."""
    turns = 0

    async def beat(host: T, phase: float) -> None:
        nonlocal turns
        await asyncio.sleep(phase * INTERVAL)
        while True:
            due = asyncio.get_running_loop().time() + INTERVAL
            await turn(host)
            turns += 1
            await asyncio.sleep(due - asyncio.get_running_loop().time())

    beats = [asyncio.create_task(beat(each, at / len(hosts))) for at, each in enumerate(hosts)]
    await asyncio.sleep(2 * INTERVAL)
    tell("ready")
    turns, cpu = 0, time.process_time()
    await asyncio.sleep(seconds)
    cpu = time.process_time() - cpu
    tell("done")
    for each in beats:
        each.cancel()
    return {"samples": turns, "cpu": 1000 * cpu / turns}


def tell(word: str) -> None:
    """Tell whoever looks at the other side how far this is."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def rss() -> float:
    """Return the resident set size in MiB."""
    # No psutil, nor statistics above: what they take would be told as the console's.
    pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    way = {"watch": watch, "ask": ask, "echo": echo}[sys.argv[1]]
    named = [Entry(Clean(alias), alias) for alias in sys.argv[4:]]
    sys.stdout.write(json.dumps(asyncio.run(way(Path(sys.argv[2]), float(sys.argv[3]), named))))

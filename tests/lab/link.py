"""A bad link between two network namespaces: ``link.delay = 2.5`` makes a round trip of 5 s.

``with World() as world, Link(world) as link:`` puts the calling thread into the near namespace
until it leaves: its sockets and the processes it starts are there. What is started inside
``with link.far():`` stands behind the link and is reached at ``FAR``. Neither namespace has any
other way out, so that nothing sent to a lost address ever reaches a real network.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Flag
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import pytest

from tests.lab.world import NEEDS_WORLD, World

NEAR, FAR = "10.232.0.1", "10.232.0.2"
HOLES = "10.233"
"""Begins the addresses that swallow everything in a namespace with a ``black_hole``."""

NEEDS_LINK = [
    *NEEDS_WORLD,
    pytest.mark.needs("iptables"),
    pytest.mark.skipif(
        not Path("/dev/net/tun").exists(), reason="needs /dev/net/tun: `modprobe tun` as root"
    ),
]
"""Marks of every test that builds a link."""

_CLONE_NEWNET = 0x40000000
_IFF_TUN, _IFF_NO_PI, _TUNSETIFF = 1, 0x1000, 0x400454CA
_MTU = 1400
_LIBC = ctypes.CDLL(None, use_errno=True)


class Way(Flag):
    """Which way a link loses everything."""

    NEITHER = 0
    OUT = 1
    """From the near side to the far one."""
    BACK = 2
    BOTH = OUT | BACK


class _Packet(NamedTuple):
    due: float
    number: int
    """Keeps equals in order."""
    to: int
    content: bytes


class Link:
    """Carries every packet itself, as badly as told; each figure may be set at any time."""

    def __init__(self, world: World) -> None:
        self.fair()
        self.carried = 0
        """Packets that arrived."""
        self._world = world
        self._random = random.Random(1)  # noqa: S311 dice, not secrets
        self._taken = 0

    def fair(self) -> None:
        """Be a good link again."""
        self.delay = 0.0
        """Seconds that a packet takes each way."""
        self.jitter = 0.0
        """At most so many seconds more, at random: packets overtake each other."""
        self.loss = 0.0
        """Share of the packets lost each way."""
        self.duplicate = 0.0
        """Share of the packets that arrive twice."""
        self.black = Way.NEITHER
        """What loses everything, what is under way included."""
        self.flap = 0.0
        """Seconds for which the link is gone, and then there again; 0: it stays."""

    def __enter__(self) -> Self:
        self._near, self._far = self._world.netns(), self._world.netns()
        out = tun(self._near, f"{NEAR}/30")
        back = tun(self._far, f"{FAR}/30")
        self._other_end = {out: back, back: out}
        self._lost = {back: Way.OUT, out: Way.BACK}
        self._stopped = os.eventfd(0)
        self._relay = threading.Thread(target=self._carry, name="link")
        self._relay.start()
        self._place = inside(self._near)
        self._place.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._place.__exit__(kind, error, trace)
        os.eventfd_write(self._stopped, 1)
        self._relay.join()
        for descriptor in (*self._other_end, self._stopped):
            os.close(descriptor)

    @contextmanager
    def far(self) -> Iterator[None]:
        """Put the calling thread into the far namespace, for as long as the block lasts."""
        with inside(self._far):
            yield

    def refuse(self, how: str = "") -> None:
        """Answer each TCP packet at the far end as ``iptables --reject-with`` says; "": stop it.

        ``tcp-reset`` and ``icmp-host-unreachable`` are what a dead service and a router say.
        """
        rule = ["-p", "tcp", "-j", "REJECT", "--reject-with", how]
        run(self._far, "iptables", "-F", "INPUT")
        if how:
            run(self._far, "iptables", "-A", "INPUT", *rule)

    def _carry(self) -> None:
        under_way: list[_Packet] = []
        began = time.monotonic()
        while True:
            wait = max(0.0, under_way[0].due - time.monotonic()) if under_way else None
            ready = select.select([*self._other_end, self._stopped], [], [], wait)[0]
            if self._stopped in ready:
                return
            for descriptor in ready:
                self._take(descriptor, under_way)
            now = time.monotonic()
            away = bool(self.flap) and int((now - began) / self.flap) % 2 == 0
            while under_way and under_way[0].due <= now:
                packet = heapq.heappop(under_way)
                if not away and not self.black & self._lost[packet.to]:
                    self.carried += 1
                    with suppress(OSError):  # that end's queue is full: lost, as on any link
                        os.write(packet.to, packet.content)

    def _take(self, descriptor: int, under_way: list[_Packet]) -> None:
        chance = self._random.random
        now = time.monotonic()
        with suppress(BlockingIOError):
            while content := os.read(descriptor, _MTU):
                if chance() < self.loss:
                    continue
                for _ in range(2 if chance() < self.duplicate else 1):
                    due = now + self.delay + self.jitter * chance()
                    self._taken += 1
                    packet = _Packet(due, self._taken, self._other_end[descriptor], content)
                    heapq.heappush(under_way, packet)


@contextmanager
def inside(netns: str) -> Iterator[None]:
    """Put the calling thread into a named network namespace, for as long as the block lasts."""
    with Path("/proc/thread-self/ns/net").open() as before, Path("/run/netns", netns).open() as at:
        _enter(at.fileno())
        try:
            yield
        finally:
            _enter(before.fileno())


@contextmanager
def island(world: World) -> Iterator[str]:
    """Put the calling thread into a new namespace that has nothing but a loopback device."""
    netns = world.netns()
    run(netns, "ip", "link", "set", "lo", "up")
    with inside(netns):
        yield netns


def run(netns: str, *argv: str) -> None:
    """Run a command in a named network namespace; raises ``CalledProcessError``."""
    with inside(netns):
        subprocess.run(argv, check=True, capture_output=True)


def tun(netns: str, address: str) -> int:
    """Make a TUN device with this address in a namespace and return it, to read packets from.

    The device goes when it is closed.
    """
    with inside(netns):
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        request = struct.pack("16sH22x", b"", _IFF_TUN | _IFF_NO_PI)
        name = fcntl.ioctl(device, _TUNSETIFF, request)[:16].rstrip(b"\0").decode()
    run(netns, "ip", "address", "add", address, "dev", name)
    run(netns, "ip", "link", "set", name, "mtu", str(_MTU), "up")
    run(netns, "ip", "link", "set", "lo", "up")
    return device


@contextmanager
def black_hole(netns: str) -> Iterator[None]:
    """Let a namespace send all it likes to ``HOLES``.x.y: nothing ever answers, not even ICMP."""
    device = tun(netns, f"{HOLES}.0.1/16")
    try:
        yield
    finally:
        os.close(device)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "setns")

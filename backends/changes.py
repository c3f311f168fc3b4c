"""What happens on this host, heard at once: a mount, a link, an address, a namespace.

``await Changes().wait()`` returns after the next of them. Nothing is read of it but that it
happened; what it was shows when the host is looked at.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable

QUIET = 0.5
"""Seconds between two alarms, however much happens."""


class Changes:
    """Listens from the first ``wait`` or ``listen`` on, in the running loop."""

    def __init__(self) -> None:
        self.happened = False
        """Something changed since this was last set to ``False``."""
        self._alarm = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._quiet_until = 0.0
        self._mounts: tuple[int, select.epoll] | None = None
        self._links: socket.socket | None = None

    def listen(self) -> None:
        """Begin to listen; what the kernel does not permit stays unheard."""
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        try:
            table = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
            # Always readable; that it changed is told as urgent (proc_pid_mountinfo(5)).
            mounts = select.epoll()
            self._mounts = (table, mounts)
            mounts.register(table, select.EPOLLPRI)
            self._loop.add_reader(mounts, self._once(lambda: mounts.poll(0)))
            self._links = links = listening()
            self._loop.add_reader(links, self._once(lambda: _drain(links)))
        except OSError:
            return

    def alarm(self) -> None:
        """Let everybody know that something changed."""
        self.happened = True
        self._alarm.set()

    async def wait(self) -> None:
        """Return after the next change, and not again before ``QUIET`` is over."""
        self.listen()
        await self._alarm.wait()
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self._quiet_until - now)
        self._alarm.clear()
        self._quiet_until = max(now, self._quiet_until) + QUIET

    def close(self) -> None:
        """Stop listening."""
        if self._loop is None or self._loop.is_closed():
            return
        if self._mounts is not None:
            table, mounts = self._mounts
            self._loop.remove_reader(mounts)
            mounts.close()
            os.close(table)
        if self._links is not None:
            self._loop.remove_reader(self._links)
            self._links.close()
        self._mounts = self._links = None

    def _once(self, take: Callable[[], object]) -> Callable[[], None]:
        def heard() -> None:
            take()
            self.alarm()

        return heard


def _drain(links: socket.socket) -> None:
    while True:
        try:
            links.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            continue  # ENOBUFS: more happened than was kept, which is news as well


def listening() -> socket.socket:
    """Return a socket that becomes readable when a link, an address or a namespace id changes.

    What it says is of no interest, only that it speaks. Raises ``OSError``.
    """
    said = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    said.setblocking(False)
    groups = (1, 5, 9, 28)  # RTNLGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR, _NSID
    try:
        said.bind((0, sum(1 << (group - 1) for group in groups)))
        with_others = (270, 8)  # SOL_NETLINK, NETLINK_LISTEN_ALL_NSID
        said.setsockopt(*with_others, 1)
    except PermissionError:
        return said  # then only the host's own
    except OSError:
        said.close()
        raise
    return said

"""Looking at a host anew: by a look that begins only now, one for all who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from console.clean import Clean
from console.contact import Contact
from console.watch import Watch

_LOOK = 20.0
"""Seconds a host has to be looked at anew."""
_LONGEST = 4.0
"""Seconds that the first waits at most for those who come later."""


class Anew:
    """Has hosts looked at for those who wait for that."""

    def __init__(self, hosts: Mapping[Clean, Watch]) -> None:
        self._hosts = hosts
        self._later: dict[Clean, list[asyncio.Future[Contact]]] = {}
        """Those who wait for a look that is not asked for yet …"""
        self._due: dict[Clean, tuple[float, asyncio.TimerHandle]] = {}
        """… when the first of them came, and what asks for it."""
        self._waiting: dict[Clean, list[asyncio.Future[Contact]]] = {}

    async def look(self, name: Clean, patience: float = 0.0) -> Contact | None:
        """Return the host by a look that began just now; ``None``: it takes too long.

        It may begin so many seconds after the last who waits for it came, to be the look of all.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Contact] = loop.create_future()
        self._later.setdefault(name, []).append(future)
        if patience:
            now = loop.time()
            first, timer = self._due.get(name, (now, None))
            if timer is not None:
                timer.cancel()
            at = min(now + patience, first + _LONGEST)
            self._due[name] = first, loop.call_at(at, self._ask, name)
        else:
            self._ask(name)
        try:
            async with asyncio.timeout(_LOOK):
                return await future
        except TimeoutError:
            return None

    def seen(self, contact: Contact) -> None:
        """Take note that a host was looked at, or could not be."""
        if contact.name in self._waiting and not self._hosts[contact.name].asked:
            for future in self._waiting.pop(contact.name):
                if not future.done():
                    future.set_result(contact)

    def _ask(self, name: Clean) -> None:
        if due := self._due.pop(name, None):
            due[1].cancel()
        if later := self._later.pop(name, None):
            self._waiting.setdefault(name, []).extend(later)
            self._hosts[name].ask()

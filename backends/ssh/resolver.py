"""Addresses of names, without letting a dead name service hold up anybody else.

Numbers are not looked up at all. Each name is in a thread of its own, which nobody waits for once
its time is over; asyncio's shared threads would all be stuck by then. The last good answer
stands in while the name service is away: who is there is told by the host key, not by DNS.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from backends.threads import Threads
from console.clean import clean
from console.errors import Problem, Unreachable

DEADLINE = 5.0
"""Seconds a name may take."""
AT_ONCE = 32
"""Threads, also of those that are stuck."""

Lookup = Callable[[str, int], list[str]]
"""Numeric addresses of a name in a family of addresses; raises ``OSError``."""

_FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}
_Key = tuple[str, int]
_Outcome = list[str] | OSError


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a name stands for."""

    found: tuple[str, ...]
    """Numeric, in the order to be tried."""
    stale: bool = False
    """Whether that is an older answer, for want of one now."""


def lookup(name: str, family: int) -> list[str]:
    """Ask the system's resolver; may take as long as it likes."""
    found = socket.getaddrinfo(name, None, family, socket.SOCK_STREAM)
    return list(dict.fromkeys(_numeric(entry[4]) for entry in found))


class Resolver:
    """Looks up names for all hosts."""

    def __init__(self, lookup: Lookup = lookup, deadline: float = DEADLINE) -> None:
        self._lookup = lookup
        self._deadline = deadline
        self._threads = Threads("name", AT_ONCE)
        self._running: dict[_Key, asyncio.Future[_Outcome]] = {}
        self._last: dict[_Key, tuple[str, ...]] = {}

    async def addresses(self, name: str, family: str = "any") -> Addresses:
        """Return where a name is; raises ``Unreachable`` when that cannot be told in time."""
        key = name, _FAMILIES.get(family, socket.AF_UNSPEC)
        try:
            return Addresses((_number(*key),))
        except (OSError, UnicodeError):
            pass  # it is a name
        try:
            async with asyncio.timeout(self._deadline):
                outcome = await self._ask(key)
        except TimeoutError:
            outcome = OSError(errno.ETIMEDOUT, f"no answer within {self._deadline:g} s")
        if not isinstance(outcome, OSError):
            self._last[key] = tuple(outcome)
            return Addresses(self._last[key])
        if outcome.errno in (socket.EAI_AGAIN, errno.ETIMEDOUT) and key in self._last:
            return Addresses(self._last[key], stale=True)
        raise _unknown(name, outcome)

    async def _ask(self, key: _Key) -> _Outcome:
        """Ask in one thread for all who ask the same."""
        if key not in self._running:
            asked = await self._threads.start(partial(self._try, key))
            self._running[key] = asked
            asked.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(self._running[key])

    def _try(self, key: _Key) -> _Outcome:
        try:
            return self._lookup(*key)
        except OSError as error:
            return error
        except UnicodeError:
            return OSError(socket.EAI_NONAME, "it is no name for a host")


def _number(name: str, family: int) -> str:
    flags = socket.AI_NUMERICHOST
    (entry, *_) = socket.getaddrinfo(name, None, family, socket.SOCK_STREAM, flags=flags)
    return _numeric(entry[4])


def _numeric(address: tuple[object, ...]) -> str:
    """Return an address as text, with the scope that link-local ones need."""
    host = str(address[0])
    scope = address[3] if len(address) == 4 else 0
    return f"{host}%{scope}" if scope and "%" not in host else host


def _unknown(name: str, error: OSError) -> Unreachable:
    shown = clean(name)
    if error.errno == errno.ETIMEDOUT:
        hint = "see whether the name service of this machine works, or give an address"
        return Unreachable(f"{shown}: {error.strerror} from DNS", hint, Problem.TIMEOUT)
    if error.errno == errno.EAGAIN:
        return Unreachable(f"{shown}: {error.strerror}", "", Problem.LIMIT)
    hint = "give its address, or its HostName in ~/.ssh/config"
    return Unreachable(f"{shown}: {clean(error.strerror or 'unknown name')}", hint)

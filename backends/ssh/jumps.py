"""Connections to jump hosts, each shared by all the hosts behind it.

The first host that needs one has it opened, the last that lets go has it closed. What a jump
host answered when it failed is remembered for a while: eighty hosts behind it are no reason to
knock eighty times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncssh

from console.errors import ConsoleError, Denied, Problem, Unreachable, UntrustedKey
from console.inventory import Entry
from console.turnstile import Turnstile

AT_ONCE = 6
"""Handshakes with hosts behind one jump host at a time."""
LONGEST = 8
"""Jump hosts in a row."""
DEAD_FOR = 5.0
"""Seconds after which one that could not be reached is tried again."""
DENIED_FOR = 30.0
"""Seconds after which one that turned us away is tried again, if anybody asks."""

Route = tuple[Entry, ...]
"""The hosts that wait for a jump host, the farthest first."""
Open = Callable[[Entry, Route, Callable[[], None]], Awaitable["Link"]]
"""Connects to a jump host; calls back when that connection ends."""


@dataclass(frozen=True, slots=True)
class Link:
    """An open connection and how to let go of it."""

    connection: asyncssh.SSHClientConnection
    close: Callable[[], None]


@dataclass(slots=True)
class Jump:
    """One jump host in use."""

    entry: Entry
    opening: asyncio.Task[Link]
    gate: Turnstile = field(default_factory=lambda: Turnstile(AT_ONCE))
    users: int = 0


class Jumps:
    """All jump hosts in use."""

    def __init__(self, open_: Open) -> None:
        self._open = open_
        self._jumps: dict[Entry, Jump] = {}
        self._failed: dict[Entry, tuple[ConsoleError, float]] = {}

    async def hold(self, hop: Entry, route: Route) -> tuple[Jump, Link]:
        """Return the connection to a jump host; give it back with ``leave``.

        ``route`` is who wants it. Raises what connecting to it raises, told as ``via``.
        """
        if hop in route or len(route) > LONGEST:
            names = " -> ".join(entry.name for entry in (*reversed(route), hop))
            hint = "mend ProxyJump: a jump host must be reached without going through itself"
            raise Unreachable(f"jump hosts run in a circle: {names}", hint, Problem.CONFIG)
        self._recall(hop)
        jump = self._jumps.get(hop)
        if jump is None:
            jump = self._jumps[hop] = self._begun(hop, route)
        jump.users += 1
        try:
            return jump, await asyncio.shield(jump.opening)
        except ConsoleError as error:
            self.leave(jump)
            raise _via(hop, error) from None
        except BaseException:
            self.leave(jump)
            raise

    def leave(self, jump: Jump) -> None:
        """Let go of a jump host; the last one out closes the door."""
        jump.users -= 1
        if jump.users == 0:
            self._end(jump)

    def forget(self) -> None:
        """Try failed jump hosts again as soon as anybody asks."""
        self._failed.clear()

    def close(self) -> None:
        """Close all connections."""
        for jump in list(self._jumps.values()):
            self._end(jump)

    def _begun(self, hop: Entry, route: Route) -> Jump:
        async def opening() -> Link:
            try:
                return await self._open(hop, route, lambda: self._drop(jump))
            except ConsoleError as error:
                seconds = DENIED_FOR if isinstance(error, Denied) else DEAD_FOR
                self._failed[hop] = error, asyncio.get_running_loop().time() + seconds
                self._drop(jump)
                raise

        jump = Jump(hop, asyncio.create_task(opening(), name=f"jump {hop.name}"))
        jump.opening.add_done_callback(_seen)
        return jump

    def _recall(self, hop: Entry) -> None:
        error, until = self._failed.get(hop, (None, 0.0))
        if error is not None and asyncio.get_running_loop().time() < until:
            raise _via(hop, error)

    def _drop(self, jump: Jump) -> None:
        """Let nobody else begin with it; those that hold it find out by themselves."""
        if self._jumps.get(jump.entry) is jump:
            del self._jumps[jump.entry]

    def _end(self, jump: Jump) -> None:
        self._drop(jump)
        if not jump.opening.done():
            jump.opening.cancel()
        elif not jump.opening.cancelled() and jump.opening.exception() is None:
            jump.opening.result().close()


def _seen(task: asyncio.Task[Link]) -> None:
    """Take note of a failure, lest asyncio complains when all who waited have gone away."""
    if not task.cancelled():
        task.exception()


def _via(hop: Entry, error: ConsoleError) -> ConsoleError:
    """Return what a jump host's trouble means for a host behind it."""
    message = f"via {hop.name}: {str(error).removeprefix('unreachable ')}"
    match error:
        case UntrustedKey():
            return UntrustedKey(
                message,
                error.hint,
                error.problem,
                fingerprint=error.fingerprint,
                line=error.line,
                file=error.file,
            )
        case Denied():
            return Denied(message, error.hint, error.problem)
        case Unreachable():
            return Unreachable(f"unreachable {message}", error.hint, error.problem)
        case _:
            return error

"""What all hosts share on the way out: this machine as the bastion of a fleet.

``await Bastion(handshakes).connect(entry)`` logs in at a host within one deadline, as the
operator's own ``ssh`` would, but never on a key that has not been seen before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import asyncssh

from backends.ssh.attempt import Attempt, Tools
from backends.ssh.credentials import Keyring
from backends.ssh.jumps import Jumps, Link, Route
from backends.ssh.openssh import OpenSSH
from backends.ssh.resolver import Resolver
from backends.ssh.steps import Step, Trace
from backends.ssh.trust import KnownKeys
from console.errors import ConsoleError, UntrustedKey
from console.inventory import Entry
from console.turnstile import Turnstile


@dataclass(frozen=True, slots=True)
class Connected:
    """A host that let us in."""

    connection: asyncssh.SSHClientConnection
    user: str
    """As whom."""
    address: str
    """Where it was reached: a number, or behind a jump host the name given there."""
    release: Callable[[], None]
    """Closes the connection and lets go of its jump host; call it once."""


class Bastion:
    """Connects to hosts."""

    def __init__(
        self,
        handshakes: Turnstile,
        openssh: OpenSSH | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self._tools = Tools(
            openssh or OpenSSH(), KnownKeys(), Keyring(), resolver or Resolver(), handshakes
        )
        self._jumps = Jumps(self._open)

    async def connect(self, entry: Entry) -> Connected:
        """Log in once; raises ``Unreachable`` or ``Denied``, ``UntrustedKey`` among them."""
        return await self._connect(entry, Trace())

    async def client(self, entry: Entry) -> tuple[tuple[str, ...], str]:
        """Return the words of ssh(1) that go to a host, and as whom; raises ``Unreachable``."""
        settings = await self._tools.openssh.settings(entry)
        return self._tools.openssh.client(entry), settings.user

    async def accept(self, key: UntrustedKey) -> None:
        """Write the one line of an unknown key into the file of known hosts.

        Raises ``UntrustedKey`` when the host has become known by another key meanwhile, and
        ``ConsoleError`` for a key that was not offered or a file that cannot be written.
        """
        await self._tools.known.accept(key)
        self._jumps.forget()

    async def steps(self, entry: Entry) -> list[Step]:
        """Return the way to a host step by step, as far as it goes; ends where login is done."""
        trace = Trace()
        with suppress(ConsoleError):  # the trace has it
            (await self._connect(entry, trace)).release()
        return trace.steps

    def refresh(self) -> None:
        """Take nothing for granted that was found before: a human wants to know now."""
        self._tools.openssh.forget()
        self._jumps.forget()

    async def close(self) -> None:
        """Close what is shared; connections that were handed out are their holders'."""
        self._jumps.close()
        self._tools.openssh.close()
        self._tools.known.close()
        self._tools.keyring.close()
        await asyncio.sleep(0)  # what was closed just now goes in the loop's next turn

    async def _connect(self, entry: Entry, trace: Trace) -> Connected:
        reached = await Attempt(self._tools, self._jumps, trace).run(entry)
        return Connected(
            reached.link.connection, reached.user, reached.address, reached.link.close
        )

    async def _open(self, hop: Entry, route: Route, lost: Callable[[], None]) -> Link:
        return (await Attempt(self._tools, self._jumps, Trace(), route).run(hop, lost)).link

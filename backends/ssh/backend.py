"""Another host, looked at through one shell on one SSH connection.

``await SshBackend(entry, bastion, globs, 2.0).sample()`` connects when it is not connected, and
gives the same ``Facts`` as a look at this host. A look that brings no frame for three intervals
gives the link up, and the next one has longer; when to try again is for whoever asks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from backends.hands import ShellHands
from backends.ssh.client import open_client
from backends.ssh.connecting import Bastion, Connected
from backends.ssh.costs import Cost, Tool, costs, tools
from backends.ssh.leeway import Leeway
from backends.ssh.look import Look
from backends.ssh.runner import SshRunner, Way
from backends.ssh.shell import Shell, Silent
from backends.ssh.terminal import RemoteTerminal, open_remote
from backends.ssh.troubles import lost
from console.backend import Hands
from console.clean import Clean
from console.entering import Entering
from console.errors import Problem, Unreachable
from console.facts import Facts
from console.inventory import Entry
from console.terminal import Size, Terminal

PATIENCE = 3
"""Intervals without a frame after which a link is given up."""
LEAST = 3.0
"""Seconds that is at least: a host may be slow, and a link long."""
FIRST = 20.0
"""Seconds from login to the first picture, at least; login itself is limited by the bastion."""
_KEEP = 4.0
"""Intervals after which a shell that is asked nothing ends by itself, two minutes at least."""
_LATE = frozenset({Problem.TIMEOUT, Problem.HUNG})
"""Troubles of a host that may only be slow."""


class SshBackend:
    """Looks at one host over SSH."""

    def __init__(
        self,
        entry: Entry,
        bastion: Bastion,
        globs: Sequence[str],
        interval: float,
        *,
        with_client: bool = False,
    ) -> None:
        """``with_client``: terminals there are those of the operator's own ssh(1)."""
        self._entry = entry
        self._bastion = bastion
        self._interval = interval
        self._with_client = with_client
        self._connected: Connected | None = None
        self._connecting = asyncio.Lock()
        self._leeway = Leeway(self._seconds)
        self._shell: Shell | None = None
        self._terminals: tuple[RemoteTerminal, ...] = ()
        self.runner = SshRunner(self._way)
        """Runs programs there, over the same connection."""
        self._hands = ShellHands(entry.name, self.runner, self._terminal, self._anew)
        self._look = Look(
            globs if entry.subhosts is None else entry.subhosts, self._seconds, entry.name
        )

    @property
    def name(self) -> Clean:
        """The host as the inventory calls it."""
        return self._entry.name

    async def sample(self) -> Facts:
        """Look once; the first look after a failure begins with a new connection."""
        if self._shell is not None and not self._shell.alive:
            self._drop()  # what ended it may have been the link
        try:
            if self._shell is None:
                await self._link()
            return await self._timed()
        except Silent as error:
            self._look.blame(error.begun)
            if not error.begun:
                self._drop()
            self._shell = None
            raise
        except BaseException:
            self._drop()
            raise

    def changed(self) -> asyncio.Future[None]:
        """Return what is done when the link is lost: that deserves an early look."""
        if self._shell is None:
            return asyncio.get_running_loop().create_future()
        return self._shell.ended()

    async def refresh(self) -> None:
        """Ask the slow questions again at the next sample."""
        self._look.refresh()

    async def costs(self) -> tuple[Cost, ...]:
        """Return what each probe costs there: name and CPU milliseconds a call.

        Raises like ``sample``.
        """
        await self.sample()
        return await costs(await self._asked(), self._seconds)

    async def tools(self) -> tuple[Tool, ...]:
        """Return the tools there: name, whether it is there, what its absence costs.

        Raises like ``sample``.
        """
        return tools(await self._asked())

    @property
    def hands(self) -> Hands:
        """What can be done there, over the same connection."""
        return self._hands

    async def close(self) -> None:
        """Let go of the connection; the shell there ends with it."""
        self._terminals = ()
        self._drop()
        await asyncio.sleep(0)  # so that the farewell is sent even if nothing runs hereafter

    @property
    def raw(self) -> Mapping[str, bytes]:
        """What the last looks were told, as it was told."""
        return self._look.raw

    @property
    def received(self) -> int:
        """Bytes of frames that came since the connection was made."""
        return self._shell.received if self._shell else 0

    @property
    def _first(self) -> float:
        return max(FIRST, self._seconds) * self._leeway.times

    @property
    def _seconds(self) -> float:
        return max(PATIENCE * self._interval, LEAST)

    async def _timed(self) -> Facts:
        """Look over a link that is there; learn from how long it takes."""
        began = time.monotonic()
        try:
            if self._shell is not None:
                facts = await self._look.facts(self._shell)
            else:
                async with asyncio.timeout(self._first):
                    facts = await self._look.facts(await self._asked())
        except TimeoutError:
            why = f"logged in, but no picture within {self._first:.0f} s"
            self._leeway.late()
            raise Unreachable(why, "the host or the link is very slow", Problem.TIMEOUT) from None
        except Unreachable as error:
            if error.problem in _LATE:
                self._leeway.late()
            raise
        self._leeway.came(time.monotonic() - began)
        return facts

    async def _asked(self) -> Shell:
        """Return the shell to ask, a new one if need be."""
        if self._shell is None:
            self._shell = await self._another()
            self._look.begin(self._shell, self._another)
        return self._shell

    async def _another(self) -> Shell:
        if self._connected is None:
            raise lost()
        before = self._before(self._connected.user)
        limit = max(120.0, _KEEP * self._interval)
        seconds = (self._seconds + LEAST) * self._leeway.times
        shell = await Shell.begun(self._connected.connection, before, limit, seconds)
        shell.leeway = self._leeway
        return shell

    async def _link(self) -> Connected:
        """Return the connection, made if need be; one that broke unnoticed is made anew."""
        async with self._connecting:
            if self._connected is not None and self._connected.connection.is_closed():
                self._drop()
            if self._connected is None:
                self._connected = await self._bastion.connect(self._entry)
            return self._connected

    def _before(self, user: str) -> str:
        """Return what commands begin with there, for us to be root."""
        return "sudo -n" if self._entry.sudo and user != "root" else ""

    async def _way(self) -> Way:
        connected = await self._link()
        return Way(connected.connection, self._before(connected.user))

    @asynccontextmanager
    async def _anew(self) -> AsyncIterator[SshRunner]:
        """Yield what runs programs there over a connection of its own."""
        connected = await self._bastion.connect(self._entry)

        async def way() -> Way:
            return Way(connected.connection, self._before(connected.user))

        try:
            yield SshRunner(way)
        finally:
            connected.release()

    async def _terminal(self, entry: Entering, size: Size | None) -> Terminal:
        if self._with_client and size:
            words, user = await self._bastion.client(self._entry)
            return await open_client(words, entry, self._before(user), size)
        way = await self._way()
        terminal = await open_remote(way.connection, way.before, entry, size)
        self._terminals = (*(each for each in self._terminals if each.alive), terminal)
        return terminal

    def _drop(self) -> None:
        """Give up the shell, and the link unless somebody sits at a terminal over it."""
        self._look.end()
        if self._shell is not None:
            self._shell.close()
        self._shell = None
        if self._connected is not None and not any(each.alive for each in self._terminals):
            with suppress(Exception):  # whatever it says, it is over
                self._connected.release()
            self._connected = None

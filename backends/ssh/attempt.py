"""One attempt to log in at one host, from its name to an open connection.

Every stage has a limit and all of them one deadline. Only a server that has greeted takes one of
the places for handshakes, and the time spent waiting for a place is not held against the host.
A login that is refused is never tried again from here.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass, replace

import asyncssh

from backends.ssh.credentials import Credentials, Keyring
from backends.ssh.handshake import Login, log_in, unknown_algorithms
from backends.ssh.jumps import Jump, Jumps, Link, Route
from backends.ssh.openssh import OpenSSH
from backends.ssh.patience import Patience
from backends.ssh.resolver import Resolver
from backends.ssh.steps import Trace
from backends.ssh.troubles import trouble
from backends.ssh.trust import KnownKeys
from backends.ssh.wire import Wire
from console.clean import Clean, clean
from console.errors import ConsoleError, Denied, Problem, Unreachable
from console.inventory import Entry
from console.parse.destination import chain
from console.parse.ssh_settings import Settings
from console.trust import Verdict
from console.turnstile import Turnstile

DEADLINE = 15.0
"""Seconds for everything, waiting for a turn aside."""
TCP = 5.0
"""Seconds for a connection to one address."""
GREETING = 8.0
"""Seconds within which a server says that it speaks SSH."""
LOGIN = 8.0
"""Seconds for key exchange and login."""

_BAD_LINES = 20
"""Of the files of known hosts that are told at most."""
_SILENT = "it accepts connections but says nothing"


@dataclass(frozen=True, slots=True)
class Tools:
    """What all attempts share."""

    openssh: OpenSSH
    known: KnownKeys
    keyring: Keyring
    resolver: Resolver
    handshakes: Turnstile


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection that is logged in."""

    link: Link
    user: str
    address: str


@dataclass(slots=True)
class _Way:
    """A stream to the server, and what it goes through."""

    wire: Wire
    address: str
    jump: Jump | None = None


class Attempt:
    """Logs in at one host; ``lost`` is called when the connection ends."""

    def __init__(self, tools: Tools, jumps: Jumps, trace: Trace, route: Route = ()) -> None:
        self._tools = tools
        self._jumps = jumps
        self._trace = trace
        self._route = route

    async def run(self, entry: Entry, lost: Callable[[], None] = lambda: None) -> Reached:
        """Log in once; raises ``Unreachable`` or ``Denied``, ``UntrustedKey`` among them."""
        timeout = asyncio.timeout(DEADLINE)
        patience = Patience(timeout, DEADLINE)
        try:
            async with timeout:
                return await self._run(entry, lost, patience)
        except TimeoutError:
            hint = "see whether sshd hangs there" if patience.late.startswith(_SILENT) else ""
            error = Unreachable(patience.late, hint, Problem.TIMEOUT)
            self._trace.failed(error)
            raise error from None
        except ConsoleError as error:
            self._trace.failed(error)
            raise

    async def _run(self, entry: Entry, lost: Callable[[], None], patience: Patience) -> Reached:
        settings = await self._resolved(entry)
        with closing(await self._credentials(settings)) as credentials, ExitStack() as jump:
            way = await self._reach(entry, settings, patience, jump)
            try:
                login = await self._login(way, settings, credentials)
                connection = await self._logged_in(entry, way, login, patience, lost)
            except BaseException:
                way.wire.abort()
                raise
            held = jump.pop_all()

        def close() -> None:
            connection.close()
            held.close()

        return Reached(Link(connection, close), settings.user, way.address)

    async def _resolved(self, entry: Entry) -> Settings:
        self._trace.begin("resolve")
        settings = await self._tools.openssh.settings(entry)
        if settings.proxy_command:
            message = f"ProxyCommand {clean(settings.proxy_command, 60)} is not run"
            raise Unreachable(message, "use ProxyJump for this host", Problem.CONFIG)
        if not settings.identities.keys_allowed:
            message = "keys may not log in: PubkeyAuthentication or PreferredAuthentications"
            hint = "allow publickey for this host: nothing else is used here"
            raise Unreachable(message, hint, Problem.CONFIG)
        self._trace.found(f"{settings.user}@{settings.hostname} port {settings.port}")
        for line in (*settings.unhonoured, *unknown_algorithms(settings)):
            self._trace.found(line, lacking=True)
        return settings

    async def _credentials(self, settings: Settings) -> Credentials:
        self._trace.begin("keys")
        found = await self._tools.keyring.credentials(settings.identities)
        if not found.logins:
            found.close()
            hint = "; ".join(found.troubles) or "put a key into the agent, or name an IdentityFile"
            raise Denied("there is no key to log in with", hint, Problem.AUTH)
        self._trace.found(", ".join(found.names))
        for line in found.troubles:
            self._trace.found(line, lacking=True)
        return found

    async def _reach(
        self, entry: Entry, settings: Settings, patience: Patience, held: ExitStack
    ) -> _Way:
        self._trace.begin("route")
        if hop := _hop(settings):
            patience.stage(DEADLINE, f"unreachable via {hop.name}: no login there yet")
            jump, link = await self._jumps.hold(hop, (*self._route, entry))
            held.callback(self._jumps.leave, jump)
            self._trace.found(f"via {hop.name}")
            self._trace.begin("connect")
            patience.stage(TCP, f"no answer within {TCP:g} s, asked from {hop.name}")
            wire = await _through(link.connection, settings)
            return _Way(wire, settings.hostname, jump)
        self._trace.found("direct")
        return await self._direct(settings, patience)

    async def _direct(self, settings: Settings, patience: Patience) -> _Way:
        self._trace.begin("name")
        patience.stage(DEADLINE, "no answer from DNS")
        addresses = await self._tools.resolver.addresses(settings.hostname, settings.family)
        stale = "an older answer: the name service is away" if addresses.stale else ""
        self._trace.found(", ".join(addresses.found), stale, lacking=addresses.stale)
        self._trace.begin("connect")
        seconds = settings.connect_timeout or TCP
        failed: ConsoleError = Unreachable("it has no address")
        for address in addresses.found:
            patience.stage(DEADLINE, f"no answer from {address} port {settings.port}")
            began = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(seconds) as tcp:
                    wire = await _connected(address, settings)
            except TimeoutError:
                if not tcp.expired():
                    raise
                late = f"no answer from {address} port {settings.port} within {seconds:g} s"
                failed = Unreachable(late, "", Problem.TIMEOUT)
            except OSError as error:
                failed = trouble(error)
            else:
                took = (asyncio.get_running_loop().time() - began) * 1000
                self._trace.found(f"{address} port {settings.port} in {took:.0f} ms")
                return _Way(wire, address)
        raise failed

    async def _login(self, way: _Way, settings: Settings, credentials: Credentials) -> Login:
        self._trace.begin("host key")
        trust = await self._tools.known.trust(settings, None if way.jump else way.address)
        for line in trust.bad[:_BAD_LINES]:
            self._trace.found(line, "mend or remove the line", lacking=True)
        return Login(settings, credentials, trust)

    async def _logged_in(
        self,
        entry: Entry,
        way: _Way,
        login: Login,
        patience: Patience,
        lost: Callable[[], None],
    ) -> asyncssh.SSHClientConnection:
        patience.stage(GREETING, f"{_SILENT} for {GREETING:g} s")
        async with AsyncExitStack() as turns:

            async def admitted() -> None:
                async with patience.waiting():
                    if way.jump:
                        await turns.enter_async_context(way.jump.gate.turn(entry.name))
                    await turns.enter_async_context(self._tools.handshakes.turn(entry.name))
                patience.stage(LOGIN, f"key exchange and login took more than {LOGIN:g} s")

            way.wire.admitted = admitted
            try:
                connection = await log_in(way.wire, login, lost)
            except ConsoleError:
                self._tell_host_key(login)
                raise
        self._tell_host_key(login)
        self._trace.found(f"as {login.settings.user}")
        return connection

    def _tell_host_key(self, login: Login) -> None:
        """Say what became of the host key; raises ``UntrustedKey`` unless it matches."""
        judgement = login.judgement
        if judgement is None:
            self._trace.begin("login")
            return
        if judgement.verdict is not Verdict.MATCH:
            keys = login.settings.host_keys
            raise self._tools.known.untrusted(login.trust, keys, judgement) from None
        by = f", {judgement.known.place}" if judgement.known else ""
        self._trace.found(f"{judgement.key.type} {judgement.key.fingerprint}{by}")
        self._trace.begin("login")


def _hop(settings: Settings) -> Entry | None:
    """Return the jump host nearest to the target; the others are on the way to that one."""
    hops = chain(settings.jumps or "none")
    if not hops:
        return None
    last = hops[-1]
    before = (settings.jumps or "").rpartition(",")[0] or None
    name = Clean((settings.jumps or "").rpartition(",")[2])
    return replace(Entry(name, last.address), user=last.user, port=last.port, jump=before)


async def _connected(address: str, settings: Settings) -> Wire:
    loop = asyncio.get_running_loop()
    flags = socket.AI_NUMERICHOST
    (found, *_) = socket.getaddrinfo(address, settings.port, type=socket.SOCK_STREAM, flags=flags)
    family, kind, protocol, _, place = found
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        if settings.bind_address:
            sock.bind((settings.bind_address, 0))
        await loop.sock_connect(sock, place)
        _, wire = await loop.create_connection(Wire, sock=sock)
    except BaseException:
        sock.close()
        raise
    return wire


async def _through(jump: asyncssh.SSHClientConnection, settings: Settings) -> Wire:
    """Open a stream from the jump host; it must not stay open there should we be cancelled."""
    wire = Wire()
    opening = asyncio.create_task(
        jump.create_connection(lambda: wire, settings.hostname, settings.port)
    )
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(lambda opened: opened.cancelled() or opened.exception())
        opening.add_done_callback(lambda _: wire.abort())
        raise
    except Exception as error:  # a broken server may bring about any; told as its trouble
        raise trouble(error) from None
    return wire

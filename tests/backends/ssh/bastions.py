"""A bastion whose operator has the files of one server: ``async with bastion(server) as out``."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from backends.ssh.resolver import Resolver
from console.clean import Clean
from console.errors import ConsoleError
from console.inventory import Entry
from console.turnstile import Turnstile
from tests.lab.sshd import Sshd


@asynccontextmanager
async def bastion(
    server: Sshd | Path, gate: Turnstile | None = None, resolver: Resolver | None = None
) -> AsyncIterator[Bastion]:
    """Go by the client's configuration of a server, or by one in a file."""
    config = server if isinstance(server, Path) else server.config
    found = Bastion(gate or Turnstile(16), OpenSSH(config, config.parent), resolver)
    try:
        yield found
    finally:
        await found.close()


async def refusal(out: Bastion, entry: Entry) -> ConsoleError:
    """Return why a host cannot be logged in at."""
    try:
        connected = await out.connect(entry)
    except ConsoleError as error:
        assert str(error).isprintable()
        assert error.hint.isprintable()
        return error
    connected.release()
    raise AssertionError(f"{entry.name} let us in")


async def let_in(out: Bastion, entry: Entry) -> None:
    """Log in, see that it works, and leave."""
    connected = await out.connect(entry)
    try:
        ran = await connected.connection.run("echo here")
        assert (ran.exit_status, ran.stdout) == (0, b"here\n")
    finally:
        connected.release()


def at(port: int, name: str = "strange") -> Entry:
    """Return a host on loopback that no configuration names."""
    return Entry(Clean(name), "127.0.0.1", port=port)


def ended(pid: str) -> bool:
    """Whether a process has ended; one that nobody has reaped yet has no command line."""
    try:
        return not Path("/proc", pid.strip(), "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True


@contextmanager
def listening(backlog: int = 5) -> Iterator[socket.socket]:
    """Listen on loopback without ever accepting: the kernel alone shakes hands."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        yield listener


@contextmanager
def black_hole() -> Iterator[int]:
    """Give a port on which nothing is answered, for its queue is full."""
    with listening(0) as listener:
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        try:
            yield port
        finally:
            for filler in fillers:
                filler.close()

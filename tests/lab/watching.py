"""A fleet of real SSH hosts, watched in the background.

``async with watching(server.config, [server.entry]) as fleet: await fleet.until(up, "server")``
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from backends.ssh.backend import SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from backends.ssh.resolver import Resolver
from console.backend import Backend
from console.clean import Clean
from console.config import Thresholds
from console.contact import Contact, ContactState
from console.fleet import Fleet, Shared, Source
from console.history import Recorder
from console.inventory import Entry
from console.model import Host
from console.turnstile import Turnstile
from tests.lab.sshd import Sshd

INTERVAL = 0.5
PATIENCE = 40.0
"""Seconds that anything may take on a busy machine."""
_TICK = 0.02
_THRESHOLDS = Thresholds()
"""One for all, as an operator has it who sets none."""

Wanted = Callable[[Contact], bool]


class Watching:
    """What the fleet shows, to be waited for."""

    def __init__(self, fleet: Fleet, interval: float) -> None:
        self.fleet = fleet
        self.interval = interval

    def contact(self, name: str) -> Contact:
        """Return one host as it is shown now."""
        return next(each for each in self.fleet.view.contacts if each.name == name)

    def host(self, name: str) -> Host:
        """Return the newest picture of a host that has been seen."""
        host = self.contact(name).host
        assert host
        return host

    def words(self, name: str) -> list[str]:
        """Return what has happened to a host."""
        events = self.fleet.view.events
        return [str(each.word) for each in events if name in {each.host, *each.others}]

    async def until(self, wanted: Wanted, *names: str, seconds: float = PATIENCE) -> Contact:
        """Wait until these hosts (none: all) are as wanted; return the last of them."""
        among = names or tuple(each.name for each in self.fleet.view.contacts)
        end = time.monotonic() + seconds
        while missing := [name for name in among if not wanted(self.contact(name))]:
            if time.monotonic() > end:
                shown = [told(self.contact(name)) for name in missing]
                raise TimeoutError(f"after {seconds:g} s: {'; '.join(shown[:9])}")
            await asyncio.sleep(_TICK)
        return self.contact(among[-1])

    async def ages(self, names: Sequence[str], seconds: float) -> dict[str, float]:
        """Return the greatest age that each host's picture reached in that time."""
        oldest = dict.fromkeys(names, 0.0)
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            for name in names:
                oldest[name] = max(oldest[name], self.contact(name).age(now) or 0.0)
            await asyncio.sleep(_TICK)
        return oldest


@asynccontextmanager
async def watching(
    config: Path,
    entries: Sequence[Entry],
    interval: float = INTERVAL,
    resolver: Resolver | None = None,
    idle: Callable[[], bool] | None = None,
    recorder: Recorder | None = None,
) -> AsyncIterator[Watching]:
    """Watch these hosts as the console does, with the operator's configuration in a file."""
    handshakes = Turnstile(32)
    bastion = Bastion(handshakes, OpenSSH(config), resolver)

    async def connect(entry: Entry) -> Backend:
        return SshBackend(entry, bastion, (), interval)

    fleet = Fleet(
        [
            Source(each.name, partial(connect, each), address=each.address, accept=bastion.accept)
            for each in entries
        ],
        interval,
        lambda _: lambda *_: _THRESHOLDS,
        recorder,
        shared=Shared(handshakes, bastion.refresh, bastion.close),
    )
    task = asyncio.create_task(fleet.watch(idle))
    try:
        yield Watching(fleet, interval)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await fleet.close()


def named(entry: Entry, name: str) -> Entry:
    """Return the same host under another name."""
    return Entry(Clean(name), entry.address, user=entry.user, port=entry.port, jump=entry.jump)


def up(contact: Contact) -> bool:
    """Whether a host answers and its picture is fresh."""
    return contact.state_at(time.monotonic()) is ContactState.UP


def stale(contact: Contact) -> bool:
    """Whether nothing says that a host is lost, but its picture has grown old."""
    return contact.state_at(time.monotonic()) is ContactState.STALE


def failed(contact: Contact) -> bool:
    """Whether the last look at a host failed."""
    return contact.failed is not None


def newer(than: Host) -> Wanted:
    """Whether there is a picture newer than that one."""
    return lambda contact: contact.host is not None and contact.host.at > than.at


def told(contact: Contact) -> str:
    """Return in one line how a host is shown."""
    state = contact.state_at(time.monotonic())
    return f"{contact.name}: {state} {contact.problem or ''} {contact.trouble or ''}".strip()


def shells(server: Sshd) -> list[int]:
    """Return the shells that consoles have begun on a server, without their watchers."""
    found = {pid for pid in server.processes() if argv(pid)[:2] == [b"/bin/sh", b"-s"]}
    return [pid for pid in server.processes() if pid in found and parent(pid) not in found]


def parent(pid: int) -> int:
    """Return a process's parent; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def argv(pid: int) -> list[bytes]:
    """Return the words of a command line; nothing but an empty one when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]

"""How each host is got at: this one directly, all others over SSH through one bastion.

asyncssh takes longer to import than all else here, so it is imported only where a host needs it,
and in a thread, so that a screen is drawn meanwhile.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from console import config
from console.backend import Backend
from console.clean import Clean
from console.config import Config
from console.errors import UntrustedKey
from console.fleet import Fleet, Shared, Source
from console.history import Recorder
from console.inventory import LOCAL, Entry
from console.model import Kind
from console.states import Judge
from console.turnstile import Turnstile

if TYPE_CHECKING:
    from backends.local import LocalBackend
    from backends.ssh.backend import SshBackend
    from backends.ssh.connecting import Bastion

_HANDSHAKES = 32
"""Key exchanges and logins under way at once."""


class Reach:
    """The ways to all hosts of one run; ``patient``: the first look waits for every answer."""

    def __init__(self, arguments: Namespace, settings: Config, *, patient: bool) -> None:
        self._arguments = arguments
        self._settings = settings
        self._patient = patient
        self._handshakes = Turnstile(_HANDSHAKES)
        self._opening: asyncio.Task[Bastion] | None = None
        self._here: LocalBackend | None = None
        self._remotes: dict[Clean, SshBackend] = {}

    def fleet(self, entries: Sequence[Entry], recorder: Recorder | None) -> Fleet:
        """Return a fleet of these hosts, which closes all of this in the end."""
        judge_of = judges(self._settings, entries)
        shared = Shared(self._handshakes, self.refresh, self.close)
        sources = [self.source(entry) for entry in entries]
        return Fleet(sources, self._settings.interval, judge_of, recorder, shared=shared)

    def source(self, entry: Entry) -> Source:
        """Return one host as a fleet takes it."""
        if entry.name == LOCAL:
            return Source(entry.name, self._local, entry.tags, entry.protected)

        async def connect() -> Backend:
            return await self.remote(entry)

        return Source(
            entry.name, connect, entry.tags, entry.protected, entry.address, self._accept
        )

    async def bastion(self) -> Bastion:
        """Return what all hosts over SSH share."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def remote(self, entry: Entry) -> SshBackend:
        """Return one host over SSH, the same each time; it connects when it is looked at."""
        bastion = await self.bastion()
        from backends.ssh.backend import SshBackend

        made = SshBackend(
            entry,
            bastion,
            self._settings.subhosts,
            self._settings.interval,
            with_client=self._settings.enter_with == "ssh",
        )
        return self._remotes.setdefault(entry.name, made)

    @property
    def raw(self) -> Mapping[tuple[Clean, Clean], bytes]:
        """What hosts answered last, as they did, by host and name."""
        found: list[LocalBackend | SshBackend] = [*self._remotes.values()]
        found += [self._here] if self._here else []
        return {
            (backend.name, Clean(what)): answer
            for backend in found
            for what, answer in backend.raw.items()
        }

    def refresh(self) -> None:
        """Take nothing for granted that was found before."""
        if self._opening is not None and _succeeded(self._opening):
            self._opening.result().refresh()

    async def close(self) -> None:
        """Let go of hosts, those too that were not watched, and of what they share."""
        for backend in self._remotes.values():
            await backend.close()
        if self._opening is None:
            return
        if _succeeded(self._opening):
            await self._opening.result().close()
        else:
            self._opening.cancel()

    async def _local(self) -> Backend:
        from backends.local import LocalBackend

        self._here = LocalBackend(
            self._arguments.root,
            self._settings.subhosts,
            name=Clean(LOCAL),
            patient=self._patient,
        )
        return self._here

    async def _open(self) -> Bastion:
        await asyncio.to_thread(_import_asyncssh)
        from backends.ssh.connecting import Bastion
        from backends.ssh.openssh import OpenSSH

        return Bastion(self._handshakes, OpenSSH(self._arguments.ssh_config))

    async def _accept(self, key: UntrustedKey) -> None:
        await (await self.bastion()).accept(key)


def _import_asyncssh() -> None:
    import backends.ssh.backend  # noqa: F401  with all that it needs


def _succeeded(task: asyncio.Task[Bastion]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def judges(settings: Config, entries: Sequence[Entry]) -> Callable[[Clean], Judge]:
    """Return what gives the levels of each host their thresholds."""
    tags = {entry.name: entry.tags for entry in entries}
    return lambda name: judge(settings, name, tags.get(name, ()))


def judge(settings: Config, host: Clean, tags: Sequence[Clean] = ()) -> Judge:
    """Return what gives each level of a host its thresholds."""

    def thresholds(kind: Kind, level_id: Clean) -> config.Thresholds:
        return config.thresholds(settings, host, kind, level_id, tags)

    return thresholds

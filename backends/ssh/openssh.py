"""The operator's own OpenSSH configuration, asked by ``ssh -G`` and never read between the lines.

Each host is asked once, and again when one of the files has changed. Without an ssh client the
built-in defaults of OpenSSH hold, and that is told among what is not honoured.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
from functools import partial
from pathlib import Path
from typing import TypeVar

from backends.lane import Lane
from backends.run import Run
from backends.ssh.config_files import ConfigFiles
from backends.threads import Threads
from console.clean import clean
from console.errors import Problem, Unreachable
from console.inventory import Entry
from console.parse.destination import address_name, chain, user_name
from console.parse.ssh_aliases import Aliases
from console.parse.ssh_settings import Here, HostKeys, Identities, Settings, settings

T = TypeVar("T")

DEADLINE = 5.0
"""Seconds that ssh may take; ``Match exec`` and canonical names can make it slow."""
AT_ONCE = 8
"""Runs of ssh at a time."""

_IDENTITIES = ("id_rsa", "id_ecdsa", "id_ed25519")


class OpenSSH:
    """One operator's configuration; tests give another file and home folder."""

    def __init__(self, config: Path | None = None, home: Path | None = None) -> None:
        user = pwd.getpwuid(os.getuid())
        self._config = config
        self._home = home or Path(user.pw_dir)
        self._here = Here(
            str(self._home), user.pw_name, user.pw_uid, socket.gethostname(), os.environ
        )
        self._ssh = shutil.which("ssh")
        self._lane = Lane("ssh-config", DEADLINE)
        self._files = ConfigFiles(config, self._home)
        self._threads = Threads("ssh -G", AT_ONCE)
        self._runs: set[Run] = set()
        self._usual: asyncio.Task[str] | None = None
        self._found: dict[tuple[str, ...], asyncio.Task[Settings]] = {}

    @property
    def here(self) -> Here:
        """Who asks, and where."""
        return self._here

    async def settings(self, entry: Entry) -> Settings:
        """Return how to reach a host; raises ``Unreachable`` when that cannot be told."""
        words = _words(entry)
        if self._ssh is None:
            return self._without_ssh(entry)
        await self._notice_changes()
        task = self._found.get(words)
        if task is None or _failed(task):
            task = self._found[words] = asyncio.create_task(self._settings(self._ssh, words))
            task.add_done_callback(_failed)
        return await asyncio.shield(task)

    def client(self, entry: Entry) -> tuple[str, ...]:
        """Return the words of ssh that go to a host, as those asked about it.

        Raises ``Unreachable`` where there is no ssh, or no such host.
        """
        if self._ssh is None:
            hint = 'install openssh-client, or leave out enter_with = "ssh"'
            raise Unreachable("no ssh client is installed here", hint, Problem.CONFIG)
        return self._ssh, *self._file(), *_words(entry)

    def aliases(self) -> Aliases:
        """Return whom the files name; reads them at once, so not from a running loop."""
        return self._files.aliases()

    def forget(self) -> None:
        """Ask anew, even though no file has changed."""
        self._found = {key: task for key, task in self._found.items() if not task.done()}

    def close(self) -> None:
        """End what still runs."""
        for task in (*self._found.values(), *([self._usual] if self._usual else ())):
            task.cancel()
        for run in self._runs:
            run.kill()
        self._found.clear()
        self._lane.close()

    def _file(self) -> tuple[str, ...]:
        return ("-F", str(self._config)) if self._config else ()

    async def _notice_changes(self) -> None:
        try:
            if await self._lane.run(self._files.changed):
                self.forget()
        except TimeoutError:
            hint = f"see what holds up {self._config or self._home / '.ssh'}"
            message = "the configuration of ssh cannot be read: its file system hangs"
            raise Unreachable(message, hint, Problem.HUNG) from None

    async def _settings(self, ssh: str, words: tuple[str, ...]) -> Settings:
        """Ask about a host, in one run for all who ask the same."""
        if self._usual is None or _failed(self._usual):
            self._usual = asyncio.create_task(self._ask(ssh, "-F", "none", "--", "localhost"))
        usual = await asyncio.shield(self._usual)
        answer = await self._ask(ssh, *self._file(), *words)
        try:
            return settings(answer, usual, self._here, words[-1])
        except ValueError as error:
            raise _unresolved(str(error)) from None

    async def _ask(self, ssh: str, *words: str) -> str:
        run = Run((ssh, "-G", *words))
        self._runs.add(run)
        try:
            ended = await (await self._threads.start(partial(run.end, DEADLINE)))
        except OSError as error:
            raise _unresolved(f"ssh cannot be run: {error.strerror}") from None
        finally:
            run.kill()
            self._runs.discard(run)
        if ended is None:
            hint = f"see why it waits: ssh -G {words[-1]}"
            raise _unresolved(f"ssh -G took more than {DEADLINE:g} s", hint)
        if ended.status:
            hint = "mend what it names; ssh -G HOST tells the same"
            raise _unresolved(_reason(ended.trouble), hint)
        return ended.said.decode("utf-8", "replace")

    def _without_ssh(self, entry: Entry) -> Settings:
        folder = self._home / ".ssh"
        return Settings(
            hostname=entry.address,
            user=entry.user or self._here.user,
            port=entry.port or 22,
            jumps=entry.jump,
            host_keys=HostKeys(
                user_files=(str(folder / "known_hosts"),),
                global_files=("/etc/ssh/ssh_known_hosts",),
            ),
            identities=Identities(files=tuple(str(folder / name) for name in _IDENTITIES)),
            unhonoured=("~/.ssh/config: not read, for no ssh client is installed",),
        )


def _failed(task: asyncio.Task[T]) -> bool:
    """Whether it has; takes note of it, lest asyncio complains when all who asked have gone."""
    return task.done() and (task.cancelled() or task.exception() is not None)


def _words(entry: Entry) -> tuple[str, ...]:
    """Return the arguments that name a host, none of which can be taken for an option."""
    try:
        words = ["--", address_name(entry.address)]
        if entry.jump is not None:
            chain(entry.jump)
            words[:0] = ["-J", entry.jump]
        if entry.port is not None:
            words[:0] = ["-p", str(entry.port)]
        if entry.user is not None:
            words[:0] = ["-l", user_name(entry.user)]
    except ValueError as error:
        raise _unresolved(str(error)) from None
    return tuple(words)


def _reason(trouble: bytes) -> str:
    lines = trouble[:4096].decode("utf-8", "replace").splitlines()
    told = [line for line in lines if not line.startswith("Pseudo-terminal")]
    return next(iter(told), "ssh -G failed and does not say why")


def _unresolved(reason: str, hint: str = "") -> Unreachable:
    return Unreachable(clean(reason), hint, Problem.CONFIG)

"""A shell of this machine in the place of one at the end of an SSH connection.

``Piped("mksh")`` opens sessions as a connection does, so that the probe program can be asked
through any shell that is installed here, without a server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from typing import cast

import asyncssh

_Session = asyncssh.SSHClientSession[bytes]

_CHUNK = 1 << 15


class _Channel:
    """What a session needs of its channel."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def write(self, data: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(data)

    def abort(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()


class Piped:
    """Opens sessions in ``shell``, which may be several words; ``environ`` is all it is given."""

    def __init__(self, shell: str, environ: Mapping[str, str] | None = None) -> None:
        self._shell = shell
        self._environ = {"PATH": os.environ["PATH"]} if environ is None else environ
        self._tasks: list[asyncio.Task[None]] = []

    async def create_session(
        self, factory: Callable[[], _Session], command: str, **_: object
    ) -> tuple[_Channel, _Session]:
        words = command.removeprefix("exec ").replace("/bin/sh", self._shell, 1).split()
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environ,
        )
        session, channel = factory(), _Channel(process)
        session.connection_made(cast(asyncssh.SSHClientChannel[bytes], channel))
        self._tasks.append(asyncio.create_task(self._carry(process, session)))
        return channel, session

    async def close(self) -> None:
        """Return when every shell has ended."""
        await asyncio.gather(*self._tasks)

    async def _carry(self, process: asyncio.subprocess.Process, session: _Session) -> None:
        assert process.stdout
        assert process.stderr
        await asyncio.gather(
            _pumped(process.stdout, lambda data: session.data_received(data, None)),
            _pumped(
                process.stderr,
                lambda data: session.data_received(data, asyncssh.EXTENDED_DATA_STDERR),
            ),
        )
        session.exit_status_received(await process.wait())
        session.connection_lost(None)
        assert process.stdin
        with contextlib.suppress(OSError):
            process.stdin.close()


async def _pumped(stream: asyncio.StreamReader, take: Callable[[bytes], object]) -> None:
    while data := await stream.read(_CHUNK):
        take(data)

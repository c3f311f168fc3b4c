"""Programs on another host, on a channel of the connection there is: ``await open_remote(...)``.

On a pseudo terminal the server hangs up when the channel or the link ends. Without one it would
let a program run on, so a second channel stands by whose end is the sign to hang up.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import cast

import asyncssh

from backends.intake import Intake
from backends.ssh.troubles import lost, no_shell, not_opened
from console.clean import clean
from console.entering import Entering, argv, hanging_up
from console.errors import Denied, Problem, Unreachable
from console.quoting import login_word
from console.terminal import Size

SECONDS = 20.0
"""For a host to begin."""
_NARROW = 1 << 15
"""Bytes under way on a terminal: what is looked at meanwhile comes after those."""
_WIDE = 1 << 21
"""The same of pipes."""
_WAITING = 1 << 16
"""Bytes waiting to be sent after which whoever writes waits as well."""
_BEFORE = 4096
"""Bytes of complaints that may come before a program begins."""


def command(before: str, words: Sequence[bytes]) -> bytes:
    """Return the line for a login shell, of whatever kind that is; ``before`` comes first."""
    return b" ".join((b"exec", *before.encode().split(), *map(login_word, words)))


async def open_remote(
    connection: asyncssh.SSHClientConnection, before: str, entry: Entering, size: Size | None
) -> RemoteTerminal:
    """Start what is to be entered, on a terminal of this size or, without one, on pipes.

    ``before`` goes before it, as ``sudo -n``. Raises ``Unreachable`` or ``Denied``.
    """
    token = "" if size else secrets.token_hex(8)
    session = _Session(token.encode())
    words = argv(entry, token)
    try:
        async with asyncio.timeout(SECONDS):
            await _start(connection, session, command(before, words), entry.term, size)
            if not size:
                group = await session.group
                if not group:
                    raise _not_begun(session, before)
                session.lifeline = await _stand_by(connection, before, group)
    except TimeoutError:
        session.end()
        why = f"nothing began in {SECONDS:.0f} s"
        raise Unreachable(why, "the host or the link is very slow", Problem.TIMEOUT) from None
    except BaseException:
        session.end()
        raise
    return RemoteTerminal(session)


class _Session(asyncssh.SSHClientSession[bytes]):
    """One channel."""

    def __init__(self, token: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None
        self.lifeline: asyncssh.SSHClientChannel[bytes] | None = None
        self.intake = Intake(self._pause, self._resume)
        self.room = asyncio.Event()
        self.room.set()
        self.status: int | None = None
        self.over = asyncio.Event()
        self.group: asyncio.Future[int] = loop.create_future()
        """The process group it runs in there, once it has begun."""
        self._hello = re.compile(rb"^%s (\d{1,10})\r?\n" % token, re.MULTILINE) if token else None
        self._before = b""

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self.channel = chan
        chan.set_write_buffer_limits(high=_WAITING)

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if datatype == asyncssh.EXTENDED_DATA_STDERR:
            self._complaint(data)
        else:
            self.intake.put(1, data)

    def eof_received(self) -> bool:
        return True  # it may go on reading though it has nothing more to say

    def exit_status_received(self, status: int) -> None:
        self.status = status

    def exit_signal_received(
        self, signal_name: str, core_dumped: bool, msg: str, lang: str
    ) -> None:
        number = signal.Signals.__members__.get(f"SIG{signal_name}")
        self.status = 128 + (number or 0)

    def pause_writing(self) -> None:
        self.room.clear()

    def resume_writing(self) -> None:
        self.room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()

    def end(self) -> None:
        """Let go of it."""
        for each in (self.lifeline, self.channel):
            if each is not None:
                each.abort()
        self._finish()

    def _finish(self) -> None:
        if not self.group.done():
            self.group.set_result(0)
        self.over.set()
        self.room.set()
        self.intake.end()

    def _complaint(self, data: bytes) -> None:
        if self._hello is None:
            self.intake.put(2, data)
            return
        self._before += data
        if found := self._hello.search(self._before):
            self._hello = None
            self.group.set_result(int(found[1]))
            data = self._before[: found.start()] + self._before[found.end() :]
            if data:
                self.intake.put(2, data)
        elif len(self._before) > _BEFORE:
            self.end()

    @property
    def complaints(self) -> str:
        """The last line of what came before it began."""
        lines = self._before.strip().splitlines()
        return clean(lines[-1], 160) if lines else ""

    def _pause(self) -> None:
        if self.channel is not None:
            self.channel.pause_reading()

    def _resume(self) -> None:
        if self.channel is not None:
            self.channel.resume_reading()


class RemoteTerminal:
    """One program on another host."""

    def __init__(self, session: _Session) -> None:
        self._session = session

    def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield what it says."""
        return self._session.intake.pieces()

    async def write(self, data: bytes) -> None:
        """Give it input."""
        channel = self._session.channel
        if channel is not None and self.alive:
            with suppress(OSError):  # it takes no more
                channel.write(data)
            await self._session.room.wait()

    async def finish(self) -> None:
        """Let its input end."""
        if self._session.channel is not None and self.alive:
            self._session.channel.write_eof()

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of its terminal."""
        if self._session.channel is not None and self.alive:
            self._session.channel.change_terminal_size(columns, rows)

    @property
    def alive(self) -> bool:
        """Whether it has not ended, and neither has the link."""
        return not self._session.over.is_set()

    async def ended(self) -> int | None:
        """Return its exit status; ``None``: the link was lost, or it was closed, before."""
        await self._session.over.wait()
        return self._session.status

    def close(self) -> None:
        """Hang up."""
        self._session.end()


class _StandBy(asyncssh.SSHClientSession[bytes]):
    """The other channel: nothing is said on it."""


async def _start(
    connection: asyncssh.SSHClientConnection,
    session: asyncssh.SSHClientSession[bytes],
    line: bytes,
    term: str,
    size: Size | None,
) -> asyncssh.SSHClientChannel[bytes]:
    """Start a command; raises ``Unreachable`` or ``Denied``."""
    try:
        channel, _ = await connection.create_session(
            lambda: session,
            cast(str, line),  # asyncssh takes bytes as well, and words need not be UTF-8
            encoding=None,
            window=_NARROW if size else _WIDE,
            request_pty=size is not None,
            term_type=term if size else None,
            term_size=(size.columns, size.rows) if size else None,
        )
    except asyncssh.ChannelOpenError as error:
        if error.code == asyncssh.OPEN_REQUEST_PTY_FAILED:
            hint = "PermitTTY of its sshd or no-pty of the key decide that"
            raise Denied("there is no terminal to be had", hint) from error
        raise not_opened(error) from error
    except (asyncssh.Error, OSError) as error:
        raise lost(error) from error
    return channel


async def _stand_by(
    connection: asyncssh.SSHClientConnection, before: str, group: int
) -> asyncssh.SSHClientChannel[bytes] | None:
    """Make the channel whose end hangs up; ``None`` where there is none to be had."""
    with suppress(Unreachable, Denied, ValueError):
        line = command(before, hanging_up(group))
        return await _start(connection, _StandBy(), line, "", None)
    return None


def _not_begun(session: _Session, before: str) -> Unreachable | Denied:
    if session.status is None:
        return lost()
    return no_shell(before, session.status, session.complaints)

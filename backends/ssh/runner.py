"""Programs of sh run on another host, each on a channel of its own of the one connection."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import asyncssh

from backends.run import LARGEST, Ended
from backends.runner import OVER, fed
from backends.ssh.troubles import lost, no_shell, not_opened
from console.clean import clean
from console.errors import Problem, Unreachable

_WINDOW = 1 << 18
_TROUBLE = 4096
"""Bytes kept of the end of what is complained about."""
_PAUSES = 0.2, 0.5, 1.0
"""Seconds until one asks again for a session that was not to be had."""


class _Session(asyncssh.SSHClientSession[bytes]):
    """Takes what comes on a channel, from a mark on: before it, the login's own files may talk."""

    def __init__(self, mark: bytes) -> None:
        self.said = bytearray()
        self.trouble = b""
        self.status: int | None = None
        self.over = False
        self.marked = False
        self.news = asyncio.Event()
        self.flowing = True
        self._mark = b"\n" + mark + b"\n"
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if datatype == asyncssh.EXTENDED_DATA_STDERR:
            self.trouble = (self.trouble + data)[-_TROUBLE:]
            return
        self.said += data
        if not self.marked and (at := self.said.find(self._mark)) >= 0:
            del self.said[: at + len(self._mark)]
            self.marked = True
        if len(self.said) > LARGEST:
            self.end()
        self.news.set()

    def pause_writing(self) -> None:
        self.flowing = False

    def resume_writing(self) -> None:
        self.flowing = True
        self.news.set()

    def exit_status_received(self, status: int) -> None:
        self.status = status

    def exit_signal_received(
        self, signal_name: str, core_dumped: bool, msg: str, lang: str
    ) -> None:
        known = signal.Signals.__members__.get(f"SIG{signal_name}")
        self.status = -(known or signal.SIGKILL)

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = True
        self.news.set()

    def say(self, said: bytes) -> None:
        if self._channel is None or self.over:
            raise lost()
        try:
            self._channel.write(said)
        except (asyncssh.Error, OSError) as error:
            raise lost(error) from error

    def say_no_more(self) -> None:
        if self._channel is not None and not self.over:
            with suppress(OSError):  # it has ended already
                self._channel.write_eof()

    async def until(self, enough: Callable[[], bool]) -> None:
        """Return when there is enough, or there will be no more."""
        while not (self.over or enough()):
            self.news.clear()
            await self.news.wait()

    def end(self) -> None:
        if self._channel is not None:
            self._channel.abort()
        self.over = True


@dataclass(frozen=True, slots=True)
class Way:
    """How programs are started on a host."""

    connection: asyncssh.SSHClientConnection
    before: str
    """What their commands begin with, as ``sudo -n``; or empty."""


class SshRunner:
    """Runs programs on one host."""

    def __init__(self, way: Callable[[], Awaitable[Way]]) -> None:
        """``way`` gives the connection there is, or makes one."""
        self._way = way

    async def run(self, program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        """Run a program; one that takes too long is left alone."""
        way = await self._way()
        mark = secrets.token_hex(8).encode()
        session = _Session(mark)
        try:
            async with asyncio.timeout(seconds):
                await _open(way, session, fed(program, words, hello=mark))
                session.say_no_more()
                await session.until(lambda: False)
        except TimeoutError:
            raise _late(seconds) from None
        finally:
            session.end()
        _check(session, way.before)
        if session.status is None:
            raise lost()
        return Ended(session.status, bytes(session.said), session.trouble)

    async def talk(self, program: bytes, words: Sequence[bytes], seconds: float) -> SshTalk:
        """Begin a program that reads lines."""
        way = await self._way()
        mark = secrets.token_hex(8).encode()
        session = _Session(mark)
        said = fed(program, words, hello=mark, talks=True)
        try:
            async with asyncio.timeout(seconds):
                await _open(way, session, said)
                await session.until(lambda: session.marked)
            _check(session, way.before)
        except TimeoutError:
            session.end()
            raise _late(seconds) from None
        except BaseException:
            session.end()
            raise
        return SshTalk(session)


class SshTalk:
    """One program that reads lines."""

    def __init__(self, session: _Session) -> None:
        self._session = session

    async def ask(self, line: bytes, seconds: float) -> bytes:
        """Return the answer to a line."""
        self._session.say(line + b"\n")
        return await self.answer(seconds)

    async def send(self, data: bytes, seconds: float) -> None:
        """Give it bytes, and wait until it takes more."""
        session = self._session
        session.say(data)
        try:
            async with asyncio.timeout(seconds):
                await session.until(lambda: session.flowing)
        except TimeoutError:
            raise _late(seconds) from None
        if session.over:
            raise lost()

    async def answer(self, seconds: float) -> bytes:
        """Return an answer that nothing was asked for."""
        session = self._session
        try:
            async with asyncio.timeout(seconds):
                await session.until(lambda: OVER in session.said)
        except TimeoutError:
            raise _late(seconds) from None
        answer, over, rest = bytes(session.said).partition(OVER)
        if not over:
            _check(session, "")
            raise lost()
        session.said[:] = rest
        return answer

    async def close(self) -> None:
        """Let it end: it does with its input."""
        self._session.end()


async def _open(way: Way, session: _Session, said: bytes) -> None:
    """Start a shell and feed it; where sessions are few, one may come free."""
    # Any login shell understands these words: there is nothing in them to be quoted.
    command = f"exec {way.before} /bin/sh -s".replace("  ", " ")
    for pause in (*_PAUSES, None):
        try:
            await way.connection.create_session(
                lambda: session, command, encoding=None, window=_WINDOW, request_pty=False
            )
            break
        except asyncssh.ChannelOpenError as error:
            if pause is None:
                raise not_opened(error) from error
            await asyncio.sleep(pause)
            session.over = False
        except (asyncssh.Error, OSError) as error:
            raise lost(error) from error
    with suppress(Unreachable):  # it may have ended already: then it says why
        session.say(said)


def _check(session: _Session, before: str) -> None:
    """Raise when a program never began, or said too much."""
    if len(session.said) > LARGEST:
        raise Unreachable("it answers without end", "", Problem.GARBLED)
    if session.marked:
        return
    if session.status is None:
        raise lost()
    lines = (session.trouble.strip() or bytes(session.said).strip()).splitlines()
    raise no_shell(before, session.status, clean(lines[-1], 160) if lines else "")


def _late(seconds: float) -> Unreachable:
    return Unreachable(
        f"no answer for {seconds:.0f} s", "the link or the host hangs", Problem.TIMEOUT
    )

"""One stream to a server, direct or through a jump host, held back until the server has spoken.

So what speaks no SSH is told from what does, and neither it nor a black hole ever holds one of
the few places where keys are exchanged: those are for servers that have greeted. asyncssh takes
it as the tunnel to open its connection through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import asyncssh
from asyncssh.channel import SSHTCPChannel
from asyncssh.session import DataType, SSHTCPSession

from backends.ssh.troubles import dropped, not_ssh

MOST = 8192
"""Bytes a server may say before it greets."""
_GREETINGS = (b"SSH-2.0-", b"SSH-1.99-")
_LINES = 50

Stream = asyncio.Transport | SSHTCPChannel[bytes]


class Wire(SSHTCPSession[bytes], asyncio.Protocol):
    """A stream that is open; ``admitted`` waits for its turn once the server has greeted."""

    def __init__(self) -> None:
        self.admitted: Callable[[], Awaitable[None]] | None = None
        self.said = bytearray()
        """What the server has sent and asyncssh has not got yet."""
        self._stream: Stream | None = None
        self._settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lost = False
        self._connection: asyncssh.SSHClientConnection | None = None

    @property
    def greeted(self) -> bool:
        """Whether the server has said that it speaks SSH."""
        return any(line.startswith(_GREETINGS) for line in self._lines())

    def abort(self) -> None:
        """Close it at once."""
        if self._stream is not None:
            self._stream.abort()

    def close(self) -> None:
        """Close it: asyncssh's word for a tunnel that is done with."""
        self.abort()

    async def wait_closed(self) -> None:
        """Do not wait: closing is up to the other side."""

    async def create_connection(
        self,
        session_factory: Callable[[], SSHTCPSession[bytes]],
        remote_host: str,
        remote_port: int,
    ) -> tuple[SSHTCPChannel[bytes], SSHTCPSession[bytes]]:
        """Greet the server, await its greeting and our turn, then let asyncssh go on alone."""
        self._refuse_the_dead()
        if self._stream is None:
            raise dropped()
        connection = cast(asyncssh.SSHClientConnection, session_factory())
        try:
            connection.connection_made(cast(asyncio.Transport, self._stream))
            await self._settled
            self._refuse_the_dead()
            if self.admitted is not None:
                await self.admitted()
            self._refuse_the_dead()
        except BaseException:
            connection.abort()
            raise
        self._hand_over(connection)
        return cast(SSHTCPChannel[bytes], self._stream), cast(SSHTCPSession[bytes], connection)

    def connection_made(self, stream: asyncio.BaseTransport | SSHTCPChannel[bytes]) -> None:
        """Take the stream."""
        self._stream = cast(Stream, stream)

    def data_received(self, data: bytes, datatype: DataType = None) -> None:
        """Keep what comes before the turn, hand on what comes after it."""
        if self._connection is not None:
            self._connection.data_received(data)
            return
        self.said += data
        lines = self._lines()
        if any(line.startswith(b"SSH-") for line in lines):
            if self._stream is not None:
                self._stream.pause_reading()
            self._settle()
        elif len(self.said) > MOST or len(lines) > _LINES:
            self._settle()
            self.abort()

    def eof_received(self) -> bool:
        """The server has no more to say, so that the stream may close."""
        self._settle()
        if self._connection is not None:
            self._connection.eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The stream is gone."""
        self._lost = True
        self._settle()
        if self._connection is not None:
            self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        """Nothing: asyncssh keeps what it cannot send."""

    def resume_writing(self) -> None:
        """Nothing, likewise."""

    def _settle(self) -> None:
        if not self._settled.done():
            self._settled.set_result(None)

    def _refuse_the_dead(self) -> None:
        """Raise what there is to say of a server that has said no greeting, or has gone."""
        if self._settled.done() and not self.greeted:
            raise not_ssh(bytes(self.said)) if self.said.strip() else dropped()
        if self._lost:
            raise dropped()

    def _lines(self) -> list[bytearray]:
        return self.said[: self.said.rfind(b"\n") + 1].splitlines()

    def _hand_over(self, connection: asyncssh.SSHClientConnection) -> None:
        stream, said = self._stream, bytes(self.said)
        self.said.clear()
        self.admitted = None  # asyncssh keeps its tunnel, which need not keep all that
        self._connection = connection
        if isinstance(stream, asyncio.Transport):
            stream.set_protocol(connection)  # nothing between them from here on
        connection.data_received(said)
        if stream is not None:
            stream.resume_reading()

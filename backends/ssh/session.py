"""The channel of one shell: bytes as they come, and the frames they complete.

``session.expect(7)`` is a future of the frame with that number. Whatever else comes ends it all.
"""

from __future__ import annotations

import asyncio

import asyncssh

from console.clean import clean
from console.errors import Unparsable
from console.parse.probe_frames import Frame, Reader

_COMPLAINTS = 4096
"""Bytes kept of the end of what is complained about."""


class Session(asyncssh.SSHClientSession[bytes]):
    """Takes what comes on the channel, never holding more than one frame of it."""

    def __init__(self, separator: bytes) -> None:
        self.reader = Reader(separator)
        self.complaints = b""
        self.status: int | None = None
        self.ended = False
        self.fault: Unparsable | None = None
        self.received = 0
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._answer: tuple[int, asyncio.Future[Frame | None]] | None = None
        self._awaited: tuple[asyncio.Future[None], ...] = ()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self.received += len(data)
        if datatype == asyncssh.EXTENDED_DATA_STDERR:
            self.complaints = (self.complaints + data)[-_COMPLAINTS:]
            return
        try:
            for frame in self.reader.feed(data):
                self._complete(frame)
        except Unparsable as error:
            self.fault = self.fault or error
            self.end()

    def exit_status_received(self, status: int) -> None:
        self.status = status

    def connection_lost(self, exc: Exception | None) -> None:
        self._over()

    @property
    def complaint(self) -> str:
        """The last line that a program complained with, since the last request."""
        return clean(self.complaints.strip().rsplit(b"\n", 1)[-1], 160)

    def expect(self, number: int) -> asyncio.Future[Frame | None]:
        """Return what will be the frame of this number; ``None``: there will be none."""
        answer: asyncio.Future[Frame | None] = asyncio.get_running_loop().create_future()
        self._answer = number, answer
        self.complaints = b""
        if self.ended:
            self._settle(None)
        return answer

    def end_awaited(self) -> asyncio.Future[None]:
        """Return what is done when it has ended; whoever awaits that may cancel it."""
        awaited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited = (*(each for each in self._awaited if not each.done()), awaited)
        if self.ended:
            self._over()
        return awaited

    def end(self) -> None:
        """Let go of the channel, at once."""
        if self._channel is not None:
            self._channel.abort()
        self._over()

    def _over(self) -> None:
        self.ended = True
        self._settle(None)
        for each in self._awaited:
            if not each.done():
                each.set_result(None)

    def _complete(self, frame: Frame) -> None:
        if self._answer is None or frame.number != self._answer[0]:
            raise Unparsable("answer", str(frame.number), "the number of the question")
        self._settle(frame)

    def _settle(self, frame: Frame | None) -> None:
        if self._answer is not None and not self._answer[1].done():
            self._answer[1].set_result(frame)
        self._answer = None

"""One shell on another host that answers frame by frame.

``shell = await Shell.begun(connection, "", 120, 10)`` starts ``/bin/sh`` there and feeds it
``program.sh``; ``await shell.ask(b"fast", 6.0)`` is one frame. Nothing is written there, and the
shell ends with its input: when this process ends, the connection, or ``close`` is called. A host
that sends what was not asked for, without end or in no known form loses its shell.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import asyncssh

from backends.runner import LISTEN
from backends.ssh.alarm import Alarm
from backends.ssh.leeway import NONE, Leeway
from backends.ssh.session import Session
from backends.ssh.troubles import lost, no_shell, not_opened
from console.clean import clean
from console.errors import Denied, Problem, Unreachable
from console.parse.probe_frames import Frame

_PROGRAM = LISTEN + Path(__file__).with_name("program.sh").read_bytes()
_WINDOW = 1 << 18
"""Bytes the host may send before they are taken."""
_GREETING = frozenset((b"hello", b"mark"))
"""What the program says first."""
_KNOCK = 1.0
"""Seconds for a server to say anything at all, before its silence is given up."""


class Silent(Unreachable):
    """No frame came in time; ``begun`` names what was being answered."""

    def __init__(self, seconds: float, begun: bytes) -> None:
        doing = f" ({clean(begun)} does not return)" if begun else ""
        super().__init__(
            f"no answer for {seconds:.0f} s{doing}",
            "the link or the host hangs; it is tried again by itself",
            Problem.HUNG if begun else Problem.TIMEOUT,
        )
        self.seconds, self.begun = seconds, begun


class Answerer(Protocol):
    """Answers requests; ``Shell`` tells how."""

    @property
    def mark(self) -> bytes: ...

    @property
    def complaint(self) -> str: ...

    async def ask(self, request: bytes, seconds: float, unsaid: bytes = b"") -> Frame: ...


class Shell:
    """A shell that has said hello; it is asked one thing at a time."""

    def __init__(
        self,
        connection: asyncssh.SSHClientConnection,
        channel: asyncssh.SSHClientChannel[bytes],
        session: Session,
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._session = session
        self._number = 0
        self._alarm = Alarm()
        self._knocking: asyncio.Future[bool] | None = None
        self.hello = b""
        """What it said of itself."""
        self.mark = b""
        """What stands before each of many files: only this session can have it."""
        self.leeway: Leeway = NONE
        """Lengthens the seconds of whatever is asked."""

    @classmethod
    async def begun(
        cls, connection: asyncssh.SSHClientConnection, before: str, limit: float, seconds: float
    ) -> Shell:
        """Start one; ``before`` goes before ``/bin/sh``, as ``sudo -n``.

        It ends by itself ``limit`` seconds after the last request, where it can tell the time.
        Raises ``Unreachable`` or ``Denied``; a channel may then be left half open.
        """
        session = Session(separator := secrets.token_hex(8).encode())
        # Any login shell understands these words: there is nothing in them to be quoted.
        command = f"exec {before} /bin/sh -s {secrets.token_hex(8)}".replace("  ", " ")
        try:
            async with asyncio.timeout(seconds):
                channel, _ = await connection.create_session(
                    lambda: session, command, encoding=None, window=_WINDOW, request_pty=False
                )
                shell = cls(connection, channel, session)
                greeting = session.expect(0)
                with suppress(BrokenPipeError):  # it has ended already, and said how
                    channel.write(b"S=%s limit=%d\n" % (separator, limit) + _PROGRAM)
                hello = await greeting
        except TimeoutError:
            session.end()
            raise _no_hello(session, seconds) from None
        except asyncssh.ChannelOpenError as error:
            raise not_opened(error) from error
        except (asyncssh.Error, OSError) as error:
            raise lost(error) from error
        except asyncio.CancelledError:
            session.end()
            raise
        if hello is None:
            raise _ended_early(session, before)
        if not hello.sections.keys() >= _GREETING:
            session.end()
            raise _senseless("a greeting that says nothing")
        shell.hello, shell.mark = (hello.sections[name].data for name in (b"hello", b"mark"))
        return shell

    @property
    def received(self) -> int:
        """Bytes that came so far."""
        return self._session.received

    @property
    def complaint(self) -> str:
        """The last line that a program complained with, since the last request."""
        return self._session.complaint

    async def ask(
        self, request: bytes, seconds: float, unsaid: bytes = b"", parts: int = 1
    ) -> Frame:
        """Return the answer to one line. Raises ``Unreachable``, then the shell is no more.

        ``unsaid`` names what may hang there without a word of its beginning, which would cost a
        packet each time: that it is if the link is found to live. A request of many ``parts`` may
        take as many times ``seconds``, if something of it comes each time.
        """
        answer = self.post(request)
        seconds *= self.leeway.times
        self._wait(answer, seconds, unsaid, parts)
        try:
            return self.result(await answer)
        except TimeoutError:
            begun = self._session.reader.begun or (unsaid if self._lives else b"")
            self.close()
            raise Silent(seconds, begun) from None
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            self._alarm.stop()
            if self._knocking is not None:
                self._knocking.cancel()
                self._knocking = None

    def _wait(
        self, answer: asyncio.Future[Frame | None], seconds: float, unsaid: bytes, parts: int
    ) -> None:
        """Set the alarm for what may not be late."""
        before = self.received

        def late() -> None:
            if parts > 1 and self.received > before:
                self._wait(answer, seconds, unsaid, parts - 1)
            elif unsaid:
                self._knock(answer)
            else:
                _tire(answer)

        self._alarm.set(seconds - _KNOCK if unsaid else seconds, late)

    @property
    def _lives(self) -> bool:
        """Whether the server was knocked at and said anything."""
        return self._knocking is not None and self._knocking.done() and self._knocking.result()

    def _knock(self, answer: asyncio.Future[Frame | None]) -> None:
        """Knock at the server, and wait for ``_KNOCK`` seconds more."""
        self._knocking = asyncio.ensure_future(self._knocked())
        self._alarm.set(_KNOCK, lambda: _tire(answer))

    async def _knocked(self) -> bool:
        """Return whether the server answers to another session, be it with a refusal."""
        try:
            channel, _ = await self._connection.create_session(
                asyncssh.SSHClientSession, "exec /bin/sh -c exit", encoding=None, request_pty=False
            )
        except (asyncssh.Error, OSError) as error:
            return isinstance(error, asyncssh.ChannelOpenError)
        channel.abort()
        return True

    def post(self, request: bytes) -> asyncio.Future[Frame | None]:
        """Send one line; what comes of it is for ``result``. Raises ``Unreachable``."""
        if not self.alive:
            raise _ended(self._session)
        self._number += 1
        answer = self._session.expect(self._number)
        try:
            self._channel.write(b"%s; over %d\n" % (request, self._number))
        except (asyncssh.Error, OSError) as error:
            raise lost(error) from error
        return answer

    def result(self, frame: Frame | None) -> Frame:
        """Return the frame if there is one. Raises ``Unreachable`` saying why not."""
        if frame is None:
            raise _ended(self._session)
        return frame

    def ended(self) -> asyncio.Future[None]:
        """Return what is done when the shell is no more; whoever awaits that may cancel it."""
        return self._session.end_awaited()

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._session.ended

    def close(self) -> None:
        """Let it go."""
        self._session.end()


def _tire(answer: asyncio.Future[Frame | None]) -> None:
    """Wait for an answer no longer."""
    if not answer.done():
        answer.set_exception(TimeoutError())


def _no_hello(session: Session, seconds: float) -> Unreachable:
    noise = clean(session.reader.noise.strip() or session.complaints.strip(), 80)
    said = f"; it said: {noise}" if noise else ""
    if noise.startswith("S="):
        said = "; it sends back what it gets"
    return Unreachable(
        f"no shell answered in {seconds:.0f} s{said}",
        "a forced command or a login shell that is none? try: ssh HOST /bin/sh -c true",
        Problem.TIMEOUT,
    )


def _ended_early(session: Session, before: str) -> Unreachable | Denied:
    """Say why a shell ended before it said hello."""
    said = session.complaint or clean(session.reader.noise.strip(), 80)
    if session.fault or session.reader.begun or _without_process(said):
        return _ended(session)
    if session.status is not None:
        return no_shell(before, session.status, said)
    return Unreachable("the link was lost before a shell answered", "", Problem.LOST)


def _ended(session: Session) -> Unreachable:
    """Say why a shell ended that had said hello."""
    if session.fault:
        return _senseless(str(session.fault))
    said = session.complaint
    if _without_process(said):
        return Unreachable(
            f"it can start no process: {said}", "pids or memory have run out there", Problem.LIMIT
        )
    if session.status is not None:
        why = f": {said}" if said else ""
        return Unreachable(f"its shell ended with status {session.status}{why}", "", Problem.LOST)
    return Unreachable("the link was lost", "", Problem.LOST)


def _senseless(why: str) -> Unreachable:
    return Unreachable(
        f"it answers with what makes no sense: {clean(why, 160)}",
        "something on the host prints into the session, or it cannot be trusted",
        Problem.GARBLED,
    )


def _without_process(said: str) -> bool:
    """Whether a shell complains that it could start no process, as dash, bash or busybox do."""
    return "fork" in said.lower()

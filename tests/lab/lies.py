"""What a hostile host can do in a session, as short programs over the truth.

A lie is ``async def lie(talk)``: it takes true frames with ``await talk.frame()`` and tells the
client what it likes with ``await talk.say(data)``. ``LIES`` holds them by name.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import asyncssh

STRIKE = "strike"
"""File in the server's folder: while it is there, the lies that wait for it are told."""
_ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Talk:
    """One session: what a shell here really says, and what the client is told."""

    def __init__(self, process: asyncssh.SSHServerProcess[bytes], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._buffer = b""
        self.separator = b""

    async def begin(self) -> None:
        """Start the shell that was asked for."""
        command = ("/bin/sh", "-c", self._process.command or "exec sh")
        pipe = subprocess.PIPE
        self._shell = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=_ENVIRON
        )
        self._pump = asyncio.create_task(self._listen())

    async def frame(self) -> bytes:
        """Return the next true frame, or nothing when the shell has ended."""
        assert self._shell.stdout
        while not (end := self._end_of_frame()):
            if not (more := await self._shell.stdout.read(1 << 16)):
                return b""
            self._buffer += more
        frame, self._buffer = self._buffer[:end], self._buffer[end:]
        return frame

    async def say(self, data: bytes) -> None:
        """Tell the client, waiting until it takes more. Raises ``OSError`` when it has gone."""
        if self._process.is_closing():
            raise BrokenPipeError
        self._process.stdout.write(data)
        await self._process.stdout.drain()

    async def complain(self, data: bytes) -> None:
        """Tell the client on the other channel, that for errors. Raises ``OSError`` likewise."""
        if self._process.is_closing():
            raise BrokenPipeError
        self._process.stderr.write(data)
        await self._process.stderr.drain()

    async def honestly(self) -> None:
        """Tell the truth until it is time to strike."""
        while not (self._folder / STRIKE).exists() and (frame := await self.frame()):
            await self.say(frame)

    def leave(self, status: int) -> None:
        """End the session as if the shell had ended."""
        self._process.exit(status)

    def drop(self) -> None:
        """End the connection as if the cable had been cut."""
        self._process.channel.get_connection().abort()

    async def end(self) -> None:
        """Let go of the shell."""
        self._pump.cancel()
        with suppress(ProcessLookupError):
            os.kill(self._shell.pid, signal.SIGKILL)
        await self._shell.wait()

    async def _listen(self) -> None:
        assert self._shell.stdin
        with suppress(OSError, asyncssh.Error):
            while data := await self._process.stdin.read(1 << 16):
                if not self.separator and (told := re.search(rb"\bS=(\w+)", data)):
                    self.separator = told[1]
                self._shell.stdin.write(data)
                await self._shell.stdin.drain()
        self._shell.stdin.close()

    def _end_of_frame(self) -> int:
        if not self.separator:
            return 0
        ended = re.search(rb"\n%s\.\d+\n" % self.separator, self._buffer)
        return ended.end() if ended else 0


Lie = Callable[[Talk], Awaitable[None]]
Change = Callable[[bytes, Talk], bytes]

_NUMBERS = cycle((b"9" * 40, b"-7", b"0", b"1e999", b"NaN", b"18446744073709551616"))


def _untrue(change: Change) -> Lie:
    """Return a lie that changes each frame."""

    async def lie(talk: Talk) -> None:
        await talk.honestly()
        while frame := await talk.frame():
            await talk.say(change(frame, talk))

    return lie


def _flood(block: bytes) -> Lie:
    """Return a lie that never ends."""

    async def lie(talk: Talk) -> None:
        await talk.honestly()
        while True:
            await talk.say(block)

    return lie


def _before(text: bytes) -> Lie:
    """Return a truth with something before it, as start-up files print it."""

    async def lie(talk: Talk) -> None:
        await talk.say(text)
        while frame := await talk.frame():
            await talk.say(frame)

    return lie


def _half(then: Callable[[Talk], None]) -> Lie:
    """Return a lie that ends in the middle of a frame."""

    async def lie(talk: Talk) -> None:
        await talk.honestly()
        frame = await talk.frame()
        await talk.say(frame[: len(frame) // 2])
        then(talk)

    return lie


async def _slow(talk: Talk) -> None:
    await talk.honestly()
    while frame := await talk.frame():
        for byte in frame:
            await talk.say(bytes([byte]))
            await asyncio.sleep(1)


async def _mute(talk: Talk) -> None:
    await talk.honestly()
    while await talk.frame():
        pass


async def _replay(talk: Talk) -> None:
    await talk.honestly()
    frame = await talk.frame()
    while True:
        await talk.say(frame)
        await talk.frame()


async def _angry(talk: Talk) -> None:
    async def complain() -> None:
        while True:
            await talk.complain(b"E: \x1b[31mno\x1b]0;owned\x07 " * 1000 + b"\n")

    async with asyncio.TaskGroup() as group:
        group.create_task(complain())
        while frame := await talk.frame():
            await talk.say(frame)
        raise BrokenPipeError


async def _gone(talk: Talk) -> None:
    talk.leave(0)


def _figures(frame: bytes, talk: Talk) -> bytes:
    def changed(line: bytes) -> bytes:
        ours = line.startswith(talk.separator)
        return line if ours else re.sub(rb"\b\d{3,}\b", next(_NUMBERS), line)

    return b"\n".join(map(changed, frame.split(b"\n")))


LIES: dict[str, Lie] = {
    "truth": _untrue(lambda frame, _: frame),
    "endless": _flood(b"y\n" * 8192),
    "oneline": _flood(b"x" * 16384),
    "random": _flood(random.Random(7).randbytes(16384)),  # noqa: S311 noise
    "slow": _slow,
    "mute": _mute,
    "banner": _untrue(lambda frame, _: frame),
    "noise": _before(b"Welcome to \x1b[31mthis host\x1b[0m\nYou have mail.\n" * 20),
    "megabyte": _before(b"m" * (1 << 20) + b"\n"),
    "cut": _half(Talk.drop),
    "closed": _half(lambda talk: talk.leave(0)),
    "gone": _gone,
    "separator": _untrue(lambda frame, talk: frame.replace(talk.separator, talk.separator[::-1])),
    "twice": _untrue(lambda frame, _: frame + frame),
    "replay": _replay,
    "bytes": _untrue(lambda frame, _: frame.replace(b"tmpfs", b"\xff\xfe\x1b]0;owned\x07\x9b1m")),
    "figures": _untrue(_figures),
    "angry": _angry,
}
"""By login name."""

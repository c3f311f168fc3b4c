"""Programs of sh run on this host, each in a session of its own and off the loop."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final, cast

from backends.run import LARGEST, Ended, Run
from backends.runner import OVER, PATH, fed
from backends.threads import Threads
from console.clean import clean
from console.errors import ConsoleError, Problem, Unreachable

_AT_ONCE = 8
_SHELL: Final = "/bin/sh"
_ENVIRONMENT: Final = {"PATH": PATH, "LC_ALL": "C"}


class LocalRunner:
    """Runs programs here, as whoever runs this console."""

    def __init__(self) -> None:
        self._threads = Threads("sh", _AT_ONCE)

    async def run(self, program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        """Run a program; one that takes too long is killed with all it started."""
        run = Run((_SHELL, "-s"), fed(program, words), _ENVIRONMENT)
        try:
            ended = await (await self._threads.start(partial(run.end, seconds)))
        except OSError as error:
            raise _not_begun(error) from error
        finally:
            run.kill()
        if ended is None:
            raise _late(seconds)
        return ended

    async def talk(self, program: bytes, words: Sequence[bytes], seconds: float) -> LocalTalk:
        """Begin a program that reads lines; it has said hello when this returns."""
        try:
            process = await asyncio.create_subprocess_exec(
                _SHELL,
                "-s",
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=_ENVIRONMENT,
                start_new_session=True,
                limit=LARGEST,
            )
        except OSError as error:
            raise _not_begun(error) from error
        talk = LocalTalk(
            process, cast(StreamWriter, process.stdin), cast(StreamReader, process.stdout)
        )
        try:
            await talk.begin(fed(program, words, hello=b".", talks=True), seconds)
        except BaseException:
            await talk.close()
            raise
        return talk


class LocalTalk:
    """One program that reads lines."""

    def __init__(self, process: Process, stdin: StreamWriter, stdout: StreamReader) -> None:
        self._process = process
        self._stdin = stdin
        self._stdout = stdout

    async def ask(self, line: bytes, seconds: float) -> bytes:
        """Return the answer to a line."""
        return await self.begin(line + b"\n", seconds)

    async def send(self, data: bytes, seconds: float) -> None:
        """Give it bytes, and wait until it takes more."""
        try:
            async with asyncio.timeout(seconds):
                self._stdin.write(data)
                await self._stdin.drain()
        except TimeoutError:
            raise _late(seconds) from None
        except ConnectionError:
            raise Unreachable("its shell ended", "", Problem.LOST) from None

    async def answer(self, seconds: float) -> bytes:
        """Return an answer that nothing was asked for."""
        return await self.begin(b"", seconds)

    async def begin(self, said: bytes, seconds: float) -> bytes:
        """Give it something to read, and return what it answers."""
        try:
            async with asyncio.timeout(seconds):
                with suppress(ConnectionError):  # it has ended, which its answer tells
                    self._stdin.write(said)
                    await self._stdin.drain()
                answer = await self._stdout.readuntil(OVER)
        except TimeoutError:
            raise _late(seconds) from None
        except asyncio.IncompleteReadError:
            raise Unreachable("its shell ended", "", Problem.LOST) from None
        except asyncio.LimitOverrunError:
            raise Unreachable("it answers without end", "", Problem.GARBLED) from None
        return answer.removesuffix(OVER)

    async def close(self) -> None:
        """Let it end, and see to it that it does, with all it has started."""
        self._stdin.close()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        try:
            await self._process.wait()
        except asyncio.CancelledError:
            await self._process.wait()  # for who else would? It has been killed.
            raise


class NoRunner:
    """Runs nothing."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def run(self, program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        """Refuse."""
        raise ConsoleError(self._why)

    async def talk(self, program: bytes, words: Sequence[bytes], seconds: float) -> LocalTalk:
        """Refuse."""
        raise ConsoleError(self._why)


def _not_begun(error: OSError) -> Unreachable:
    why = clean(error.strerror or str(error))
    return Unreachable(f"no shell can be started: {why}", "", Problem.LIMIT)


def _late(seconds: float) -> Unreachable:
    return Unreachable(f"no answer for {seconds:.0f} s", "something hangs", Problem.HUNG)

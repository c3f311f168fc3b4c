"""The operator's end of a terminal: ``await on_terminal(terminal)`` until that has ended.

Every byte passes both ways while the loop goes on. A terminal that is lent is given back as it
was, whatever happens: settings, modes, title, and without what was typed too late.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import struct
import termios
import tty
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import FrameType

from backends import descriptors
from console.escapes import HELP, Escapes, Word
from console.modes import Modes
from console.terminal import LEFT, Size, Terminal

_TYPED_AHEAD = 64
"""Reads of the keyboard that may wait for a program that takes nothing; ``~.`` is still heard."""
_KEEP_TITLE, _OLD_TITLE = b"\x1b[22;0t", b"\x1b[23;0t"


def terminal_size() -> Size | None:
    """Return the size of the operator's terminal; ``None`` where input or output is none."""
    if not (os.isatty(0) and os.isatty(1)):
        return None
    rows, columns, _, _ = struct.unpack("4H", fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))
    return Size(columns or 80, rows or 24)


async def on_pipes(terminal: Terminal) -> int | None:
    """Let standard input, output and error be the program's; return its exit status.

    ``None``: the link was lost. Raises ``OSError`` when nobody takes the output.
    """
    try:
        async with _meanwhile(_piped(terminal)):
            async for number, data in terminal.output():
                await descriptors.write(number, data)
            return await terminal.ended()
    finally:
        terminal.close()


async def on_terminal(terminal: Terminal) -> int | None:
    """Let the operator's terminal be the program's; return its exit status.

    ``LEFT``: the operator typed ``~.``. ``None``: the link was lost, or the operator's terminal.
    """
    left, turn = asyncio.Event(), asyncio.Lock()
    try:
        with _lent() as (ours, modes), _resizing(terminal):
            async with _meanwhile(_typed(ours, terminal, left, turn)):
                async for _, data in terminal.output():
                    modes.feed(data)
                    async with turn:
                        await descriptors.write(ours, data)
                return LEFT if left.is_set() else await terminal.ended()
    except OSError:  # it is gone
        return None
    finally:
        terminal.close()


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do something until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _piped(terminal: Terminal) -> None:
    """Give a program what comes in."""
    while data := await descriptors.read(0):
        await terminal.write(data)
    await terminal.finish()


async def _typed(ours: int, terminal: Terminal, left: asyncio.Event, turn: asyncio.Lock) -> None:
    """Give a program what is typed, and hang up when the operator leaves, or is gone.

    ``turn`` is that of who writes to the operator.
    """
    escapes = Escapes()
    ahead: asyncio.Queue[bytes] = asyncio.Queue(_TYPED_AHEAD)

    async def give() -> None:
        while True:
            await terminal.write(await ahead.get())

    async with _meanwhile(give()):
        while data := await descriptors.read(ours):
            typed, word = escapes.feed(data)
            if word is Word.LEAVE:
                left.set()
                break
            if word is Word.HELP:
                async with turn:
                    await descriptors.write(ours, HELP)
            if typed:
                await ahead.put(typed)
    terminal.close()


@contextmanager
def _lent() -> Iterator[tuple[int, Modes]]:
    """Lend the operator's terminal, raw; tell ``Modes`` what is written to it. Raises ``OSError``.

    It is opened anew: what is set of an inherited file is set for the operator's shell as well.
    """
    ours = _opened()
    modes = Modes()
    try:
        settings = termios.tcgetattr(ours)
        tty.setraw(ours, termios.TCSANOW)
    except termios.error as error:
        os.close(ours)
        raise OSError(*error.args) from error
    try:
        os.write(ours, _KEEP_TITLE)
        yield ours, modes
    finally:
        with suppress(OSError):  # it takes nothing now
            os.write(ours, modes.undo + _OLD_TITLE)
        with suppress(termios.error):  # it is gone
            # Nothing typed for the program may be read by whoever has the terminal next.
            termios.tcflush(ours, termios.TCIFLUSH)
            termios.tcsetattr(ours, termios.TCSANOW, settings)
        os.close(ours)


def _opened() -> int:
    flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(os.ttyname(0), flags)
    except OSError:  # it belongs to another user, or to a place that is not seen from here
        return os.open("/dev/tty", flags)


@contextmanager
def _resizing(terminal: Terminal) -> Iterator[None]:
    """Let a program know when the operator's terminal has another size."""
    loop = asyncio.get_running_loop()

    def resize() -> None:
        if size := terminal_size():
            terminal.resize(size.columns, size.rows)

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(resize)

    before = signal.signal(signal.SIGWINCH, heard)
    try:
        resize()  # it may have changed since it was asked
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)

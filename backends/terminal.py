"""Programs on this host, on a pseudo terminal or on pipes: ``await open_local(entry, size)``.

Each runs in a session of its own. What still runs when its terminal is closed, or when this
process ends in whatever way, is told by SIGHUP.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import signal
import struct
import termios
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from backends import descriptors
from backends.intake import Intake
from backends.runner import PATH
from console.clean import clean
from console.entering import Entering, argv, hanging_up
from console.errors import ConsoleError
from console.terminal import Size

_SETTLING = 0.2
"""Seconds without a word after which a terminal that others hold on to has said everything."""
_Action = tuple[int, int, int] | tuple[int, int, str, int, int]
_OURS = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTERM}
_OURS |= {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGXFSZ}
"""Signals that mean to a program what they usually do, whatever they mean to us."""


async def open_local(entry: Entering, size: Size | None) -> LocalTerminal:
    """Start what is to be entered, on a terminal of this size or, without one, on pipes.

    Raises ``ConsoleError``.
    """
    words = argv(entry)
    if size:
        return open_program(words, size, _environ())
    with _complaints():
        return _on_pipes(words)


def open_program(words: Sequence[bytes], size: Size, environ: Mapping[str, str]) -> LocalTerminal:
    """Start a program, by its path, on a terminal of this size. Raises ``ConsoleError``."""
    with _complaints():
        return _on_terminal(words, size, environ)


@dataclass(slots=True)
class _Ends:
    """Our ends of what a program has for input and output."""

    inlet: int
    outlets: dict[int, int]
    """From what it calls a descriptor to where that is read."""
    lifeline: int | None = None
    """Closing it hangs up."""
    open: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        held = {self.inlet, *self.outlets.values(), self.lifeline}
        self.open = {each for each in held if each is not None}
        for each in self.open:
            os.set_blocking(each, False)

    def close(self, descriptor: int) -> None:
        """Close one, once."""
        if descriptor in self.open:
            self.open.discard(descriptor)
            os.close(descriptor)


class LocalTerminal:
    """One program on this host."""

    def __init__(self, pid: int, ends: _Ends) -> None:
        self._ends = ends
        self._loop = asyncio.get_running_loop()
        self._intake = Intake(self._pause, self._resume)
        self._sources = dict(ends.outlets)
        self._said = 0
        self._status: asyncio.Future[int] = self._loop.create_future()
        _reaped(pid, self._over_with)
        self._resume()

    @property
    def _is_terminal(self) -> bool:
        return self._ends.inlet in self._ends.outlets.values()

    def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield what it says."""
        return self._intake.pieces()

    async def write(self, data: bytes) -> None:
        """Give it input."""
        if self._ends.inlet in self._ends.open:
            with suppress(OSError):  # it takes no more
                await descriptors.write(self._ends.inlet, data)

    async def finish(self) -> None:
        """Let its input end."""
        if not self._is_terminal:
            self._ends.close(self._ends.inlet)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the program gets SIGWINCH."""
        if self._is_terminal and self._ends.inlet in self._ends.open:
            _resize(self._ends.inlet, Size(columns, rows))

    async def ended(self) -> int | None:
        """Return its exit status."""
        return await asyncio.shield(self._status)

    def close(self) -> None:
        """Hang up. It is awaited no longer, though reaped if the loop goes on."""
        self._pause()
        for descriptor in tuple(self._ends.open):
            self._loop.remove_writer(descriptor)
            self._ends.close(descriptor)
        self._sources.clear()
        self._intake.end()

    def _pause(self) -> None:
        for descriptor in self._sources.values():
            self._loop.remove_reader(descriptor)

    def _resume(self) -> None:
        for number, descriptor in self._sources.items():
            self._loop.add_reader(descriptor, self._take, number, descriptor)

    def _take(self, number: int, descriptor: int) -> None:
        try:
            data = os.read(descriptor, descriptors.MOST)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:  # which says that nobody has the terminal any more
                raise
            data = b""
        if data:
            self._said += len(data)
            self._intake.put(number, data)
        else:
            self._over(number)

    def _over(self, number: int) -> None:
        self._loop.remove_reader(descriptor := self._sources.pop(number))
        if descriptor != self._ends.inlet:
            self._ends.close(descriptor)
        if not self._sources:
            self._intake.end()

    def _over_with(self, status: int) -> None:
        self._status.set_result(status)
        if self._is_terminal:
            self._settle(-1)

    def _settle(self, said: int) -> None:
        """End a terminal that is held by what was left in the background, once all is read."""
        if self._sources and not self._intake.paused and said == self._said:
            self._over(1)
        elif self._sources:
            self._loop.call_later(_SETTLING, self._settle, self._said)


@contextmanager
def _complaints() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = clean(error.strerror or str(error))
        raise ConsoleError(f"nothing can be started here: {why}") from error


def _environ() -> dict[str, str]:
    return {"PATH": PATH, "HOME": os.environ.get("HOME", "/")}


def _on_terminal(words: Sequence[bytes], size: Size, environ: Mapping[str, str]) -> LocalTerminal:
    ours, theirs = os.openpty()
    try:
        _resize(ours, size)
        # The leader of a session gets the first terminal it opens for its own.
        place = (os.POSIX_SPAWN_OPEN, 0, os.ttyname(theirs), os.O_RDWR, 0)
        pid = _started(words, [place, *_copied(0, 1, 2)], environ)
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return LocalTerminal(pid, _Ends(ours, {1: ours}))


def _on_pipes(words: Sequence[bytes]) -> LocalTerminal:
    (stdin, inlet), (out, stdout), (err, stderr), (line, lifeline) = (os.pipe() for _ in range(4))
    try:
        ends = [*_copied(stdin, 0), *_copied(stdout, 1), *_copied(stderr, 2)]
        pid = _started(words, ends, _environ())
        silence = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
        watching = [*_copied(line, 0), silence, *_copied(1, 2)]
        watcher = _started(hanging_up(pid), watching, _environ())
    except OSError:
        for each in (inlet, out, err, lifeline):
            os.close(each)
        raise
    finally:
        for each in (stdin, stdout, stderr, line):
            os.close(each)
    _reaped(watcher, lambda _: None)
    return LocalTerminal(pid, _Ends(inlet, {1: out, 2: err}, lifeline))


def _started(
    words: Sequence[bytes], actions: Sequence[_Action], environ: Mapping[str, str]
) -> int:
    """Start a program in a session of its own and return its pid, which is its group's too."""
    return os.posix_spawn(
        words[0],
        tuple(words),
        environ,
        file_actions=actions,
        setsid=True,
        setsigmask=(),
        setsigdef=_OURS,
    )


def _copied(descriptor: int, *to: int) -> list[_Action]:
    return [(os.POSIX_SPAWN_DUP2, descriptor, each) for each in to]


def _reaped(pid: int, told: Callable[[int], None]) -> None:
    """Tell the exit status of a child once it has ended; 128 + n for signal n."""
    loop, handle = asyncio.get_running_loop(), os.pidfd_open(pid)

    def reap() -> None:
        ended = os.waitid(os.P_PIDFD, handle, os.WEXITED | os.WNOHANG)
        if ended is not None:
            loop.remove_reader(handle)
            os.close(handle)
            killed = ended.si_code in {os.CLD_KILLED, os.CLD_DUMPED}
            told(ended.si_status + (128 if killed else 0))

    loop.add_reader(handle, reap)


def _resize(descriptor: int, size: Size) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("4H", size.rows, size.columns, 0, 0))

"""A program in a real terminal: ``with Terminal([...]) as terminal: terminal.see("ready")``.

The terminal is a pseudo terminal drawn by pyte, which keeps every byte. ``sane(terminal)`` says
whether the program left it as it found it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy, deepcopy
from types import TracebackType
from typing import Self

import pyte

SIZES = ((80, 24), (200, 50))
"""Columns and rows every screen must be good at."""
PATIENCE = 60.0
"""Seconds until a screen that does not come counts as a failure."""

_MODES = {
    7: "no line wrap",
    25: "hidden cursor",
    47: "alternate screen",
    1000: "mouse clicks",
    1002: "mouse drags",
    1003: "mouse moves",
    1004: "focus reports",
    1006: "mouse reports (SGR)",
    1015: "mouse reports (urxvt)",
    1016: "mouse reports (pixels)",
    1047: "alternate screen",
    1049: "alternate screen",
    2004: "bracketed paste",
    2048: "resize reports",
}
"""Private modes (xterm's ctlseqs) and what is wrong when they differ from a fresh terminal's."""
_ON_WHEN_FRESH = {7, 25}
_ALTERNATE = 1049
_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[([<>])\d*u")
_NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=?]?[\d;]*(?:u|\$p)|\x1b\[>[\d;]*[a-zA-Z]")
_CUT = re.compile(rb"\x1b(?:\[[<>=?]?[\d;]*\$?)?$")


def leftovers(stream: bytes) -> tuple[str, ...]:
    """Return what a terminal is still set to after ``stream``, in words; empty when fresh."""
    modes = {mode: mode in _ON_WHEN_FRESH for mode in _MODES}
    for match in _MODE.finditer(stream):
        modes |= {int(number): match[2] == b"h" for number in match[1].split(b";") if number}
    found = [word for mode, word in _MODES.items() if modes[mode] != (mode in _ON_WHEN_FRESH)]
    depth = sum(1 if match[1] == b">" else -1 for match in _KITTY.finditer(stream))
    return tuple(dict.fromkeys([*found, *(["kitty keyboard"] if depth > 0 else [])]))


def unsized_environ() -> dict[str, str]:
    """Return the environment without COLUMNS and LINES, which would outweigh a terminal's size."""
    return {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}


_Line = pyte.screens.StaticDefaultDict[int, pyte.screens.Char]


class _Screen(pyte.Screen):
    """Remembers titles, answers queries and has an alternate screen."""

    def __init__(self, columns: int, rows: int, answer: Callable[[bytes], None]) -> None:
        self.titles: list[str] = []
        self._main: tuple[dict[int, _Line], pyte.screens.Cursor] | None = None
        self._answer = answer
        super().__init__(columns, rows)

    def set_title(self, param: str) -> None:
        self.titles.append(param)
        super().set_title(param)

    def set_mode(self, *modes: int, **options: bool) -> None:
        if _ALTERNATE in modes and self._main is None:
            self._main = deepcopy(self.buffer), copy(self.cursor)
            self.erase_in_display(2)
        super().set_mode(*modes, **options)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        if _ALTERNATE in modes and self._main is not None:
            self.buffer, self.cursor = self._main
            self._main = None
        super().reset_mode(*modes, **options)

    def write_process_input(self, data: str) -> None:
        self._answer(data.encode())


class Terminal:
    """A program on a pseudo terminal of its own, in a session of its own.

    ``output`` is every byte it wrote, ``answers`` every byte the terminal typed back unasked.
    """

    def __init__(
        self,
        argv: Sequence[str],
        size: tuple[int, int] = SIZES[0],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.output = b""
        self.answers = b""
        self._pending = b""
        self._screen = _Screen(*size, self._reply)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *argv],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env={**unsized_environ(), "TERM": "xterm-256color", **(environ or {})},
        )
        self._ended = os.pidfd_open(self.process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.hang_up()
        os.close(self._slave)
        os.close(self._ended)

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return "\n".join(self._screen.display)

    @property
    def titles(self) -> tuple[str, ...]:
        """Every window title the program set."""
        return tuple(self._screen.titles)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from 0."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def after(self) -> list[int | list[bytes | int]]:
        """The terminal's termios settings now."""
        return termios.tcgetattr(self._slave)

    def type(self, keys: str) -> None:
        """Type ``keys``, for example ``"\\x1a"`` for Ctrl-Z."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the program gets SIGWINCH."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def wait(self, seen: Callable[[Terminal], object], seconds: float = PATIENCE) -> None:
        """Return when ``seen(self)``; raise ``AssertionError`` with the screen if it never is."""
        deadline = time.monotonic() + seconds
        while not seen(self):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"this never came to be; the screen:\n{self.text}")

    def see(self, words: str, seconds: float = PATIENCE) -> None:
        """Return when ``words`` are on the screen."""
        self.wait(lambda terminal: words in terminal.text, seconds)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        signal.pidfd_send_signal(self._ended, number)

    def hang_up(self) -> None:
        """Take the terminal away, as a dropped connection does; the program gets SIGHUP."""
        with contextlib.suppress(OSError):
            os.close(self._master)
        self._master = -1

    def exit_status(self, seconds: float = PATIENCE) -> int:
        """Await the program's end and return its status, or minus the signal that killed it."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"the program goes on; the screen:\n{self.text}")
            self._read(left)
        while self._read(0):
            pass
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        """Take in what comes next; tell whether anything came, an end of the program included."""
        watched = [self._ended] if self.process.returncode is None else []
        if self._master >= 0:
            watched.append(self._master)
        ready = select.select(watched, [], [], seconds)[0]
        if self._master in ready:
            self._draw(os.read(self._master, 65536))
        elif self._ended in ready:
            self.process.wait()
        return bool(ready)

    def _draw(self, data: bytes) -> None:
        self.output += data
        text = self._pending + data
        # pyte would print the tail of sequences it does not know, so those are held back, whole.
        cut = _CUT.search(text)
        end = cut.start() if cut else len(text)
        self._pending = text[end:]
        self._stream.feed(_NOT_FOR_PYTE.sub(b"", text[:end]))

    def _reply(self, data: bytes) -> None:
        self.answers += data
        os.write(self._master, data)


def faults(terminal: Terminal) -> tuple[str, ...]:
    """Return in words how the terminal differs from the one the program was given."""
    names = ("input flags", "output flags", "control flags", "local flags", "", "", "characters")
    pairs = zip(names, terminal.before, terminal.after, strict=True)
    return (*leftovers(terminal.output), *(name for name, was, now in pairs if was != now))


def sane(terminal: Terminal) -> bool:
    """Tell whether the program left the terminal as it found it; ``AssertionError`` if not."""
    found = faults(terminal)
    assert not found, f"left behind: {', '.join(found)}"
    return True

"""A program on a pseudo terminal of 200x50, and what it costs while somebody looks on.

``with Watched(["htop"]) as htop: htop.until(drawn(b"F10Quit"))`` gives seconds and CPU seconds.
The terminal draws nothing, so that looking on costs next to nothing.
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
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

PATIENCE = 30.0
"""Seconds until a program that does not show what it should counts as broken."""
_SIZE = struct.pack("4H", 50, 200, 0, 0)
_ESCAPE = re.compile(rb"\x1b(?:\[[0-9;?<>=$]*[a-zA-Z]|[()][A-Z0-9]|[=>78])")
_PLACED = re.compile(rb"(?=\x1b\[\d+;\d+H)")
_FIRST_ROW = re.compile(rb"\x1b\[1;\d+H")

Seen = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was seen, and how much CPU the program itself had used by then (seconds)."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Spell:
    """What a program did for some time, its children included."""

    seconds: float
    cpu: float
    output: bytes

    @property
    def percent(self) -> float:
        """CPU in percent of a core."""
        return 100 * self.cpu / self.seconds

    @property
    def rate(self) -> float:
        """Bytes to the terminal each second."""
        return len(self.output) / self.seconds


def drawn(*words: bytes) -> Seen:
    """Return whether all these words, or patterns, are among the characters drawn."""
    return lambda output: all(re.search(word, _ESCAPE.sub(b"", output)) for word in words)


def below_first_row(output: bytes) -> int:
    """Return the bytes that went to other rows than the first, where the age is."""
    return sum(len(part) for part in _PLACED.split(output)[1:] if not _FIRST_ROW.match(part))


def cpu_clock(pid: int) -> float:
    """Return the CPU seconds of a process, all its threads together, in nanosecond precision."""
    return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of clock_getcpuclockid(3)


def favour(pid: int) -> None:
    """Let a session have the processor before all others, where it is shared out by session.

    That is how the kernel does it by default (sched_autogroup): niceness counts within one alone.
    """
    with contextlib.suppress(OSError):  # it does not, or this is not root
        Path(f"/proc/{pid}/autogroup").write_text("-20")


class Watched:
    """A program from its start on; killed at the end."""

    def __init__(self, argv: list[str], environ: Mapping[str, str] | None = None) -> None:
        self.output = b""
        self._began = time.perf_counter()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, _SIZE)
            known = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
            unsized = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}}
            os.execvpe(argv[0], argv, {**unsized, **known, **(environ or {})})  # noqa: S606

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while not os.waitpid(self.pid, os.WNOHANG)[0]:
            if select.select([self], [], [], 0.01)[0]:
                with contextlib.suppress(OSError):  # EIO: the other side is closed
                    self.take()
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self._terminal)

    def until(self, seen: Seen, after: int = 0) -> Moment:
        """Return when ``seen`` of all output after so many bytes; raises ``TimeoutError``."""
        end = time.monotonic() + PATIENCE
        while True:
            if select.select([self], [], [], 0.5)[0]:
                self.take()
                moment = Moment(time.perf_counter() - self._began, cpu_clock(self.pid))
                if seen(self.output[after:]):
                    return moment
            if time.monotonic() > end:
                raise TimeoutError(_ESCAPE.sub(b"", self.output[-3000:]).decode(errors="replace"))

    def answer(self, keys: bytes, seen: Seen) -> float:
        """Press keys; return the seconds until ``seen`` of what was drawn since."""
        before, began = len(self.output), time.perf_counter() - self._began
        os.write(self._terminal, keys)
        return self.until(seen, before).wall - began

    def spell(self, seconds: float) -> Spell:
        """Look on for some time."""
        return side_by_side([self], seconds)[0]

    def memory(self) -> tuple[float, float]:
        """Return resident and proportional set size, children included, in MiB."""
        sizes = [psutil.Process(pid).memory_full_info() for pid in self._family()]
        return sum(size.rss for size in sizes) / 2**20, sum(size.pss for size in sizes) / 2**20

    def fileno(self) -> int:
        """The terminal, for ``select``."""
        return self._terminal

    def take(self) -> None:
        """Take in what was written. Raises ``OSError`` when the program has ended."""
        self.output += os.read(self._terminal, 1 << 16)

    def _family(self) -> list[int]:
        children = psutil.Process(self.pid).children(recursive=True)
        return [self.pid, *(child.pid for child in children)]

    def cpu(self) -> float:
        """Return the CPU seconds used so far, those of children included."""
        ended = 0.0
        for pid in self._family():
            times = psutil.Process(pid).cpu_times()
            ended += times.children_user + times.children_system
        return ended + sum(map(cpu_clock, self._family()))


def side_by_side(programs: Sequence[Watched], seconds: float) -> list[Spell]:
    """Look on at several programs for some time."""
    before = [(len(each.output), each.cpu()) for each in programs]
    began = time.monotonic()
    while (left := began + seconds - time.monotonic()) > 0:
        for each in select.select(programs, [], [], left)[0]:
            each.take()
    spent = time.monotonic() - began
    return [
        Spell(spent, each.cpu() - used, each.output[length:])
        for each, (length, used) in zip(programs, before, strict=True)
    ]

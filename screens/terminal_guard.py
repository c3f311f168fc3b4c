"""Whatever ends the screen, the terminal is given back: ``sys.exit(run(SubdeckApp(fleet)))``.

SIGTERM, SIGHUP and SIGINT close the app as its quit key does. What has not closed ``GRACE``
seconds later — a blocked loop, a thread in a hung file system — is abandoned: the terminal is
restored past Textual and the process ends. Ctrl-Z suspends, ``fg`` repaints.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Final, Generic, TypeVar

from textual.app import App

Result = TypeVar("Result")

GRACE: Final = 2.0
"""Seconds the program has to close by itself."""

_ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)
_CLOSED: Final = 0
"""Told in a signal's place when the app has closed by itself."""
_INTERRUPTED: Final = 128 + signal.SIGINT
"""Told after SIGINT by the main thread, which alone knows whose terminal it was then."""
_RESTORE: Final = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2048l"  # reports of focus, paste and size
    b"\x1b[?2026l\x1b[<u\x1b[?7h\x1b[0m"  # synchronised output, kitty keys, line wrap, colours
    b"\x1b[?1049l\x1b[?25h"  # the screen that was there before, and its cursor
)


def usable_terminal(environ: Mapping[str, str], isatty: bool) -> bool:
    """Tell whether a full screen makes sense; where not, a plain report is due.

    ``isatty`` must hold for standard input, output and error alike.
    """
    return isatty and environ.get("TERM", "dumb") not in {"", "dumb", "unknown"}


def run(app: App[Result], *, mouse: bool = False, grace: float = GRACE) -> int:
    """Run ``app`` and return the exit status: its own, or 128 plus the signal that ended it.

    Call it last, from the main thread: from the moment the app has closed the process has
    ``grace`` seconds to end, then it is ended with that status. The deadline stands after
    ``run`` returns, because Python waits for its threads only after the last statement. It
    needs the process's wake-up descriptor, which ``loop.add_signal_handler`` would take away.
    """
    guard = _Guard(app, grace)
    with asyncio.Runner() as runner:
        runner.run(guard.run(mouse=mouse))
    return guard.status


class _Guard(Generic[Result]):
    """The way out of one app.

    A thread of its own hears the signals: Python runs handlers in the main thread alone, and only
    once that comes back from the call it is in, if another thread was the one interrupted.
    """

    def __init__(self, app: App[Result], grace: float) -> None:
        self._app = app
        self._grace = grace
        self._saved = _Saved()
        self._heard, self._told = os.pipe()
        os.set_blocking(self._told, False)
        self._signal = _CLOSED
        self._shown = False
        self._away = False

    @property
    def status(self) -> int:
        """Exit status of the process."""
        return 128 + self._signal if self._signal else self._app.return_code or 0

    async def run(self, *, mouse: bool) -> None:
        """Run the app until it has closed and the terminal is restored."""
        for number in _ENDINGS:
            signal.signal(number, _noted)
        signal.signal(signal.SIGINT, self._interrupt)
        signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop,), daemon=True).start()
        self._app.bind("ctrl+z", "suspend_process", show=False)
        self._app.call_later(self._take_over_job_control)
        self._shown = True
        try:
            await self._app.run_async(mouse=mouse)
        finally:
            self._shown = False
            os.write(self._told, bytes([_CLOSED]))

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        self._signal = self._next_end(loop) or _CLOSED
        if self._saved.gone():
            _silence()
        if self._signal:
            _call(loop, self._app.exit)
        deadline = time.monotonic() + self._grace
        while self._next_end(loop, deadline) == _CLOSED:
            pass
        if self._shown:
            self._saved.restore()
        os._exit(self.status)

    def _next_end(
        self, loop: asyncio.AbstractEventLoop, deadline: float | None = None
    ) -> int | None:
        """Await the next signal to end, or ``_CLOSED``; ``None`` once ``deadline`` has passed."""
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._heard], [], [], left)[0]:
                return None
            number = os.read(self._heard, 1)[0]
            if number == _INTERRUPTED:
                return signal.SIGINT
            if number in {*_ENDINGS, _CLOSED}:
                return number
            _call(loop, _noted)  # the main thread may be asleep, with a handler to run

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if not self._away:  # else it was Ctrl-C for whoever has the terminal meanwhile
            os.write(self._told, bytes([_INTERRUPTED]))

    def _take_over_job_control(self) -> None:
        # Textual starts its driver anew at every SIGCONT, also when it was never suspended: a
        # hang-up sends one along. The settings it then saves are those of the running screen.
        suspend = signal.getsignal(signal.SIGTSTP)
        resume = signal.getsignal(signal.SIGCONT)
        if not (callable(suspend) and callable(resume)):
            return  # a driver that knows no job control

        def stop(number: int, frame: FrameType | None) -> None:
            self._away = True
            suspend(number, frame)

        def go_on(number: int, frame: FrameType | None) -> None:
            if self._away:
                resume(number, frame)
            elif not self._signal:
                self._app.call_later(self._start_over)

        signal.signal(signal.SIGTSTP, stop)
        signal.signal(signal.SIGCONT, go_on)
        self._app.app_suspend_signal.subscribe(self._app, self._leave, immediate=True)
        self._app.app_resume_signal.subscribe(self._app, self._return, immediate=True)

    def _leave(self, app: App[Result]) -> None:
        self._away = True

    def _return(self, app: App[Result]) -> None:
        self._away = False
        app.refresh(layout=True)  # every line: nothing is left of what was on the screen

    def _start_over(self) -> None:
        # After a SIGSTOP nobody knows what became of the terminal's settings and of the screen.
        with self._app.suspend():
            pass


class _Saved:
    """The terminal as it was, and a way to it that nothing can block."""

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._settings = termios.tcgetattr(self._input)
        # An open file of its own: O_NONBLOCK on an inherited one would reach the shell as well.
        flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        self._output = os.open(os.ttyname(self._input), flags)

    def gone(self) -> bool:
        """Tell whether the terminal was taken away."""
        try:
            termios.tcgetattr(self._output)
        except termios.error:
            return True
        return False

    def restore(self) -> None:
        """Undo what Textual asked of the terminal, without Textual."""
        # From the background this would stop the process instead.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        with contextlib.suppress(OSError):
            os.write(self._output, _RESTORE)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._output, termios.TCSANOW, self._settings)


def _noted(*_: object) -> None:
    """Do nothing, as a signal handler: what there is to do is done where the signal is heard."""


def _call(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended before us
        loop.call_soon_threadsafe(callback)


def _silence() -> None:
    """Put nothing in the place of a terminal that is gone, so that nobody fails on it."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.close(null)

"""A program in the terminal operators have: ``with Tmux([...]) as tmux: tmux.keys("C-z")``."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.inventory import until
from tests.lab.terminal import PATIENCE, SIZES, unsized_environ

_MARK = "sdktmux-"
"""Begins the name of a folder for a socket; the owner's process id follows."""


class Tmux:
    """A program in a tmux of its own: ``tmux.wait(lambda screen: "ready" in screen)``."""

    def __init__(self, argv: Sequence[str], size: tuple[int, int] = SIZES[0]) -> None:
        _end_the_dead()
        self._folder = tempfile.mkdtemp(prefix=f"{_MARK}{os.getpid()}-")
        columns, rows = map(str, size)
        keep = ["set-option", "-g", "remain-on-exit", "on", ";"]
        # tmux's own pane_dead_status is at times never set.
        tell = ["sh", "-c", 'status=$1; shift; "$@"; echo $? > "$status"', "sh"]
        tell.append(f"{self._folder}/status")
        start = ["new-session", "-d", "-x", columns, "-y", rows, "--", *tell, *argv]
        self._run("start-server", ";", *keep, *start)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _end_server(self._folder)

    def ask(self, variable: str) -> str:
        """Return a format variable of tmux, such as ``alternate_on`` or ``pane_title``."""
        return self._run("display-message", "-p", f"#{{{variable}}}").rstrip("\n")

    def screen(self, *, colours: bool = False) -> str:
        """Return what is on the screen, with its SGR sequences if ``colours``."""
        return self._run("capture-pane", "-p", *(["-e"] if colours else []))

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names: ``"q"``, ``"Enter"``, ``"C-z"``."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type ``text`` literally."""
        self._run("send-keys", "-l", "--", text)

    def wait(self, seen: Callable[[str], object], seconds: float = PATIENCE) -> str:
        """Return the first screen that is ``seen``; raise ``AssertionError`` with the last."""
        try:
            return until(lambda: _if(seen, self.screen()), seconds, "the screen")
        except TimeoutError as error:
            last = self.screen()
            raise AssertionError(f"this never came to be; the screen:\n{last}") from error

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def exit_status(self, seconds: float = PATIENCE) -> int:
        """Await the program's end and return its status, as a shell tells it."""
        return int(until(self._status, seconds, "the program to end"))

    def _status(self) -> str:
        status = Path(self._folder, "status")
        return status.read_text().strip() if status.exists() else ""

    def _run(self, *words: str) -> str:
        return _tmux(self._folder, *words)


def _tmux(folder: str, *words: str) -> str:
    command = ["tmux", "-L", "lab", "-f", "/dev/null", *words]
    environ = {**unsized_environ(), "TMUX_TMPDIR": folder}
    environ.pop("TMUX", None)
    return subprocess.run(
        command, env=environ, check=True, capture_output=True, text=True, errors="replace"
    ).stdout


def _end_server(folder: str) -> None:
    with contextlib.suppress(subprocess.CalledProcessError):  # it has ended by itself
        server = _tmux(folder, "display-message", "-p", "#{pid}").strip()
        _tmux(folder, "kill-server")
        until(lambda: not Path("/proc", server).exists(), PATIENCE, "tmux to end")
    shutil.rmtree(folder, ignore_errors=True)


def _end_the_dead() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_MARK}*-*"):
        owner = folder.name.removeprefix(_MARK).split("-")[0]
        if not Path("/proc", owner).exists():
            _end_server(str(folder))


def _if(seen: Callable[[str], object], screen: str) -> str:
    return screen if seen(screen) else ""

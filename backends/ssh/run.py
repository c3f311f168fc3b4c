"""One run of a command that ends in time, with all that it started in its own session."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

_LARGEST = 1 << 20
"""Bytes kept of what it says."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it."""

    status: int
    said: bytes
    trouble: bytes


class Run:
    """Runs in the thread that calls ``end``; ``kill`` may come from any other."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def end(self, seconds: float) -> Ended | None:
        """Return what came of it; ``None`` when it had to be killed. Raises ``OSError``.

        What it says goes to memory rather than through pipes, which whatever it leaves behind
        could hold open.
        """
        said, trouble = os.memfd_create("said"), os.memfd_create("trouble")
        with closing(_File(said)), closing(_File(trouble)):
            with self._lock:
                if self._killed:
                    return None
                self._process = process = subprocess.Popen(  # noqa: S603 # argv, checked words
                    self._argv,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=trouble,
                    start_new_session=True,
                )
            if not _ends(process.pid, seconds):
                self.kill()
            status = process.wait()
            if self._killed:
                return None
            return Ended(status, os.pread(said, _LARGEST, 0), os.pread(trouble, _LARGEST, 0))

    def kill(self) -> None:
        """End it and all that it started, now or as soon as it begins."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class _File:
    number: int

    def close(self) -> None:
        os.close(self.number)


def _ends(pid: int, seconds: float) -> bool:
    """Wait for a process, which is left to be reaped; whether it ended in time."""
    with closing(_File(os.pidfd_open(pid))) as handle:
        poll = select.poll()
        poll.register(handle.number, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

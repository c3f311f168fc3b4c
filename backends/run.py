"""One run of a command that ends in time, with all that it started in its own session."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass

LARGEST = 1 << 20
"""Bytes of what it says; to say more fails like writing to a full disk."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it."""

    status: int
    said: bytes
    trouble: bytes


class Run:
    """Runs in the thread that calls ``end``; ``kill`` may come from any other.

    ``stdin`` is what it reads, ``environment`` all it gets of one; ``None``: ours.
    """

    def __init__(
        self,
        argv: Sequence[str],
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._argv = argv
        self._stdin = stdin
        self._environment = environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def end(self, seconds: float) -> Ended | None:
        """Return what came of it; ``None`` when it had to be killed. Raises ``OSError``.

        What it reads and says is memory rather than pipes, which whatever it leaves behind could
        hold open.
        """
        with ExitStack() as stack:
            stdin, said, trouble = (
                stack.enter_context(closing(_Memory(name))) for name in ("in", "out", "trouble")
            )
            stdin.put(self._stdin)
            said.limit()
            trouble.limit()
            with self._lock:
                if self._killed:
                    return None
                self._process = process = subprocess.Popen(  # noqa: S603 # argv, checked words
                    self._argv,
                    stdin=stdin.number,
                    stdout=said.number,
                    stderr=trouble.number,
                    env=self._environment,
                    start_new_session=True,
                )
            if not _ends(process.pid, seconds):
                self.kill()
            status = process.wait()
            if self._killed:
                return None
            return Ended(status, said.text(), trouble.text())

    def kill(self) -> None:
        """End it and all that it started, now or as soon as it begins."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)


class _Memory:
    """A file in memory."""

    def __init__(self, name: str) -> None:
        self.number = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)

    def put(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[os.write(self.number, left) :]
        os.lseek(self.number, 0, os.SEEK_SET)

    def limit(self) -> None:
        os.ftruncate(self.number, LARGEST)
        fcntl.fcntl(self.number, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)

    def text(self) -> bytes:
        """Return what was written, up to where the one who wrote last is."""
        return os.pread(self.number, os.lseek(self.number, 0, os.SEEK_CUR), 0)

    def close(self) -> None:
        os.close(self.number)


def _ends(pid: int, seconds: float) -> bool:
    """Wait for a process, which is left to be reaped; whether it ended in time."""
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(handle)

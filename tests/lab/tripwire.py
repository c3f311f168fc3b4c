"""Every program that a job calls, told before it runs: to be counted or made to fail, or to kill.

``with Tripwire() as wire: wire.tripped = lambda call: Verdict.GO`` lays stand-ins into a folder
that comes first in the PATH of all jobs and covers what is there; so only ``apart``.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.world import mount

FIRST_IN_PATH = Path("/usr/local/sbin")
_ELSEWHERE = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Verdict(Enum):
    """What becomes of a call."""

    GO = b"g"
    FAIL = b"f"


@dataclass(frozen=True, slots=True)
class Call:
    """A program that is about to run."""

    pid: int
    argv: tuple[bytes, ...]

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return Path(self.argv[0].decode(errors="replace")).name


Tripped = Callable[[Call], Verdict]


def go(_call: Call) -> Verdict:
    """Let it run."""
    return Verdict.GO


class Tripwire:
    """The stand-ins and who listens to them."""

    def __init__(self) -> None:
        self.tripped: Tripped = go
        """Asked at each call, in a thread of its own."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def __enter__(self) -> Self:
        mount("tmpfs", FIRST_IN_PATH, "tmpfs", "mode=755")
        program = FIRST_IN_PATH / ".tripwire"
        source = Path(__file__).with_name("tripwire.c")
        here = f'-DHERE="{FIRST_IN_PATH}"'
        subprocess.run(["gcc", "-Os", "-static", here, "-o", program, source], check=True)
        for name in {path.name for each in _ELSEWHERE for path in Path(each).iterdir()}:
            (FIRST_IN_PATH / name).hardlink_to(program)
        self._listener.bind(str(FIRST_IN_PATH / ".wire"))
        self._listener.listen(64)
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        subprocess.run(["umount", "-l", FIRST_IN_PATH], check=True)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            size = 3 * 4
            said = connection.recv(1 << 16)
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            pid = int.from_bytes(credentials[:4], "little")
            words = tuple(said.removesuffix(b"\0").split(b"\0"))
            connection.send(self.tripped(Call(pid, words)).value)

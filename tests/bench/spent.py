"""CPU time of processes and of all that they begin, those that have ended included.

``with spent(folder) as used:`` counts what this process begins from then on, but for what it
begins after ``used.leave()``; ``used.seconds()`` tells it. ``/proc/PID/stat`` is of no use here:
it cuts each of the four times of a process to hundredths of a second, which is more than a frame
costs it, and what was cut off comes to light only when the process ends.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.world import mount


class Spent:
    """A cgroup of version 2, which needs no controller to count the time of its processes."""

    def __init__(self, top: Path) -> None:
        self._own = top / f"subdeck-bench-{os.getpid()}"
        said = Path("/proc/self/cgroup").read_text(encoding="ascii")
        self._former = top / re.findall(r"^0::/(.*)$", said, re.MULTILINE)[0]
        self._own.mkdir(exist_ok=True)  # of one that was killed under this number
        self._move(self._own)

    def leave(self) -> None:
        """Count no more what this process itself does, and begins."""
        self._move(self._former)

    def seconds(self) -> float:
        """Return what was used so far, to the microsecond."""
        said = (self._own / "cpu.stat").read_text(encoding="ascii")
        return int(re.findall(r"^usage_usec (\d+)$", said, re.MULTILINE)[0]) / 1e6

    def close(self) -> None:
        """Remove the group; those in it must have ended."""
        self.leave()
        self._own.rmdir()

    def _move(self, group: Path) -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")


@contextmanager
def spent(folder: Path) -> Iterator[Spent]:
    """Begin to count; ``folder``, which must be there, shows the groups meanwhile. Needs root."""
    mount("cgroup2", folder, "cgroup2")
    try:
        used = Spent(folder)
        try:
            yield used
        finally:
            used.close()
    finally:
        subprocess.run(["umount", str(folder)], check=True)

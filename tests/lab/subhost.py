"""A running subhost of overlay-boot's shape: ``subhost.start()``, ``subhost.inside("/run")``.

The processes are ``overlay-boot`` (the holder), its child ``unshare`` and that one's child
``.reaper``, the first process inside.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.inventory import end, until

_HERE = Path(__file__).parent
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Tree:
    """Process ids of a subhost as the host sees them."""

    holder: int
    unshare: int
    init: int


class Subhost:
    """One subhost: its folder, its configuration and, while it runs, its processes."""

    def __init__(self, name: str, folder: Path, conf: str = "") -> None:
        self.name = name
        self.folder = folder
        self.conf = folder / f"{name}.conf"
        self.log = folder / "log"
        for part in ("root", "work", "live"):
            (folder / part).mkdir(parents=True)
        self.conf.write_text(f"BASE=.\nLOG={self.log}\n{conf}")
        self._tree: Tree | None = None
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> Tree:
        """The processes of the running subhost; raises ``RuntimeError`` before ``start``."""
        if self._tree is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._tree

    def start(self, seconds: float = 20) -> Subhost:
        """Start and return when the reaper runs; raise ``RuntimeError`` with the log if not."""
        holder = _silent([self.program(), self.conf])
        self._children.append(holder)

        def running() -> Tree | None:
            if holder.poll() is not None:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()}")
            return _tree(holder.pid)

        self._tree = until(running, seconds, f"subhost {self.name}")
        return self

    def inside(self, path: str = "/") -> Path:
        """Return the host's way to ``path`` of the running subhost."""
        return Path(f"/proc/{self.pids.init}/root", path.lstrip("/"))

    def spawn(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start a program in all the subhost's namespaces, as overlay-go does."""
        enter = ["nsenter", "-t", str(self.pids.init), "-n", "-m", "-p", "-i", "-u", "-r", "-w"]
        child = _silent([*enter, *argv])
        self._children.append(child)
        return child

    def writer(self, path: str = "/run/blob", megabytes: int = 30) -> subprocess.Popen[bytes]:
        """Fill ``path`` inside, return when done; the writer lives on and holds it open."""
        fill = 'exec 3>"$1"; dd if=/dev/zero bs=1M count="$2" >&3 2>&3; exec sleep 3600 3>&3'
        child = self.spawn("sh", "-c", fill, "writer", path, str(megabytes))
        size, blob = megabytes << 20, self.inside(path)
        until(lambda: blob.exists() and blob.stat().st_size >= size, 20, f"{size} bytes in {blob}")
        return child

    def stop(self) -> None:
        """End the subhost as overlay-stop does: kill its first process, delete its namespace."""
        self.abandon()
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    def adopt(self, process: subprocess.Popen[bytes]) -> None:
        """Reap a process with its own: a job that supervises it instead of overlay-boot."""
        self._children.append(process)

    def abandon(self) -> None:
        """Kill the reaper and let the residue be: a network namespace and its cables."""
        end(self.pids.init)
        self.reap()
        self._tree = None

    def reap(self) -> None:
        """Await the end of everything started here."""
        for child in self._children:
            child.wait(10)
        self._children.clear()

    def program(self) -> Path:
        """Return the script, with its reaper beside it; both are made once for a world."""
        program = self.folder.parent / "bin" / "overlay-boot"
        if not program.exists():
            program.parent.mkdir()
            reaper = program.with_name("reaper")
            source = _HERE / "reaper.c"
            subprocess.run(["gcc", "-static", "-Os", "-o", str(reaper), str(source)], check=True)
            shutil.copy(_HERE / "overlay-boot", program)
            program.chmod(0o755)
        return program


def _silent(argv: Sequence[str | Path]) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    environ = {"PATH": _PATH}
    return subprocess.Popen(
        argv, env=environ, stdin=null, stdout=null, stderr=null, start_new_session=True
    )


def _tree(holder: int) -> Tree | None:
    unshare = _child(holder, "unshare")
    init = unshare and _child(unshare, ".reaper")
    return Tree(holder, unshare, init) if unshare and init else None


def _child(parent: int, comm: str) -> int | None:
    # The kernel may be built without /proc/PID/task/TID/children, so everyone's parent is asked.
    wanted = (f"Name:\t{comm}\n", f"\nPPid:\t{parent}\n")
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            text = status.read_text(errors="replace")
            if text.startswith(wanted[0]) and wanted[1] in text:
                return int(status.parent.name)
    return None

"""What operators have and do: the installed command, shells inside, and how much it looks."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lab.inventory import until
from tests.lab.subhost import Subhost
from tests.lab.terminal import Terminal

COMMAND = str(Path(sys.executable).with_name("subdeck"))
IN = "exit or Ctrl-D leaves"
TAKEN = (
    "printf '\\033[?1049h\\033[?1000h\\033[?2004h\\033[?25l\\033[31m';"
    " stty raw -echo; echo it=$((6*7))"
)
"""Takes everything of a terminal that can be taken."""


def shell(terminal: Terminal) -> None:
    """Await a shell that answers."""
    terminal.see(IN)
    terminal.type("PS1=; echo ready=$((6*7))\r")
    terminal.see("ready=42")


def shells(subhost: Subhost) -> list[str]:
    """Return the pids of the shells that were entered with."""
    space = Path(f"/proc/{subhost.pids.init}/ns/pid").readlink()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if (path / "ns/pid").readlink() == space and b"bash" in (
                path / "cmdline"
            ).read_bytes():
                found.append(path.name)
        except OSError:
            continue
    return found


class Looks:
    """How much the console reads: it does so at every look."""

    def __init__(self, terminal: Terminal) -> None:
        self._io = Path(f"/proc/{terminal.process.pid}/io")

    def go_on(self) -> None:
        """Return when it has looked a few times more."""
        before = self._read()
        until(lambda: self._read() > before + 30_000, 40, "looks meanwhile")

    def _read(self) -> int:
        return int(self._io.read_text().split()[1])


def plain(made: Subhost) -> Subhost:
    """Let shells inside not read what this account has for them, which may take long."""
    home = made.folder / "root" / "root"
    home.mkdir()
    (home / ".bash_profile").touch()
    return made

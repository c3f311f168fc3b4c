"""The files of OpenSSH's configuration: which there are, whom they name, when they change.

What they say about a host is ``ssh -G``'s to tell; this knows only where to look again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from console.parse.ssh_aliases import Aliases, aliases

SYSTEM = Path("/etc/ssh/ssh_config")

_DEEPEST = 16
"""How far ``Include`` goes, as in OpenSSH."""
_LARGEST = 1 << 20


class ConfigFiles:
    """The operator's configuration and the system's, or the one that stands for both."""

    def __init__(self, config: Path | None, home: Path) -> None:
        self._home = home
        self._top = (config,) if config else (home / ".ssh/config", SYSTEM)
        self._watched: tuple[Path, ...] = ()
        self._stamp: tuple[int, ...] = ()

    def aliases(self) -> Aliases:
        """Return the aliases in the files and in all that they include."""
        found = Aliases()
        files: dict[Path, None] = {}
        folders: dict[Path, None] = {}
        waiting = [(path, 0) for path in self._top]
        while waiting:
            path, depth = waiting.pop(0)
            if path in files or depth > _DEEPEST:
                continue
            files[path] = None
            read = aliases(_text(path))
            found += read
            for word in read.includes:
                pattern = self._place(word, system=path == SYSTEM)
                waiting += [(each, depth + 1) for each in sorted(_matching(pattern))]
                folders[pattern.parent] = None
        self._watched = (*files, *folders)
        return found

    def changed(self) -> bool:
        """Whether a file was written, came or went since this was last asked."""
        stamp = tuple(map(_written, self._watched))
        if self._watched and stamp == self._stamp:
            return False
        self.aliases()
        self._stamp = tuple(map(_written, self._watched))
        return True

    def _place(self, word: str, *, system: bool) -> Path:
        if word.startswith("~/"):
            return self._home / word[2:]
        return (SYSTEM.parent if system else self._home / ".ssh") / word


def _matching(pattern: Path) -> Iterator[Path]:
    return Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""  # ssh tells of a file that it needs and cannot read

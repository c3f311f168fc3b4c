"""What can be done on this host: ``hands(Clean("local"), "")``."""

from __future__ import annotations

from backends.hands import ShellHands
from backends.local_runner import LocalRunner, NoRunner
from backends.terminal import open_local
from console.clean import Clean, clean_path
from console.entering import Entering
from console.errors import ConsoleError
from console.terminal import Size, Terminal


def hands(name: Clean, root: str) -> ShellHands:
    """Return what can be done here; below another root than ``/`` (empty) that is nothing."""
    if not root:
        return ShellHands(name, LocalRunner(), open_local)
    why = f"{name}: {clean_path(root)} is only looked at: nothing can be done on a folder"

    async def refuse(entry: Entering, size: Size | None) -> Terminal:
        raise ConsoleError(why)

    return ShellHands(name, NoRunner(why), refuse)

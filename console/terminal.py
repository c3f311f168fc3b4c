"""What a terminal promises: one program somewhere, its input, its output and how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal, in characters."""

    columns: int
    rows: int


class Terminal(Protocol):
    """A program on a pseudo terminal, or on three pipes. Every byte passes as it is."""

    def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield what it says, from descriptor 1 or 2, until it ends; it waits for a slow reader.

        On a pseudo terminal all comes from 1.
        """

    async def write(self, data: bytes) -> None:
        """Give it input, and return when there is room for more; dropped once it has ended."""

    async def finish(self) -> None:
        """Let its input end; nothing on a pseudo terminal, where that is a character."""

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; nothing where there are pipes."""

    async def ended(self) -> int | None:
        """Return its exit status, 128 + n for signal n; ``None``: the link was lost before."""

    def close(self) -> None:
        """Let go of it, at once: what still runs is told as by a terminal that hangs up."""


LEFT = -1
"""Stands for an exit status where the operator left before the end."""
_KILLED = 137
"""Exit status of what SIGKILL ended."""


def how(status: int | None) -> str:
    """Return in words how a program on a terminal ended."""
    if status is None:
        return "the link was lost; what ran there is hung up on"
    if status == LEFT:
        return "before its end; what ran there is hung up on"
    if status == _KILLED:
        return f"exit status {status}: killed, or the subhost has ended"
    return f"exit status {status}"

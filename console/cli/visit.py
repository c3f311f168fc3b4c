"""Visits: the operator's terminal is lent to a program in a subhost or on a host, and told so.

``await (await visit(deeds.terminal, host, subhost)).stay()`` is how it ended; screen and command
line go in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from backends.relay import on_pipes, on_terminal, terminal_size
from console.clean import Clean, clean
from console.cli.setup import is_unicode
from console.entering import Entering, Opener, entering
from console.model import Host
from console.terminal import LEFT, Terminal, how


class Visit:
    """One that has begun."""

    def __init__(self, where: Clean, terminal: Terminal, *, lent: bool) -> None:
        self._where = where
        self._terminal = terminal
        self._lent = lent

    async def stay(self) -> int | None:
        """Return how it ended: its exit status, ``LEFT``, or ``None`` when the link was lost.

        Raises ``OSError`` when output is no terminal and nobody takes it.
        """
        if not self._lent:
            return await on_pipes(self._terminal)
        _tell(f"in {self._where}; exit or Ctrl-D leaves, Enter ~. if it hangs")
        ending = "\r\n", "given up; what ran there is hung up on"
        try:
            status = await on_terminal(self._terminal)
            ending = "\r\n" if status in {None, LEFT} else "", how(status)
        finally:
            _tell(f"left {self._where}: {ending[1]}", ending[0])
        return status

    def leave(self) -> None:
        """Give it up."""
        self._terminal.close()


async def visit(
    opener: Opener, host: Host, subhost: Clean | None, argv: Sequence[str] = ()
) -> Visit:
    """Begin one, on the operator's terminal where input and output are that.

    Raises ``ConsoleError``.
    """
    where = clean(f"{host.name}/{subhost}") if subhost else host.name
    return await _begun(opener, host.name, entering(host, subhost, argv), where)


async def visit_unseen(opener: Opener, host: Clean, argv: Sequence[str] = ()) -> Visit:
    """Begin one of a host that nobody has looked at; like ``visit``."""
    return await _begun(opener, host, Entering(None, tuple(argv)), host)


async def _begun(opener: Opener, host: Clean, entry: Entering, where: Clean) -> Visit:
    size = terminal_size()
    term = os.environ.get("TERM", "") if size else "dumb"
    terminal = await opener(host, entry.on(term, utf8=is_unicode()), size)
    return Visit(where, terminal, lent=size is not None)


def _tell(text: str, before: str = "") -> None:
    # Past Python's buffers: what a terminal that is gone leaves in there would fail at the end.
    with suppress(OSError):
        os.write(2, f"{before}-- subdeck: {text}\n".encode())

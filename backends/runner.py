"""What doing is built on: a program of POSIX sh that runs on a host, and one that is talked to.

Over SSH and here the very same bytes go to ``/bin/sh -s``. A program that arrives torn, for the
link was lost meanwhile, does nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from backends.run import Ended
from console.quoting import word

LISTEN: Final = Path(__file__).with_name("listen.sh").read_bytes()
"""How a program of sh waits for what it is told: a function to put before it."""
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OVER: Final = b"\n.\n"
"""Ends each answer of a program that is talked to; the dot stands on a line of its own."""


class Talk(Protocol):
    """A program that answers line by line, and ends with its input."""

    async def ask(self, line: bytes, seconds: float) -> bytes:
        """Return the answer to a line, without ``OVER``; after an error there is no other.

        Raises ``Unreachable``.
        """

    async def send(self, data: bytes, seconds: float) -> None:
        """Give it bytes, not lines; returns when it takes more, raises ``Unreachable`` if late."""

    async def answer(self, seconds: float) -> bytes:
        """Return an answer that nothing was asked for, as ``ask`` does."""

    async def close(self) -> None:
        """Let it end."""


class Runner(Protocol):
    """Runs programs on one host as root, or as whoever we are there."""

    async def run(self, program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        """Run a program with these positional parameters, its input empty.

        Raises ``Unreachable`` when how it ended is not known, and ``Denied``.
        """

    async def talk(self, program: bytes, words: Sequence[bytes], seconds: float) -> Talk:
        """Begin one that reads lines; to begin it may take that long. Raises like ``run``."""


def fed(
    program: bytes, words: Sequence[bytes], *, hello: bytes = b"", talks: bool = False
) -> bytes:
    """Return what goes to ``/bin/sh -s``. Raises ``ValueError`` for a NUL in a word.

    ``hello``, letters or digits, is said first, on a line between two newlines. One that talks
    is to be sent nothing before that: a shell may read ahead.
    """
    parts = (
        b"nl='\n'",
        b"unset UNSHARED ENV CDPATH",
        b"LC_ALL=C PATH=" + PATH.encode(),
        b"export LC_ALL PATH",
        b" ".join((b"set --", *map(word, words))),
        b"program() {",
        program,
        b"}",
        b"{",
        b"printf '\\n%s\\n' " + hello if hello else b"",
        b'program "$@"' if talks else b'program "$@" </dev/null',
        b"exit",
        b"}",
        b"",
    )
    return b"\n".join(parts)

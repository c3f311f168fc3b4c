"""Operations: what a plan does, one command each, as words that no shell can misread.

``line(Operation(("umount", "/opt/my mta/live")))`` is ``umount '/opt/my mta/live'``. A word is
literal text, or a ``Variable`` that an operation before it filled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from console.quoting import word

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Variable:
    """What the shell holds under ``name``, with ``before`` and ``after`` around it: one word."""

    name: str
    before: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a shell variable")


Word = str | Variable


@dataclass(frozen=True, slots=True)
class Operation:
    """One command. ``argv[0]`` is a program, a builtin, or a function of the job's frame."""

    argv: tuple[Word, ...]
    stdin: str | None = None
    """Text it reads, in whole lines; it holds no variables."""
    into: str | None = None
    """Variable that takes what it prints."""
    may_fail: bool = False
    """Whether its failure is no failure of the step."""

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("an operation needs a command")
        if self.into is not None and not _NAME.fullmatch(self.into):
            raise ValueError(f"{self.into!r} is no name of a shell variable")


def line(operation: Operation) -> str:
    """Return the command as one line of POSIX sh; ``shlex.split`` gives its words back.

    Raises ``ValueError`` for a word with a newline or NUL, which no line can hold.
    """
    return " ".join(map(quoted, operation.argv))


def quoted(piece: Word) -> str:
    """Return one word as the shell is to read it."""
    if isinstance(piece, Variable):
        before, after = (_literal(part) if part else "" for part in (piece.before, piece.after))
        return f'{before}"${piece.name}"{after}'
    return _literal(piece)


def _literal(text: str) -> str:
    if "\n" in text:
        raise ValueError(f"a line cannot hold {text!r}")
    return word(text.encode()).decode()

"""The closed set of things that go wrong, each with the remedy an operator can act on.

Backends translate at their edge; past ``backends/`` nobody sees ``OSError`` or ``NetlinkError``.
"""

from __future__ import annotations

from enum import StrEnum


class Problem(StrEnum):
    """The closed table of problem words; every trouble shown anywhere carries one of them."""

    UNKNOWN_KEY = "unknown-key"
    CHANGED_KEY = "changed-key"
    REVOKED_KEY = "revoked-key"
    AUTH = "auth"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NOT_SSH = "not-ssh"
    LOST = "lost"
    LIMIT = "limit"
    CONFIG = "config"
    GARBLED = "garbled"
    HUNG = "hung"
    STALE = "stale"
    REBOOTED = "rebooted"
    BUSY = "busy"
    DENIED = "denied"
    MISSING = "missing"
    INTERNAL = "internal"


class ConsoleError(Exception):
    """Anything the operator is told in one line: what, and (``hint``) what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def whole(self) -> str:
        """What, and what to do about it, in one line."""
        return "; ".join(filter(None, (str(self), self.hint)))


class Unreachable(ConsoleError):
    """The host does not answer; ``problem`` says in which way."""

    def __init__(
        self, message: str, hint: str = "", problem: Problem = Problem.UNREACHABLE
    ) -> None:
        super().__init__(message, hint)
        self.problem = problem


class Denied(ConsoleError):
    """The host answers, but not us; trying again by ourselves would make it worse."""

    def __init__(self, message: str, hint: str = "", problem: Problem = Problem.DENIED) -> None:
        super().__init__(message, hint)
        self.problem = problem


class UntrustedKey(Denied):
    """The host showed a key that is unknown, another than the known one, or revoked.

    ``fingerprint`` is ``SHA256:...`` as ``ssh-keygen -l`` prints it; ``line`` and ``file`` are
    what accepting an unknown key would add, and where.
    """

    def __init__(
        self, message: str, hint: str, problem: Problem, *, fingerprint: str, line: str, file: str
    ) -> None:
        super().__init__(message, hint, problem)
        self.fingerprint = fingerprint
        self.line = line
        self.file = file


class Unparsable(ConsoleError):
    """A source said something its grammar does not know.

    ``source`` names the file or command, ``line`` the offending text (raw: clean before showing),
    ``expected`` the form that was looked for.
    """

    def __init__(self, source: str, line: str, expected: str) -> None:
        super().__init__(f"{source}: expected {expected}, got {line[:200]!r}")
        self.source = source
        self.line = line
        self.expected = expected


class Misconfigured(ConsoleError):
    """Our own configuration is wrong; ends the program with one line and exit status 2."""

    def __init__(self, file: str, line: int | None, key: str, why: str) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {key}: {why}" if key else f"{place}: {why}")
        self.file = file
        self.line = line
        self.key = key

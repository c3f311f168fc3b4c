"""Contact: one host as the fleet knows it, whether it answers and why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from console.clean import Clean, clean
from console.errors import ConsoleError, Denied, Misconfigured, Problem, Unreachable, UntrustedKey
from console.model import Host
from console.renewed import renewing

_STALE_INTERVALS = 2.5


class ContactState(StrEnum):
    """Whether a host answers."""

    UP = "up"
    STALE = "stale"
    UNREACHABLE = "unreachable"
    DENIED = "denied"
    KEY_CHANGED = "key-changed"


@dataclass(frozen=True, slots=True)
class Contact:
    """One host as the fleet knows it; a lost host keeps its last picture.

    Without picture and failure it has not answered yet: its first look is under way.
    """

    name: Clean
    interval: float
    host: Host | None = None
    failed: ContactState | None = None
    trouble: Clean | None = None
    """Why it does not answer, in one line."""
    remedy: Clean | None = None
    """What to do about that."""
    problem: Problem | None = None
    tags: tuple[Clean, ...] = ()
    protected: bool = False
    """Read-only unless unlocked with a reason."""
    address: str = ""
    """What ``ssh`` would be given; empty for this host."""
    retry_at: float | None = None
    """When it is tried again by itself (monotonic clock); ``None``: only when asked to."""
    untrusted: UntrustedKey | None = None
    """The key it offered that is not the known one."""
    rebooted_at: float | None = None
    """When it was last noticed to have rebooted under this console (monotonic clock)."""

    def age(self, now: float) -> float | None:
        """Return seconds since the picture was taken, by the monotonic clock ``now``."""
        return None if self.host is None else max(0.0, now - self.host.at)

    def state_at(self, now: float) -> ContactState:
        """Return whether the host answers; a picture grows stale after two missed samples."""
        age = self.age(now)
        if self.failed is not None or age is None:
            return self.failed or ContactState.UNREACHABLE
        return ContactState.STALE if age > _STALE_INTERVALS * self.interval else ContactState.UP


def problem_of(error: Exception) -> Problem:
    """Return the word for what went wrong; what is no ``ConsoleError`` is a fault of ours."""
    match error:
        case Unreachable() | Denied():
            return error.problem
        case Misconfigured():
            return Problem.CONFIG
        case ConsoleError():
            return Problem.UNREACHABLE
        case _:
            return Problem.INTERNAL


def failing(contact: Contact, error: Exception, retry_at: float | None) -> Contact:
    """Return the contact after a look that failed: the last picture stays."""
    told = (
        str(error)
        if isinstance(error, ConsoleError)
        else f"{Problem.INTERNAL}: {type(error).__name__}: {error}"
    )
    remedy = error.hint if isinstance(error, ConsoleError) else ""
    return replace(
        contact,
        failed=_state(error),
        trouble=clean(told),
        remedy=clean(remedy) if remedy else None,
        problem=problem_of(error),
        retry_at=retry_at,
        untrusted=_bare(error) if isinstance(error, UntrustedKey) else None,
    )


def answering(contact: Contact, host: Host, rebooted_at: float | None) -> Contact:
    """Return the contact after a look that succeeded."""
    return _with_picture(contact, host, rebooted_at, None, None, None, None, None, None)


def _state(error: Exception) -> ContactState:
    if problem_of(error) in {Problem.CHANGED_KEY, Problem.REVOKED_KEY}:
        return ContactState.KEY_CHANGED
    return ContactState.DENIED if isinstance(error, Denied) else ContactState.UNREACHABLE


def _bare(key: UntrustedKey) -> UntrustedKey:
    """Return the same without the frames it was raised through, which would live on with it."""
    return UntrustedKey(
        str(key),
        key.hint,
        key.problem,
        fingerprint=key.fingerprint,
        line=key.line,
        file=key.file,
    )


_with_picture = renewing(
    Contact,
    *("host", "rebooted_at"),
    *("failed", "trouble", "remedy", "problem", "retry_at", "untrusted"),
)

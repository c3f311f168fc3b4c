"""Which levels are to grow by themselves, as configured."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

from console.model import Kind, Level, State
from console.parse.amount import Amount


@dataclass(frozen=True, slots=True)
class ReliefRule:
    """Levels that are to grow by themselves; each pattern is a glob, and all must match."""

    step: Amount
    """How much more room it gets at once."""
    cap: int
    """Bytes beyond which it never grows."""
    host: str = "*"
    tag: str | None = None
    """One tag of the host must match; ``None``: it may have none."""
    kind: str = "*"
    id: str = "*"
    state: State | None = State.ACT
    """From which state on it grows; ``None``: from ``percent`` on."""
    percent: float = 100.0
    per_hour: int = 4
    """How often it may be tried within an hour."""

    def matches(self, host: str, tags: Collection[str], level: Level) -> bool:
        """Whether this rule speaks of that level."""
        return (
            fnmatchcase(host, self.host)
            and (self.tag is None or any(fnmatchcase(tag, self.tag) for tag in tags))
            and fnmatchcase(level.kind, self.kind)
            and fnmatchcase(level.id, self.id)
        )

    def wants(self, level: Level) -> bool:
        """Whether that level has come so far; what is lost does not grow."""
        if level.state is State.LOST or level.kind is Kind.MEMORY:
            return False
        if self.state is not None:
            return level.state.severity >= self.state.severity
        return 100 * (level.worst_fill or 0.0) >= self.percent

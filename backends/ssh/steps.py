"""The way to a host, step by step, as ``subdeck doctor`` tells it."""

from __future__ import annotations

from dataclasses import dataclass, field

from console.errors import ConsoleError


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    check: str
    state: str
    """``ok``, ``lacking`` (it goes on all the same) or ``failed``."""
    found: str
    remedy: str = ""


@dataclass(slots=True)
class Trace:
    """What was found on the way so far."""

    at: str = "resolve"
    """The step that is under way, and the one that failed should it end now."""
    steps: list[Step] = field(default_factory=list)

    def begin(self, check: str) -> None:
        """Note which step is under way."""
        self.at = check

    def found(self, found: str, remedy: str = "", *, lacking: bool = False) -> None:
        """Note what that step came to."""
        self.steps.append(Step(self.at, "lacking" if lacking else "ok", found, remedy))

    def failed(self, error: ConsoleError) -> None:
        """Note that it went no further."""
        self.steps.append(Step(self.at, "failed", str(error), error.hint))

"""One way to relieve a level, and which of two comes first."""

from __future__ import annotations

from dataclasses import dataclass

from console.clean import Clean
from console.plan import Verb, Wish

HELD = "/proc/"
"""Begins the name of what a process holds without a name."""
_RISKS = {
    Verb.GROW: 0,
    Verb.RELEASE: 0,
    Verb.PURGE: 0,
    Verb.VACUUM: 1,
    Verb.TRUNCATE: 1,
    Verb.CLEAN: 1,
    Verb.DELETE: 2,
    Verb.RESTART: 2,
    Verb.HOLD: 3,
}
"""The riskier later, whatever it gains."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to relieve a level."""

    verb: Verb
    title: Clean
    gain: int | None
    """Bytes of room it makes, as far as that can be told."""
    risk: Clean
    why_not: Clean | None = None
    """Why it cannot be done, or is of no use here; ``None``: it can."""
    wish: Wish | None = None
    """What is to be planned; ``None``: nothing."""


def order(option: Option) -> tuple[bool, int, int]:
    """Return what options are sorted by: those that can be done first, the riskier later."""
    # Emptying what a process holds without a name may surprise it most.
    held = option.wish is not None and any(path.startswith(HELD) for path in option.wish.paths)
    risk = max(_RISKS.values()) + 1 if held else _RISKS[option.verb]
    return option.why_not is not None, risk, -(option.gain or 0)

"""What is done about alerts, as configured."""

from __future__ import annotations

from dataclasses import dataclass

from console.model import State


@dataclass(frozen=True, slots=True)
class Alerting:
    """What is done about alerts, as configured."""

    hook: tuple[str, ...] = ()
    """Argv of a command that gets each alert as JSON; empty: there is none."""
    timeout: float = 10.0
    """Seconds it may take."""
    bell: bool = False
    osc9: bool = False
    """Whether the terminal is asked to notify (OSC 9)."""
    least: State = State.ACT
    """What is at least so grave is an alert."""


QUIET = Alerting()
"""Nothing is done about alerts but to show them."""

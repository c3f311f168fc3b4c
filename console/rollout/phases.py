"""Phases: where a target of a rollout can be, what leads from one to another, what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean
from console.rollout.records import Mark, What


class Phase(StrEnum):
    """Where a target is."""

    WAITING = "waiting"
    STAGED = "staged"
    SPARED = "spared"
    """It failed before anything was changed there."""
    MOVING = "moving"
    SETTLING = "settling"
    """Upgraded; not every gate has passed."""
    PASSED = "passed"
    FAILED = "failed"
    """It is to go back."""
    RETURNING = "returning"
    CHECKING = "checking"
    """Taken back, and not yet seen to be so."""
    BACK = "back"
    LOST = "lost"
    """It does not answer: power cycle needed."""
    STUCK = "stuck"
    """It could not be taken back."""


class Course(StrEnum):
    """How a rollout as a whole goes."""

    RUNNING = "running"
    PAUSED = "paused"
    HELD = "held"
    """So many targets are lost or stuck that no other may be taken."""
    STOPPING = "stopping"
    """Its wave is being taken back."""
    STOPPED = "stopped"
    DONE = "done"


LEADS: Mapping[What, Mapping[Phase, Phase]] = {
    What.STAGED: {Phase.WAITING: Phase.STAGED},
    What.MOVING: {Phase.STAGED: Phase.MOVING},
    What.MOVED: {Phase.MOVING: Phase.SETTLING},
    What.PASSED: {Phase.SETTLING: Phase.PASSED},
    What.WAVERED: {Phase.PASSED: Phase.SETTLING},
    What.FAILED: {
        Phase.WAITING: Phase.SPARED,
        Phase.STAGED: Phase.SPARED,
        Phase.MOVING: Phase.FAILED,
        Phase.SETTLING: Phase.FAILED,
        Phase.PASSED: Phase.FAILED,
    },
    What.LOST: dict.fromkeys(
        (Phase.MOVING, Phase.SETTLING, Phase.FAILED, Phase.RETURNING, Phase.CHECKING), Phase.LOST
    ),
    What.FOUND: {Phase.LOST: Phase.FAILED},
    What.RETURNING: {Phase.FAILED: Phase.RETURNING, Phase.PASSED: Phase.RETURNING},
    What.RETURNED: {Phase.RETURNING: Phase.CHECKING},
    What.BACK: {Phase.FAILED: Phase.BACK, Phase.CHECKING: Phase.BACK},
    What.STUCK: {Phase.RETURNING: Phase.STUCK, Phase.CHECKING: Phase.STUCK},
}
"""From which phase to which each mark leads."""
FORWARD = frozenset({Phase.WAITING, Phase.STAGED, Phase.MOVING, Phase.SETTLING, Phase.PASSED})
"""Phases from which ``failed`` and ``lost`` count against the budget."""
ACTIVE = (Phase.MOVING, Phase.SETTLING, Phase.FAILED, Phase.RETURNING, Phase.CHECKING)
"""Phases in which something is to become of a target."""
AWAY = frozenset({*ACTIVE, Phase.LOST, Phase.STUCK})
"""Phases in which a target counts as unavailable."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of one target."""

    phase: Phase
    since: float
    mark: Mark | None = None
    """The last that told why, or began a job."""
    moving: Mark | None = None
    """The one that began its upgrade."""

    @property
    def told(self) -> Clean | None:
        """Why it stands there."""
        return self.mark.told if self.mark else None


@dataclass(frozen=True, slots=True)
class Stage:
    """The image is to be brought there."""

    target: Clean


@dataclass(frozen=True, slots=True)
class Move:
    """It is to be upgraded; one whose upgrade had begun is seen through."""

    target: Clean


@dataclass(frozen=True, slots=True)
class Return:
    """It is to be taken back; one of which that had begun is seen through."""

    target: Clean


Intent = Stage | Move | Return

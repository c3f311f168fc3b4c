"""Jobs: plans that run, or have run, on a host, whoever began them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from console.clean import Clean
from console.plan import Plan, named

FOLDER = "/run/subdeck/jobs/"
"""Where jobs lie on a host, each in a folder named by its id."""


def new_id(now: float) -> Clean:
    """Return what no other job is called; ids sort by time: ``20261126T012233Z-9f3a61``."""
    moment = datetime.fromtimestamp(now, UTC)
    return Clean(f"{moment:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}")


class JobState(StrEnum):
    """What became of a job."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    """A precondition did not hold: nothing was changed."""
    UNDONE = "undone"
    """A step failed, and all was taken back."""
    LEFT = "left"
    """A step failed, and something could not be taken back."""
    KILLED = "killed"
    """It ended without a word: to be finished or rolled back."""
    MISSED = "missed"
    """Every step was done, yet the host does not show what was wished: seen by looking."""
    UNKNOWN = "unknown"
    """The link was lost meanwhile: to be looked up by its id."""


class Settling(StrEnum):
    """What becomes of a job that was killed."""

    FINISH = "finish"
    ROLL_BACK = "roll-back"


@dataclass(frozen=True, slots=True)
class Order:
    """A plan that is to become a job."""

    id: Clean
    """Sorts by time: ``20261126T012233Z-9f3a61``."""
    plan: Plan
    who: Clean
    """``alice@bastion``."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job as its folder on the host tells it."""

    id: Clean
    host: Clean
    verb: Clean
    subhost: Clean
    who: Clean
    state: JobState
    started: float | None = None
    """Seconds since 1970, by the console's clock that began it."""
    seconds: float | None = None
    """How long it took, or has taken so far."""
    step: int = 0
    """The step begun last, from 1; 0: none."""
    steps: int = 0
    told: Clean | None = None
    """Why it was refused, what step failed and how, what is left."""
    output: tuple[Clean, ...] = ()
    """Last lines of what its commands said."""
    digest: Clean | None = None
    """SHA-256 of its program."""
    finishable: bool = False
    """Whether a killed one can go on where it was, rather than only be rolled back."""
    whys: tuple[Clean, ...] = ()
    """What each step is for, where that is known."""
    level: Clean | None = None
    """Id of the level it is about; ``None``: it is about a subhost."""
    total: int | None = None
    """Bytes that level is to hold at least, when it is done."""
    inodes: int | None = None

    @property
    def deed(self) -> Clean:
        """What it does to what: ``start mta``; the verb alone where that is its host."""
        return Clean(f"{self.verb} {self.target}".rstrip())

    @property
    def target(self) -> Clean:
        """What it acts on: ``mta``, ``dm:live-rw``, ``mta/tmpfs:/run``."""
        return named(self.subhost, self.level)

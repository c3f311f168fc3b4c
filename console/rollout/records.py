"""What a rollout's journal holds: all that was decided and seen, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean
from console.rollout.gates import Before


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a rollout goes."""

    most: int
    """Targets that may be unavailable at once."""
    failures: int = 0
    """Targets that may fail before it stops; of the first of several waves none may."""
    soak: float = 300.0
    """Seconds for which every gate must pass after a wave before the next one begins."""
    limit: float = 600.0
    """Seconds a target has until every gate passes."""
    command: Clean | None = None
    """Run here for each target; it passes that with exit status 0."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The first record: what is to be done."""

    at: float
    """Seconds since 1970, like that of all records."""
    id: Clean
    who: Clean
    """``alice@bastion``."""
    image: Clean
    digest: Clean
    """SHA-256 of the set's manifest, in hexadecimal."""
    waves: tuple[tuple[Clean, ...], ...]
    rules: Rules
    method: Clean | None = None
    """How hosts are upgraded; ``None``: as each was booted."""
    reason: Clean | None = None
    """Why the set is taken although something speaks against it; ``None``: nothing may."""
    stage_in: Clean | None = None
    """Folder of all hosts where sets are to lie; ``None``: each has its own."""
    pull: bool = False
    """Whether hosts fetch by themselves what a web server has for them."""


class Word(StrEnum):
    """What an operator says of a rollout."""

    DRIVE = "drive"
    """This console drives it from now on."""
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said."""

    at: float
    who: Clean
    word: Word


class What(StrEnum):
    """What becomes of a target."""

    STAGED = "staged"
    """The image lies ready there."""
    MOVING = "moving"
    """Its upgrade is about to begin."""
    MOVED = "moved"
    """Its upgrade has ended, or its host was booted anew; the gates tell how well."""
    PASSED = "passed"
    WAVERED = "wavered"
    """A gate that had passed does not any more."""
    FAILED = "failed"
    LOST = "lost"
    FOUND = "found"
    """One that was lost answers again."""
    RETURNING = "returning"
    """It is about to be taken back."""
    RETURNED = "returned"
    BACK = "back"
    """It is seen to run the old image."""
    STUCK = "stuck"
    """It could not be taken back."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one target."""

    at: float
    target: Clean
    what: What
    told: Clean | None = None
    """Why, in one line."""
    job: Clean | None = None
    """Of ``moving`` and ``returning``: the id of the job that does it."""
    before: Before | None = None
    """Of ``moving``: what it is like before."""
    boot_id: Clean | None = None
    """Of ``returning``: of its host, before."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """A wave has held."""

    at: float
    wave: int
    """From 0."""


Record = Begun | Said | Mark | Soaked

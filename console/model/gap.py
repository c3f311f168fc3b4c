"""What could not be seen, and why: a failed question is data, never an empty answer."""

from __future__ import annotations

from dataclasses import dataclass

from console.clean import Clean
from console.errors import Problem


@dataclass(frozen=True, slots=True)
class Gap:
    """One question a host did not answer, shown where the value would have stood."""

    probe: Clean
    """The question: a probe's name, and the thing it was asked of (``statvfs /mnt/nfs``)."""
    reason: Clean
    remedy: Clean | None = None
    problem: Problem = Problem.INTERNAL

"""The distinct moments of a deed that a console does: by them it is told when to strike.

Programs are called on the host from its first look to its last one. While a job is launched, or
settled, each call is a moment of its own; of what a step calls only the first is, for a console
does nothing that depends on the others; of looks the first and two later ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.lab.tripwire import Call

JOBS = Path("/run/subdeck/jobs")
LOOK, LAUNCH = "look", "launch"


class Moment(NamedTuple):
    """A call: ``at`` counts those of its stage from 1."""

    stage: str
    """``look``, ``launch``, or the line that its job wrote last, as ``step 3``."""
    at: int


class Clock:
    """Tells at which moment a call comes."""

    def __init__(self) -> None:
        self.passed: list[Moment] = []
        self._began = _last()
        self._launching = False
        self._counts: Counter[str] = Counter()

    def moment(self, call: Call) -> Moment:
        """Return the moment of a call, the newest one."""
        stage = self._stage(call)
        self._counts[stage] += 1
        found = Moment(stage, self._counts[stage])
        self.passed.append(found)
        return found

    def _stage(self, call: Call) -> str:
        last = _last()
        if last != self._began and not last.line.startswith("settle "):
            return last.line
        self._launching = self._launching or any(b"/run/subdeck/" in word for word in call.argv)
        return LAUNCH if self._launching else LOOK


def distinct(passed: Sequence[Moment], most: int = 0) -> list[Moment]:
    """Return the moments to strike at; of more than ``most`` so many, the same way apart."""
    counts = Counter(each.stage for each in passed)
    found = [Moment(stage, at) for stage, count in counts.items() for at in _of(stage, count)]
    if not most or len(found) <= most:
        return found
    return [found[len(found) * at // (most + 1)] for at in range(1, most + 1)]


def _of(stage: str, count: int) -> Iterator[int]:
    if stage == LAUNCH:
        yield from range(1, count + 1)
    elif stage == LOOK or stage.startswith("end "):
        # Not the last: another run may call a few less.
        yield from sorted({1, 1 + count // 3, 1 + count // 2})
    else:
        yield 1


class _Last(NamedTuple):
    """What the newest job wrote last, without the time."""

    job: str
    number: int
    line: str


def _last() -> _Last:
    for journal in sorted(JOBS.glob("[!.]*/journal"), reverse=True):
        lines = journal.read_text(errors="replace").splitlines()
        if lines:
            return _Last(journal.parent.name, len(lines), lines[-1].partition(" ")[2])
    return _Last("", 0, "")

"""The journal of a job, as its program writes it line by line.

``4711.05 begun`` and ``4711.07 step 1`` tell when, in seconds since boot, what happened;
``4712.30 end done`` tells that it is over. Forms: ``console/shell/frame.sh``. Lines of other forms
are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from console.clean import Clean, clean
from console.jobs import JobState

_LINE = re.compile(rb"([0-9]{1,12}(?:\.[0-9]{1,9})?) ([a-z]+)(?: (.*))?", re.DOTALL)
_NUMBER = re.compile(rb"[0-9]{1,6}")
_WARNINGS = 3
"""Warnings kept, the newest."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come."""

    state: JobState | None = None
    """How it ended; ``None``: it has not told."""
    begun: float | None = None
    """When it first began, in seconds since the host's boot."""
    last: float | None = None
    """When it last told anything."""
    step: int = 0
    """The step begun last, from 1."""
    failed: tuple[int, int] | None = None
    """The step that failed, and its exit status."""
    left: tuple[int, ...] = ()
    """Steps that could not be taken back."""
    refusal: Clean | None = None
    warnings: tuple[Clean, ...] = ()
    settled: bool = False
    """Whether it was killed and is, or was, finished or taken back."""


def progress(lines: Iterable[bytes]) -> Progress:
    """Return what the lines of a journal tell."""
    found = Progress()
    for line in lines:
        if match := _LINE.fullmatch(line):
            found = _after(found, float(match[1]), match[2], match[3] or b"")
    return found


def _after(before: Progress, at: float, word: bytes, rest: bytes) -> Progress:
    now = replace(before, last=at)
    match word:
        case b"begun":
            return replace(now, begun=at if now.begun is None else now.begun)
        case b"step":
            numbers = _numbers(rest.split())
            return replace(now, step=numbers[0]) if numbers else now
        case b"failed":
            match _numbers(rest.split()):
                case (number, status):
                    return replace(now, failed=(number, status))
        case b"warn":
            said = clean(rest.partition(b" ")[2])
            return replace(now, warnings=(*now.warnings, said)[-_WARNINGS:])
        case b"settle":
            return replace(now, state=None, failed=None, left=(), refusal=None, settled=True)
        case b"end":
            how, _, more = rest.partition(b" ")
            return _ended(now, how, more)
    return now


def _ended(now: Progress, how: bytes, more: bytes) -> Progress:
    match how:
        case b"done":
            return replace(now, state=JobState.DONE)
        case b"undone":
            return replace(now, state=JobState.UNDONE)
        case b"left":
            return replace(now, state=JobState.LEFT, left=_numbers(more.split()))
        case b"refused":
            # Where it had begun before it was killed, that is still to be finished or taken back.
            state = None if now.settled else JobState.REFUSED
            return replace(now, state=state, refusal=clean(more))
    return now


def _numbers(words: Sequence[bytes]) -> tuple[int, ...]:
    return tuple(int(word) for word in words if _NUMBER.fullmatch(word))

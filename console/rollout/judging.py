"""Judging: what becomes of a target by what its gates say."""

from __future__ import annotations

from collections.abc import Sequence

from console.clean import Clean, clean
from console.rollout.gates import Gate, Reading, Verdict
from console.rollout.phases import Phase
from console.rollout.records import What

_SILENT = frozenset({Gate.CONTACT, Gate.ACCESS})


def told(lacking: Reading) -> Clean:
    """Return in a line what a gate says that does not pass."""
    if lacking.gate is Gate.CONTACT:
        return clean(f"{lacking.line}; power cycle needed")
    return clean(f"{lacking.gate}: {lacking.line}")


def judged(
    phase: Phase, readings: Sequence[Reading], *, late: bool
) -> tuple[What, Clean | None] | None:
    """Return what is to be noted of a target, and why; ``None``: it is to be looked at again.

    ``late``: it has had its time.
    """
    failed = next((each for each in readings if each.verdict is Verdict.FAIL), None)
    waits = next((each for each in readings if each.verdict is Verdict.WAIT), None)
    lacking = failed or waits
    if lacking is None:
        good = {Phase.SETTLING: What.PASSED, Phase.CHECKING: What.BACK}
        return (good[phase], None) if phase in good else None
    why = told(lacking)
    match phase:
        case Phase.PASSED:
            return What.FAILED if failed else What.WAVERED, why
        case Phase.SETTLING if failed:
            return What.FAILED, why
        case Phase.SETTLING | Phase.CHECKING if late or failed:
            if lacking.gate in _SILENT:
                return What.LOST, why
            return What.STUCK if phase is Phase.CHECKING else What.FAILED, why
    return None

"""The strip of what runs: one line an errand, and of one that failed the last its job said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.jobs import JobState
from screens.errands import Errand, outcome
from screens.marks import cells
from screens.page import Line, Tone, Words
from screens.pages.jobs import gauge
from screens.paragraph import flowed

_SAID = 3
"""Lines of output shown of one that failed."""
_TITLE = 34
"""Cells at most of a title before a gauge."""


def strip(errands: Sequence[Errand], width: int, most: int) -> tuple[Line, ...]:
    """Return what runs and what failed in at most so many lines; nothing where there is none."""
    if not errands:
        return ()
    order = sorted(errands, key=lambda each: (not each.over, each.id is None))
    wide = min(max(cells(each.title, _TITLE) for each in errands), _TITLE)
    blocks = [flowed(_errand(each, wide), width) for each in order]
    shown: list[Line] = []
    left = 0
    for block in blocks:
        room = most - 1 - len(shown)
        if room > 0:
            shown += block[:room]
        else:
            left += 1
    return (*shown, _last(errands, left))


def _errand(errand: Errand, wide: int) -> Iterator[Line]:
    if errand.over:
        text, tone = outcome(errand)  # of one that ended well nothing is left to show
        words = (Words(f"{word} ") for word in text.split(" "))
        yield Line((Words("failed  ", tone), *words), hang=8)
        for line in errand.job.output[-_SAID:] if errand.job else ():
            yield Line((Words(f"        {line}", Tone.DIM),))
        return
    title = Words(f"{errand.title:<{wide}}  ")
    job = errand.job
    if job is None:
        yield Line((Words("begins  ", Tone.DIM), title))
    elif job.state is JobState.UNKNOWN:
        yield Line((Words("unknown ", Tone.ACT), title, Words(job.told or "")))
    else:
        yield Line((Words("runs    ", Tone.ACCENT), title, gauge(job)))


def _last(errands: Sequence[Errand], left: int) -> Line:
    running = sum(not each.over for each in errands)
    said = [f"{left} more"] if left else []
    said.append("Esc hides this" + (", it goes on" if running else ""))
    return Line((Words("6", Tone.ACCENT), Words(f" operations  {'  '.join(said)}", Tone.DIM)))

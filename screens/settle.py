"""The dialog that finishes a killed job, or takes back what it did."""

from __future__ import annotations

from collections.abc import Iterator

from console.jobs import Job, Settling
from screens.confirm import Confirm
from screens.consent import Consent
from screens.marks import Glyphs
from screens.page import Line, Tone, Words, sentence
from screens.pages import jobs

_TITLES = {Settling.FINISH: "finish", Settling.ROLL_BACK: "take back"}
_DOES = {Settling.FINISH: "finishes it", Settling.ROLL_BACK: "takes it back"}


class Settle(Confirm):
    """Answers ``True`` where that is to be done."""

    def __init__(self, job: Job, how: Settling, wall: float, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        title = f"{_TITLES[how]}: {job.deed} on {job.host}"
        lines = [*jobs.facts(job, wall), Line(()), *_steps(job, how)]
        self.say(Line((Words(title, Tone.HEAD),)), tuple(lines))
        self.ask(Consent(_DOES[how], ("yes", "1")))


def _steps(job: Job, how: Settling) -> Iterator[Line]:
    """Yield which steps would be done, or taken back."""
    first, last = (max(job.step, 1), job.steps) if how is Settling.FINISH else (1, job.step)
    numbers = range(first, last + 1)
    if how is Settling.FINISH:
        yield sentence("It goes on with the step it was killed in:")
    else:
        yield sentence("What its steps did is taken back, the last one first:")
        numbers = numbers[::-1]
    for number in numbers:
        why = job.whys[number - 1] if number <= len(job.whys) else "step"
        yield sentence(f"{number:>3}  {why}", Tone.HEAD, 5)

"""Progress of jobs on stderr: one live line on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence

from console.clean import Clean, clean
from console.images.moving import Moved
from console.jobs import Job, JobState
from console.parse.amount import shown
from console.plan import Plan, named


class Progress:
    """Tells how far jobs are; each thing once."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._told: dict[Clean, tuple[JobState, int]] = {}
        self._shown = False

    def tell(self, jobs: Sequence[Job], plans: Mapping[Clean, Plan]) -> None:
        """Tell what is new of those jobs that run, whose plans are given by their ids."""
        for job in reversed(jobs):
            plan = plans.get(job.id)
            now = job.state, job.step
            if plan is None or self._told.get(job.id) == now:
                continue
            self._told[job.id] = now
            if job.state is JobState.RUNNING and job.step:
                self._say(_text(job, plan))
            elif job.state is JobState.UNKNOWN:
                self._say(
                    f"{named(job.host, job.target)}: {job.state}: {job.told}; waiting for it"
                )

    def moved(self, host: Clean, title: Clean, moved: Moved) -> None:
        """Tell how far a set is on its way to a host: each time on a terminal, else at its end."""
        if not self._live and moved.done < moved.total:
            return
        told = f"{host}: {shown(moved.done)} of {shown(moved.total)} of {title}"
        if moved.rate is not None:
            told = f"{told}, {shown(round(moved.rate))}/s"
        if moved.eta:
            told = f"{told}, {moved.eta:.0f} s left"
        if moved.unfetched:
            told = f"{told}; sent, not fetched: {moved.unfetched}"
        self._say(told)

    def clear(self) -> None:
        """Take the live line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    def _say(self, text: str) -> None:
        if not self._live:
            sys.stderr.write(f"{text}\n")
        else:
            columns = shutil.get_terminal_size().columns
            sys.stderr.write(f"\r\x1b[K{clean(text, max(columns - 1, 1))}")
            self._shown = True
        sys.stderr.flush()


def _text(job: Job, plan: Plan) -> str:
    why = plan.steps[job.step - 1].why if job.step <= len(plan.steps) else ""
    return f"{named(job.host, job.target)}: {job.step}/{job.steps} {why}"

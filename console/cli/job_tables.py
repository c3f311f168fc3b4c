"""Jobs, and the record of what operators did, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from console.audit import Record
from console.cli.tables import new_table, rendered
from console.contract import iso
from console.jobs import Job, JobState
from console.plan import named
from screens import marks

_STYLES = {
    JobState.RUNNING: "cyan",
    JobState.DONE: "green",
    JobState.REFUSED: "yellow",
    JobState.UNDONE: "yellow",
    JobState.UNKNOWN: "yellow",
}
_BAD = "bold red"


def jobs_table(jobs: Sequence[Job], now: float) -> str:
    """Return jobs as a table; ``now`` is the wall clock."""
    table = new_table(
        *("STATE", "HOST", "SUBHOST", "VERB", "STEP", "TOOK", "AGO", "WHO", "JOB", "TOLD"),
        right=("STEP", "TOOK", "AGO"),
        wrap=("WHO", "TOLD"),
    )
    for job in jobs:
        table.add_row(
            Text(job.state.value, _STYLES.get(job.state, _BAD)),
            Text(job.host),
            Text(named(job.subhost, job.level)),
            Text(job.verb),
            f"{job.step}/{job.steps}",
            "-" if job.seconds is None else f"{job.seconds:.1f} s",
            "-" if job.started is None else marks.duration(max(now - job.started, 0.0)),
            Text(job.who),
            Text(job.id),
            Text(job.told or ""),
        )
    return rendered([table])


def audit_table(records: Sequence[Record]) -> str:
    """Return records as a table, oldest first."""
    table = new_table(
        *("TIME", "WHO", "HOST", "SUBHOST", "VERB", "OUTCOME", "JOB", "REASON", "TOLD"),
        wrap=("WHO", "REASON", "TOLD"),
    )
    for record in records:
        outcome = record.outcome or "begun"
        known = outcome in {*_STYLES, "begun"}
        table.add_row(
            iso(record.time) or "-",
            *map(Text, (record.who, record.host, _subject(record))),
            Text(record.verb),
            Text(outcome, "" if known else _BAD),
            *(Text(each or "") for each in (record.id, record.reason, record.told)),
        )
    return rendered([table])


def _subject(record: Record) -> str:
    return named(record.subhost, record.level) or record.image or ""

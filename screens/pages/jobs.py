"""Operations: jobs of all hosts, the newest first; and one of them with its steps and output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from console.clean import Clean
from console.fleet import FleetView
from console.jobs import Job, JobState
from screens import marks
from screens.page import Column, Gauge, Line, Page, Row, Table, Tone, Words
from screens.pages.desk import Desk
from screens.pages.events import moment
from screens.pages.parts import fact, told
from screens.place import row_key

TABLE = "jobs"
TONES: Mapping[JobState, Tone] = {
    JobState.RUNNING: Tone.ACCENT,
    JobState.DONE: Tone.GOOD,
    JobState.REFUSED: Tone.WATCH,
    JobState.UNDONE: Tone.WATCH,
    JobState.LEFT: Tone.BAD,
    JobState.KILLED: Tone.BAD,
    JobState.UNKNOWN: Tone.ACT,
    JobState.MISSED: Tone.BAD,
}
_MEANS: Mapping[JobState, str] = {
    JobState.RUNNING: "it goes on whether this console runs or not",
    JobState.DONE: "and the host shows it",
    JobState.REFUSED: "a check on the host did not hold: nothing was changed",
    JobState.UNDONE: "a step failed, and all was taken back",
    JobState.LEFT: "a step failed, and not all could be taken back: repair it (a p)",
    JobState.KILLED: "it ended without a word: finish it (a f) or take it back (a b)",
    JobState.UNKNOWN: "the link was lost meanwhile; Ctrl-R looks what became of it",
    JobState.MISSED: "every step was done, yet the host does not show what was wished",
}
_LAST = {
    JobState.RUNNING: "running",
    JobState.KILLED: "killed",
    JobState.UNKNOWN: "unknown",
}
"""What is said of the step a job is in, or ended in."""
_RANKS = {state: place for place, state in enumerate(JobState)}

_COLUMNS = (
    Column("state", "STATE", 8),
    Column("verb", "WHAT", 8),
    Column("target", "TARGET", 16, grow=2, most=32, path=True),
    Column("step", "STEP", 6, right=True),
    Column("took", "TOOK", 6, right=True),
    Column("began", "BEGAN (UTC)", 14, priority=2),
    Column("who", "WHO", 14, grow=1, most=28, priority=1),
    Column("told", "TOLD", 16, grow=4, priority=3),
)
_STEPS = (
    Column("n", "", 3, right=True),
    Column("state", "STATE", 10),
    Column("why", "STEP", 30, grow=1),
)
_OUTPUT = (Column("n", "", 4, right=True), Column("line", "OUTPUT", 40, grow=1))


def page(view: FleetView, desk: Desk, wall: float) -> Page:
    """Return every job that is known; ``wall`` is now, in seconds since 1970."""
    rows = [row for job in view.jobs for row in _rows(job, desk, wall)]
    empty = "no job is known; Ctrl-R asks the hosts for theirs"
    table = Table(TABLE, "Operations", _COLUMNS, tuple(rows), empty)
    return Page("operations", _counted(view.jobs), (table,))


def whole(row: Row) -> Iterator[Words]:
    """Yield what a row of this page says that is cut in there first."""
    *_, began, who, said = row.cells
    for cell in (said, who, began):
        if isinstance(cell, Words) and cell.text:
            yield replace(cell, text=f"{cell.text}  ")


def find(view: FleetView, host: str, name: str) -> Job | None:
    """Return a job by its host and id."""
    return next((job for job in view.jobs if job.id == name and job.host == host), None)


def one(job: Job, wall: float) -> Page:
    """Return everything about one job."""
    tables = [_steps(job, job.whys)] if job.whys else []
    tables.append(_output(job.output))
    title = f"{job.deed} on {job.host}"
    first, *others = facts(job, wall)
    lines = (first, told("", _MEANS[job.state], Tone.DIM), *others)
    return Page(title, lines, tuple(tables))


def took(job: Job, wall: float) -> float | None:
    """Return the seconds a job took, or has taken so far."""
    if job.state is JobState.RUNNING and job.started is not None:
        return max(job.seconds or 0.0, wall - job.started)
    return job.seconds


def state_word(job: Job) -> Words:
    """Return the state of a job as a word."""
    return Words(job.state.value, TONES[job.state], _RANKS[job.state])


def step_word(job: Job) -> str:
    """Return how far a job came: ``3/12``."""
    return f"{job.step}/{job.steps}" if job.steps else "-"


def why(job: Job) -> Clean | str:
    """Return what its current step is for; empty: not known, or there is none."""
    return job.whys[job.step - 1] if 0 < job.step <= len(job.whys) else ""


def gauge(job: Job) -> Gauge:
    """Return how far a running job came; the step it is in is not done yet."""
    share = max(job.step - 1, 0) * 1000 // job.steps if job.steps else None
    return Gauge(share, TONES[job.state], f"{step_word(job)} {why(job)}".rstrip())


def _counted(known: Sequence[Job]) -> tuple[Line, ...]:
    """Return how many jobs are in each state that wants to be seen."""
    states = [job.state for job in known]
    words = [
        Words(f"{states.count(state)} {state.value}  ", tone)
        for state, tone in TONES.items()
        if state in states
    ]
    return (Line((Words("jobs ", Tone.DIM), *words), hang=0),) if words else ()


def _rows(job: Job, desk: Desk, wall: float) -> tuple[Row, ...]:
    key = row_key(job.host, job.subhost, job.id)
    seconds = took(job, wall)
    shown = "-" if seconds is None else marks.age(seconds)
    return desk.parts.of(f"jobs {key}", job, shown, lambda: (_row(key, job, seconds, shown),))


def _row(key: str, job: Job, seconds: float | None, shown: str) -> Row:
    running = job.state is JobState.RUNNING
    said = why(job) if running else job.told or ""
    began = "-" if job.started is None else moment(job.started)
    return Row(
        key,
        (
            state_word(job),
            Words(job.verb),
            Words("/".join(filter(None, (job.host, job.target)))),
            Words(step_word(job), sort=job.step),
            Words(shown, Tone.DIM, seconds),
            Words(began, Tone.DIM, job.started),
            Words(job.who, Tone.DIM),
            Words(said, Tone.PLAIN if running else TONES[job.state]),
        ),
        {"host": job.host, "subhost": job.subhost, "id": job.id, "who": job.who},
    )


def facts(job: Job, wall: float) -> Iterator[Line]:
    """Yield who began a job, how it stands and what that means."""
    seconds = took(job, wall)
    lasted = "" if seconds is None else f"  {marks.age(seconds)}"
    yield fact(
        "state", state_word(job), Words(lasted), Words(f"  step {step_word(job)}", Tone.DIM)
    )
    began = "" if job.started is None else f"  {moment(job.started)} UTC"
    yield fact("by", Words(job.who), Words(began, Tone.DIM))
    if job.told:
        yield told("told", job.told, TONES[job.state])
    sha = f"  program sha256 {job.digest}" if job.digest else ""
    yield fact("job", Words(job.id, Tone.DIM), Words(sha, Tone.DIM))


def _steps(job: Job, whys: Sequence[Clean]) -> Table:
    rows = (
        Row(str(number), (Words(str(number), Tone.DIM, number), _step(job, number), Words(each)))
        for number, each in enumerate(whys, 1)
    )
    return Table("steps", "Steps", _STEPS, tuple(rows), lead=1)


def _step(job: Job, number: int) -> Words:
    """Return how a step of a job stands."""
    if job.state in {JobState.DONE, JobState.MISSED}:
        return Words("done", Tone.GOOD)
    if number > job.step:
        return Words("-", Tone.DIM)
    if number == job.step:
        return Words(_LAST.get(job.state, "failed"), TONES[job.state])
    if job.state is JobState.UNDONE:
        return Words("taken back", Tone.DIM)
    return Words("done", Tone.WATCH if job.state is JobState.LEFT else Tone.GOOD)


def _output(lines: Sequence[Clean]) -> Table:
    rows = tuple(
        Row(str(number), (Words(str(number), Tone.DIM, number), Words(line)))
        for number, line in enumerate(lines, 1)
    )
    empty = "its commands have said nothing"
    return Table("lines", "Output", _OUTPUT, rows, empty, lead=1, newest_last=True)

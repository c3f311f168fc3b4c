"""Jobs as pages: every state told apart, with what it means and what may be done about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.fleet import FleetView
from console.jobs import Job, JobState
from screens.filter import row_text
from screens.page import Page, Words
from screens.pages import build, detail
from screens.pages.desk import Desk
from screens.pages.jobs import TONES, took
from screens.place import Place, View
from screenshots.deeds import jobs

OPS = Place(View.OPERATIONS)
WALL = 1_790_000_480.0


def told(page: Page) -> str:
    return "\n".join(
        "".join(piece.text for piece in line.pieces if isinstance(piece, Words))
        for line in page.lines
    )


def page(job: Job) -> Page:
    place = Place(View.JOB, job.host, job.subhost, job.id)
    return build(FleetView(jobs=(job,)), place, 0.0, wall=WALL)


def test_every_state_has_a_tone_and_a_job_in_the_made_up_world() -> None:
    assert {*TONES} == {*JobState} == {job.state for job in jobs()}


def test_jobs_are_listed_newest_first_and_counted_by_state() -> None:
    listed = build(FleetView(jobs=jobs()), OPS, 0.0, wall=WALL)
    (table,) = listed.tables
    assert [row.cells[0].text for row in table.rows][:3] == ["running", "unknown", "killed"]  # type: ignore[union-attr]
    assert row_text(table.rows[0]).startswith("running restart local/web 4/6 21s 09-21 14:20:59")
    assert told(listed).startswith("jobs 1 running  1 done")
    first = detail(FleetView(jobs=jobs()), OPS, table, table.rows[3].key, 0.0)
    assert first
    assert isinstance(first.pieces[0], Words)
    assert first.pieces[0].text == "step 3 failed: mount: o.img: no such file  "
    empty = build(FleetView(), OPS, 0.0)
    assert empty.lines == ()
    assert "Ctrl-R asks" in empty.tables[0].empty


def test_rows_are_made_once_and_anew_when_time_shows() -> None:
    view, desk = FleetView(jobs=jobs()), Desk()
    first, again, later = (
        build(view, OPS, 0.0, desk, WALL + more).tables[0].rows for more in (0.0, 0.0, 5.0)
    )
    assert [one is other for one, other in zip(first, again, strict=True)] == [True] * 8
    assert [one is other for one, other in zip(first, later, strict=True)] == [False] + [True] * 7


@pytest.mark.parametrize(
    ("state", "means", "steps"),
    [
        (JobState.RUNNING, "goes on whether", ["done", "running", "-", "-"]),
        (JobState.DONE, "the host shows it", ["done"] * 4),
        (JobState.MISSED, "does not show what was wished", ["done"] * 4),
        (JobState.REFUSED, "nothing was changed", ["done", "failed", "-", "-"]),
        (JobState.UNDONE, "all was taken back", ["taken back", "failed", "-", "-"]),
        (JobState.LEFT, "repair it", ["done", "failed", "-", "-"]),
        (JobState.KILLED, "finish it (a f)", ["done", "killed", "-", "-"]),
        (JobState.UNKNOWN, "Ctrl-R looks", ["done", "unknown", "-", "-"]),
    ],
)
def test_a_job_tells_what_its_state_means(state: JobState, means: str, steps: list[str]) -> None:
    job = replace(jobs()[2], state=state, step=2, told=Clean("[/red] why"))
    shown = page(job)
    assert means in told(shown)
    assert "[/red] why" in told(shown)
    assert [row.cells[1].text for row in shown.tables[0].rows] == steps  # type: ignore[union-attr]
    assert shown.tables[1].newest_last


def test_a_job_whose_steps_are_not_known_shows_its_output_alone() -> None:
    bare = replace(jobs()[2], whys=(), steps=0, step=0, digest=None, started=None, output=())
    shown = page(bare)
    assert [table.title for table in shown.tables] == ["Output"]
    assert "step -" in told(shown)
    assert shown.tables[0].empty == "its commands have said nothing"


def test_a_running_job_ages_and_an_ended_one_does_not() -> None:
    running, unknown, killed = jobs()[:3]
    assert took(running, WALL) == 21.0
    assert took(running, 0.0) == running.seconds
    assert took(unknown, WALL) is None
    assert took(killed, WALL + 99) == killed.seconds


def test_its_json_is_that_of_the_contract() -> None:
    job = jobs()[2]
    place = Place(View.RAW, job.host, job.subhost, job.id)
    (table,) = build(FleetView(jobs=jobs()), place, 0.0).tables
    assert any(job.id in row_text(row) for row in table.rows)


def test_a_job_that_is_no_longer_known_says_so(seen: FleetView) -> None:
    gone = build(seen, Place(View.JOB, "local", "mta", "none"), 0.0)
    assert "no longer there" in told(gone)

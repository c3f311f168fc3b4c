"""Progress lines on stderr."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from console.clean import Clean
from console.cli.progress import Progress
from console.images.moving import Moved
from console.jobs import JobState
from tests.console.cli.test_plans import JOB, PLAN

RUNNING = replace(JOB, state=JobState.RUNNING, step=1, steps=2)
PLANS = {JOB.id: PLAN}


def test_each_step_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    other = replace(RUNNING, id=Clean("2"))
    for job in (RUNNING, RUNNING, other, replace(RUNNING, step=2), JOB):
        progress.tell((job,), PLANS)
    assert capsys.readouterr().err == "web/mta: 1/2 lay\nweb/mta: 2/2 end it\n"


def test_a_lost_host_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = replace(RUNNING, state=JobState.UNKNOWN, told=Clean("the link was lost"))
    Progress().tell((unknown,), PLANS)
    assert "web/mta: unknown: the link was lost" in capsys.readouterr().err


def test_a_terminal_has_one_live_line_that_goes_away(capsys: pytest.CaptureFixture[str]) -> None:
    with patch("sys.stderr.isatty", lambda: True):
        progress = Progress()
    progress.tell((RUNNING,), PLANS)
    progress.tell((replace(RUNNING, step=2),), PLANS)
    progress.clear()
    progress.clear()
    said = capsys.readouterr().err
    assert said == "\r\x1b[Kweb/mta: 1/2 lay\r\x1b[Kweb/mta: 2/2 end it\r\x1b[K"


def test_why_a_set_was_not_fetched_is_told_with_its_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress, why = Progress(), Clean("curl: (7) no route")
    for done in (5, 10):
        progress.moved(JOB.host, Clean("edge/2"), Moved(done, 10, None, why))
    said = "web: 10 bytes of 10 bytes of edge/2; sent, not fetched: curl: (7) no route\n"
    assert capsys.readouterr().err == said

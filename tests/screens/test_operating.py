"""What runs is followed in a strip that no key waits for; its end is told, and quitting asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import ConsoleError
from console.fleet import FleetView
from console.jobs import JobState
from console.plan import Plan
from screens.leaving import Leaving
from screens.place import View
from tests.screens.acting import MTA, ready, told
from tests.screens.stage import Stage, opened


async def stopping(stage: Stage) -> Clean:
    """Have mta stopped, and return the id of the job."""
    await stage.press(*MTA, "a", "t")
    await ready(stage)
    await stage.press("tab", *"yes", "enter")
    await stage.until(lambda: bool(stage.fleet.deeds.begun))
    job = stage.fleet.deeds.jobs[0]
    await told(stage, replace(job, step=2))
    return job.id


async def test_each_step_is_shown_with_its_why_and_no_key_waits(seen: FleetView) -> None:
    async with opened(seen) as stage:
        job = await stopping(stage)
        assert "runs    stop mta on local" in stage.text
        assert "2/6 stop the service networking" in stage.text
        await stage.press("3")
        assert stage.main.place.view is View.FILL
        await told(stage, replace(stage.fleet.deeds.job(job), step=5))
        assert "5/6 take its mounts down" in stage.text
        await told(stage, replace(stage.fleet.deeds.job(job), state=JobState.DONE, seconds=3.0))
        await stage.until(lambda: stage.told == "stop mta on local: done in 3s")
        await stage.settled()
        assert "runs " not in stage.text


async def test_esc_hides_it_first_and_leaves_it_running(seen: FleetView) -> None:
    async with opened(seen) as stage:
        job = await stopping(stage)
        await stage.press("slash", *"mta", "enter", "escape")
        assert "runs " not in stage.text
        assert stage.main.grid.listing.chosen.text == "mta"
        await stage.press("escape")
        assert stage.main.grid.listing.chosen.text == ""
        await stage.press("escape")
        assert stage.main.place.view is View.FLEET
        await told(stage, replace(stage.fleet.deeds.job(job), state=JobState.DONE, seconds=1.0))
        await stage.until(lambda: "done in 1s" in stage.told)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (JobState.REFUSED, "refused: [/red] why"),
        (JobState.UNDONE, "undone: [/red] why"),
        (JobState.LEFT, "left: [/red] why"),
        (JobState.KILLED, "killed: [/red] why"),
        (JobState.UNKNOWN, "unknown: [/red] why"),
        (JobState.MISSED, "missed: [/red] why"),
    ],
)
async def test_what_failed_stays_with_the_last_it_said(
    seen: FleetView, state: JobState, said: str
) -> None:
    async with opened(seen) as stage:
        job = stage.fleet.deeds.job(await stopping(stage))
        await stage.press("escape")
        output = tuple(Clean(f"said {number}") for number in range(9))
        await told(stage, replace(job, state=state, told=Clean("[/red] why"), output=output))
        await stage.until(lambda: stage.told.endswith(said))
        await stage.settled()
        assert f"failed  stop mta on local: {said}" in stage.text
        assert "said 8" in stage.text
        assert "said 5" not in stage.text
        await stage.press("escape")
        assert "failed " not in stage.text
        assert stage.main.errands.all == ()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConsoleError("no audit, no action", "free some space"), "no audit, no action  free"),
        (KeyError("x"), "internal: KeyError('x')"),
    ],
)
async def test_what_did_not_begin_says_why(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    async def refuse(plan: Plan) -> Clean:
        raise error

    async with opened(seen) as stage:
        monkeypatch.setattr(stage.fleet.deeds, "begin", refuse)
        await stage.press(*MTA, "a", "t")
        await ready(stage)
        await stage.press("tab", *"yes", "enter")
        await stage.until(lambda: said in stage.told)
        assert "failed  stop mta on local: " in stage.text
        assert stage.app.is_running


async def test_many_at_once_keep_to_their_part_of_the_screen(forty: FleetView) -> None:
    async with opened(forty) as stage:
        await stage.press("colon", *"stop web", "enter")
        await ready(stage)
        await stage.press("tab", *"yes", "enter")
        await stage.until(lambda: len(stage.fleet.deeds.begun) == 8)
        await stage.show(replace(forty, jobs=stage.fleet.deeds.jobs))
        assert len(stage.main.errands.all) > 8
        assert stage.main.errands.waiting == len(stage.main.errands.all) - 8
        shown = [line for line in stage.lines if line.startswith((" runs ", " begins "))]
        assert len(shown) == 7
        assert f"{len(stage.main.errands.all) - 7} more" in stage.text
        await stage.press("2")
        assert stage.cursor is not None


async def test_quitting_asks_and_enter_stays(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stopping(stage)
        await stage.press("1", "q")
        dialog = await ready(stage)
        assert isinstance(dialog, Leaving)
        assert "1 operation not ended yet" in stage.text
        await stage.press("enter")
        assert stage.app._exit is False
        await stage.press("colon", "q", "enter")
        await ready(stage)
        await stage.press("y")
        assert stage.app._exit


async def test_quitting_can_wait_for_the_end(seen: FleetView) -> None:
    async with opened(seen) as stage:
        job = await stopping(stage)
        await stage.press("1", "q")
        await ready(stage)
        await stage.press("w")
        assert stage.app._exit is False
        deeds = stage.fleet.deeds
        deeds.tell(replace(deeds.job(job), state=JobState.DONE, seconds=1.0))
        await stage.until(lambda: stage.app._exit)


async def test_with_nothing_running_quitting_does_not_ask(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("q")
        assert stage.app._exit

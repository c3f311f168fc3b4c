"""Hostile text in everything that is read before something is done: text, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.clean import Clean
from console.fleet import FleetView
from console.jobs import Settling
from console.operations import Operation
from console.plan import Obstacle, Plan, Step, Verb, Wish
from screens.doing import Target
from screens.form import Form
from screens.marks import UNICODE
from screens.menu import Menu
from screens.page import Line, Words
from screens.possible import Entry, Kind
from screens.settle import Settle
from screenshots.deeds import jobs, made
from tests.screens.acting import ready
from tests.screens.stage import opened
from tests.screens.test_hostile_world import PAYLOADS, TRIED, WAYS, inspected, rewritten


def planned(said: Callable[[str], str], *, hindered: bool) -> Plan:
    """Return a plan of which every text is as a hostile host would have it."""
    plan = made(Clean("local"), Wish(Verb.STOP, Clean("mta")))
    evil = Obstacle(Clean(said("why")), Clean(said("remedy")))
    command = Operation(("printf", said("a word").replace("\n", " ").replace("\0", "")))
    step = Step(Clean(said("step")), (command,))
    return replace(
        plan,
        host=Clean(said("host")),
        subhost=Clean(said("subhost")),
        steps=(step, *plan.steps) if not hindered else (),
        consequences=(Clean(said("consequence")),),
        notes=(Clean(said("note")),),
        obstacles=(evil,) if hindered else (),
    )


@pytest.mark.parametrize(("name", "way"), TRIED)
async def test_menu_and_plan_show_it_as_text(
    seen: FleetView, name: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = WAYS[way](PAYLOADS[name])
    hindered = "a" in name

    async def plan(host: Clean, wish: Wish) -> Plan:
        return planned(said, hindered=hindered)

    async with opened(seen, size=(90, 40)) as stage:
        deeds = stage.fleet.deeds
        monkeypatch.setattr(deeds, "planned", plan)
        await stage.press("2", "j", "a")
        menu = Menu(Line((Words(said("title")),)), _entries(said), UNICODE)
        await stage.app.push_screen(menu)
        await stage.press("t")
        await inspected(stage)
        await stage.press("escape", "t")
        await ready(stage)
        await inspected(stage)
        if not hindered and "\udcff" not in PAYLOADS[name]:
            await stage.press("v")
            await inspected(stage)
        for y in (3, 6, 12):
            await stage.pilot.click(offset=(30, y))
        assert deeds.begun == []
        assert stage.app._exit is False


@pytest.mark.parametrize(("name", "way"), TRIED)
async def test_progress_settling_and_forms_show_it_as_text(
    seen: FleetView, name: str, way: str
) -> None:
    said = WAYS[way](PAYLOADS[name])
    async with opened(seen, size=(90, 40)) as stage:
        deeds = stage.fleet.deeds
        job = rewritten(jobs()[2], said)
        job = replace(job, host=Clean("local"), id=Clean("1"), whys=(Clean(said("why")),))
        stage.main.errands.settle(deeds, job, Settling.FINISH)
        settle = Settle(job, Settling.ROLL_BACK, 0.0, UNICODE)
        form = Form(said("title"), said("wanted"), (said("offered"), "b"), UNICODE)
        deeds.jobs = (job,)
        await stage.show(replace(seen, jobs=(job,)))
        await inspected(stage)
        for screen in (settle, form):
            await stage.app.push_screen(screen)
            await stage.settled()
            await inspected(stage)
            stage.app.pop_screen()
        assert deeds.begun == []
        assert stage.app._exit is False


def _entries(said: Callable[[str], str]) -> tuple[Entry, ...]:
    target = Target(Clean(said("host")), Clean(said("subhost")))
    return (
        Entry("s", Verb.START, said("title"), Kind.CHANGE, (target,), said("some")),
        Entry("t", Verb.STOP, said("title"), Kind.DESTRUCTIVE, (), said("why")),
    )

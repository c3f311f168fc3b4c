"""Jobs of all hosts are listed, looked at again, followed to their end, finished or taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import ConsoleError
from console.fleet import FleetView
from console.jobs import JobState, Settling
from screens.place import Place, View
from screens.settle import Settle
from tests.screens.acting import ready, told, two
from tests.screens.stage import Stage, opened


async def test_hosts_are_asked_for_their_jobs_when_those_are_looked_at(seen: FleetView) -> None:
    async with opened(two(seen)) as stage:
        await stage.press("6")
        await stage.until(lambda: sorted(stage.fleet.deeds.looked) == ["local", "web1"])
        await stage.press("ctrl+r")
        await stage.until(lambda: len(stage.fleet.deeds.looked) == 4)
        await stage.press("enter")
        await stage.until(lambda: stage.fleet.deeds.looked[4:] == ["local"])


async def test_hosts_that_could_not_be_asked_are_named(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(host: Clean) -> None:
        raise ConsoleError("[/red] no answer")

    async with opened(two(seen)) as stage:
        monkeypatch.setattr(stage.fleet.deeds, "look", refuse)
        await stage.press("6")
        await stage.until(lambda: "not asked for jobs: " in stage.told)
        assert "[/red] no answer (and 1 more)" in stage.told


async def test_a_job_shows_its_steps_and_follows_what_it_says(seen: FleetView) -> None:
    async with opened(seen, size=(100, 30)) as stage:
        deeds = stage.fleet.deeds
        deeds.lines = tuple(Clean(f"line {number}") for number in range(40))
        await stage.press("6", "enter")
        running = seen.jobs[0]
        assert stage.main.place == Place(View.JOB, "local", "web", running.id)
        assert "it goes on whether this console runs or not" in stage.text
        assert "running     end its first process" in stage.text
        await stage.until(lambda: "line 39" in stage.text)
        deeds.lines += (Clean("the last line"),)
        await stage.until(lambda: "the last line" in stage.text)
        await told(stage, replace(running, state=JobState.DONE, step=6, seconds=30.0))
        assert "and the host shows it" in stage.text


async def test_reading_further_up_is_not_disturbed_by_new_lines(seen: FleetView) -> None:
    async with opened(seen, size=(100, 30)) as stage:
        deeds = stage.fleet.deeds
        deeds.lines = tuple(Clean(f"line {number}") for number in range(60))
        await stage.press("6", "enter", "tab")
        await stage.until(lambda: "line 59" in stage.text)
        await stage.press("g")
        assert "line 0" in stage.text
        deeds.lines += (Clean("the last line"),)
        await stage.until(lambda: len(stage.main.grid.listing.rows) == 61)
        assert "line 0" in stage.text
        await stage.press("G")
        assert "the last line" in stage.text


@pytest.mark.parametrize(
    ("command", "letter", "how", "steps"),
    [
        ("finish", "f", Settling.FINISH, ["2  lay its cable", "3  mount its root"]),
        ("roll-back", "b", Settling.ROLL_BACK, ["2  lay its cable", "1  make its network"]),
    ],
)
async def test_a_killed_job_is_settled_after_it_was_asked(
    seen: FleetView, command: str, letter: str, how: Settling, steps: list[str]
) -> None:
    async with opened(seen) as stage:
        await stage.press("6", "j", "j", "a", letter)
        dialog = await ready(stage)
        assert isinstance(dialog, Settle)
        for step in steps:
            assert step in stage.text
        await stage.press("enter")
        assert stage.fleet.deeds.settled == []
        await stage.press("colon", *command, "enter")
        await ready(stage)
        await stage.press("tab", *"yes", "enter")
        await stage.until(lambda: bool(stage.fleet.deeds.settled))
        killed = seen.jobs[2]
        assert stage.fleet.deeds.settled == [(killed.id, how)]
        await told(stage, replace(killed, state=JobState.UNDONE, told=Clean("as it was")))
        await stage.until(lambda: "start dns on local: undone: as it was" in stage.told)


async def test_what_is_not_killed_cannot_be_settled(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("6", "colon", *"finish", "enter")
        assert stage.told == "finish: it runs"
        await stage.press("j", "colon", *"roll-back", "enter")
        assert stage.told == "roll-back: what became of it is not known: Ctrl-R looks"
        await stage.press("2", "colon", *"finish", "enter")
        assert stage.told == "put the cursor on a job that was killed"


async def banner(stage: Stage, *keys: str) -> str:
    await stage.press(*keys)
    return stage.lines[0]


async def test_the_banner_says_whether_anything_may_be_changed(seen: FleetView) -> None:
    async with opened(two(seen, protected=True)) as stage:
        assert "[RW] fleet" in stage.lines[0]
        assert "[RO] fleet" in await banner(stage, "colon", *"ro", "enter")
        assert "[RW] unlocked fleet" in await banner(stage, "colon", *"rw why", "enter")
        stage.fleet.deeds.unlocked = None
        assert "[RO] protected fleet > web1" in await banner(stage, "j", "enter")

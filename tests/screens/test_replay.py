"""A replay shows what the screen showed, goes from sample to sample, and lets nothing be done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from rich.segment import Segment
from textual.strip import Strip

from console.capsule import Picture
from console.past import Live
from console.redact import Redactor
from screens.capture import hidden
from screens.place import View
from screenshots.world import START, STEP, judge
from tests.screens.bygones import Watching, past, replayed
from tests.screens.stage import Stage, opened

SIZE = (120, 40)
VIEWS = (View.FLEET, View.FILL, View.HOST, View.SUBHOST, View.LEVEL, View.CABLES, View.RAW)
STEPS = (4, 64, 149)


async def shown(stage: Stage) -> dict[View, list[str]]:
    """Return what is on the terminal in every view, but for its first and last line."""
    found = {}
    for view in VIEWS:
        await stage.reach(view)
        found[view] = stage.lines[1:-1]
    return found


async def lived(watching: Watching) -> dict[int, dict[View, list[str]]]:
    """Return what a console that watches shows after some of its looks."""
    found: dict[int, dict[View, list[str]]] = {}
    await watching.look()
    async with opened(watching.view, size=SIZE) as stage:
        for step in STEPS:
            while watching.step < step:
                await watching.look()
            stage.clock.now = watching.at
            await stage.show(watching.view)
            found[step] = await shown(stage)
    return found


@pytest.fixture(scope="module")
def lives() -> tuple[Watching, dict[int, dict[View, list[str]]]]:
    watching = Watching()
    return watching, asyncio.run(lived(watching))


async def test_a_replay_of_a_capsule_shows_the_cells_that_were_shown_live(
    lives: tuple[Watching, dict[int, dict[View, list[str]]]], tmp_path: Path
) -> None:
    watching, live = lives
    capsule = watching.file(tmp_path / "a.capsule")
    async with replayed(past(capsule), size=SIZE) as stage:
        for step in STEPS:
            await stage.press("colon", *f"at {clock(step)}", "enter")
            await stage.until(lambda: stage.main.sight.now == step * STEP)  # noqa: B023
            again = await shown(stage)
            for view in VIEWS:
                assert again[view] == live[step][view], (step, view)


def clock(step: int) -> str:
    seconds = int(START + step * STEP) % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


async def test_keys_go_from_sample_to_sample_and_to_a_time(tmp_path: Path) -> None:
    async with replayed(past(await some(tmp_path, looks=5))) as stage:
        assert "REPLAY 09-21 14:13:28" in stage.lines[0]
        await stage.press("T")
        await stage.until(lambda: stage.main.sight.now == 3 * STEP)
        assert "REPLAY 09-21 14:13:26" in stage.lines[0]
        await stage.press("t", "t")
        await stage.until(lambda: "newest" in stage.told)
        await stage.press("b", *clock(1), "enter")
        await stage.until(lambda: stage.main.sight.now == STEP)
        await stage.press("T", "T")
        await stage.until(lambda: "oldest" in stage.told)
        await stage.press("colon", *"at noon", "enter")
        assert "is no time" in stage.told


async def test_space_plays_and_stops(tmp_path: Path) -> None:
    async with replayed(past(await some(tmp_path, looks=4)), START) as stage:
        await stage.press("space")
        await stage.until(lambda: stage.main.sight.now == STEP)
        await stage.press("space")
        here = stage.main.sight.now
        await stage.pilot.pause(1.2)
        assert stage.main.sight.now == here
        assert not stage.main.grid.listing.marked


async def test_nothing_can_be_done_in_a_replay(tmp_path: Path) -> None:
    async with replayed(past(await some(tmp_path))) as stage:
        assert "[RO]" in stage.lines[0]
        await stage.press("2", "a")
        assert "this is a replay" in stage.text
        await stage.press("escape", "colon", *"stop mta", "enter")
        await stage.until(lambda: "this is a replay" in stage.text)
        await stage.pilot.pause(0.5)  # a dialog ignores keys when it has just opened
        await stage.press("escape", "ctrl+r")
        assert "this is a replay" in stage.told
        await stage.press("1", "s")
        await stage.until(lambda: "this is a replay" in stage.told or "cannot" in stage.told)
        await stage.press("colon", *"rw because", "enter")
        assert "this is a replay" in stage.told
        await stage.press("colon", *"live", "enter")
        assert "nothing else" in stage.told
        await stage.press("C")
        assert "a capsule already" in stage.told


async def test_a_console_that_watches_goes_back_and_returns(
    lives: tuple[Watching, dict[int, dict[View, list[str]]]],
) -> None:
    watching, _ = lives
    async with opened(watching.view, size=SIZE) as stage:
        stage.main.past = Live(watching.record, None, lambda _: judge)
        doing = stage.main.doing
        await stage.press("9")
        await stage.until(lambda: "REPLAY" in stage.lines[0])
        assert stage.main.doing is not doing
        await stage.press("T")
        await stage.until(lambda: stage.main.sight.now == watching.at - STEP)
        await stage.show(watching.view)
        assert "REPLAY" in stage.lines[0]
        await stage.press("t", "T", "p", "9")
        assert "REPLAY" not in stage.lines[0]
        assert stage.main.doing is doing
        await stage.press("T")
        assert stage.main.grid.listing.sort[0] == "full"


async def test_one_key_writes_all_that_is_known_and_the_screen(tmp_path: Path) -> None:
    watching = Watching()
    await watching.look()
    file = tmp_path / "b.capsule"

    async def keep(place: str, draw: Callable[[Redactor], Picture]) -> str:
        assert place == "."
        return str(watching.file(file, draw))

    async with opened(watching.view, size=SIZE) as stage:
        await stage.press("3")
        before = stage.lines
        stage.main.keep = keep
        await stage.press("C")
        await stage.until(lambda: "written" in stage.told)
    with ZipFile(file) as members:
        text = members.read("screen.txt").decode().splitlines()
        picture = members.read("screen.svg").decode()
    assert text == [line.rstrip() for line in before]
    assert "dm:live-rw" in picture
    assert "@font-face" not in picture  # it contacts nobody


async def test_a_screen_is_kept_without_its_secrets() -> None:
    strips = [
        Strip([Segment("password=hunter2 "), Segment("and more")]),
        Strip([Segment("it was hun"), Segment("ter2 or hunt… or ✓")]),
    ]
    redactor = Redactor()
    first, second = hidden(strips, redactor)
    assert first.text == "password=xxxxxxx and more"
    assert second.text == "it was xxxxxxx or xxxx… or ✓"


async def some(folder: Path, looks: int = 2) -> Path:
    watching = Watching()
    for _ in range(looks):
        await watching.look()
    return watching.file(folder / "some.capsule")

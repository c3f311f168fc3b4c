"""The application from outside: what comes and goes underneath it, any terminal, any colours."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual import events
from textual.geometry import Size

from console.clean import Clean
from console.errors import Denied
from console.fleet import Contact, FleetView
from screens.app import ConsoleApp, Watched
from screens.grid import Grid
from screens.paragraph import Paragraph
from screens.place import Place, View
from screenshots.still import StillFleet
from tests.lab.terminal import Terminal, leftovers
from tests.screens.stage import Stage, opened


def without(seen: FleetView, *names: str) -> FleetView:
    """Return the same view without these subhosts."""
    (contact,) = seen.contacts
    assert contact.host
    left = tuple(each for each in contact.host.subhosts if each.name not in names)
    return replace(seen, contacts=(replace(contact, host=replace(contact.host, subhosts=left)),))


async def test_the_cursor_stays_with_its_row_while_views_change(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("2", "j", "j")
        cursor = stage.main.grid.listing.cursor
        assert cursor
        assert "web" in cursor
        await stage.show(without(seen, "old", "mta"))
        assert stage.main.grid.listing.cursor == cursor
        assert stage.cursor == 0
        await stage.show(seen)
        assert stage.main.grid.listing.cursor == cursor
        assert stage.cursor == 2


@pytest.mark.parametrize("view", [View.SUBHOST, View.LOG])
async def test_a_subhost_that_goes_is_said_to_be_gone_and_comes_back(
    seen: FleetView, view: View
) -> None:
    async with opened(seen) as stage:
        await stage.reach(view)
        await stage.show(without(seen, "mta"))
        assert "no longer there; Esc goes back" in stage.text
        await stage.press("j", "enter", "slash", "x", "escape", "tab", "c", "space", "O")
        assert "no longer there" in stage.text
        await stage.show(seen)
        assert "no longer there" not in stage.text
        assert stage.main.focused is not None
        await stage.show(FleetView((Contact(Clean("other"), 2.0),)))
        assert "no longer there" in stage.text
        outer = stage.main.trail.out()
        assert outer
        await stage.press("escape")
        assert stage.main.place == outer.place


@pytest.mark.parametrize("view", View)
async def test_every_view_stands_before_anything_is_known(seen: FleetView, view: View) -> None:
    async with opened(seen) as stage:
        await stage.reach(view)
        await stage.show(FleetView())
        await stage.show(FleetView((Contact(Clean("local"), 2.0, trouble=Clean("no route")),)))
        await stage.show(seen)
        assert stage.main.place.view is view
        assert stage.main.focused is not None


async def test_a_paused_screen_stands_still_while_data_arrive(seen: FleetView) -> None:
    async with opened(seen) as stage:
        await stage.press("2", "p")
        before = stage.lines
        stage.clock.now += 12
        await stage.show(without(seen, "mta"))
        assert stage.lines[1:] == before[1:]
        assert "PAUSED 12s behind" in stage.lines[0]
        assert "mta" in stage.text
        await stage.press("p")
        assert "mta" not in stage.text
        assert "PAUSED" not in stage.text


async def test_a_view_that_looks_the_same_draws_nothing_but_the_age(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str | None] = []
    for widget in (Grid, Paragraph):
        real = widget.render_line

        def counting(self: Grid, y: int, real=real):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  stands in for two methods
            drawn.append(self.id)
            return real(self, y)

        monkeypatch.setattr(widget, "render_line", counting)
    async with opened(seen) as stage:
        for view in View:
            await stage.reach(view)
            await stage.pilot.pause()
            drawn.clear()
            for _ in range(3):
                await stage.show(replace(seen))
                await stage.pilot.pause()
            assert drawn == [], view
            stage.clock.now += 1
            await stage.show(replace(seen))
            await stage.pilot.pause()
            assert drawn == ["banner"], view
            stage.clock.now -= 1
            await stage.show(seen)


SIZES = [(1, 1), (2, 2), (20, 5), (80, 24), (200, 50), (1, 60), (200, 1), (5, 2), (40, 3)]
STRIDE = 1 if "LEAKS" in os.environ else 4  # each in a quarter of the views, or in all


@pytest.mark.parametrize("size", SIZES)
async def test_any_size_works_and_q_quits(seen: FleetView, size: tuple[int, int]) -> None:
    async with opened(seen, size=size) as stage:
        for view in [*View][SIZES.index(size) % STRIDE :: STRIDE]:
            await stage.reach(view)
            assert [cell_len(line) for line in stage.lines] == [size[0]] * size[1]
            if size[0] >= 40:
                assert stage.lines[0].endswith(" 2s old  ")
            await stage.press("tab", "G", "slash", "x", "escape", "colon", "q", "escape")
        await stage.reach(View.FLEET)
        await stage.press("ctrl+p", "escape", "q")
        assert stage.app._exit


async def test_a_storm_of_sizes_ends_well(seen: FleetView) -> None:
    async with opened(seen) as stage:
        calm: dict[View, list[str]] = {}
        for view in View:
            await stage.reach(view)
            calm[view] = stage.lines
        for number, view in enumerate(View):
            await stage.reach(view)
            for size in (SIZES[number:] + SIZES[:number]) * 2:
                stage.app.post_message(_resized(*size))
                await asyncio.sleep(0)
            stage.app.post_message(_resized(80, 24))
            await stage.until(partial(_same, stage, calm[view]))


def _same(stage: Stage, lines: list[str]) -> bool:
    return stage.lines == lines


def _resized(width: int, height: int) -> events.Resize:
    return events.Resize(Size(width, height), Size(width, height))


async def test_a_small_terminal_shows_the_table_that_has_the_keys(seen: FleetView) -> None:
    async with opened(seen, size=(40, 6)) as stage:
        await stage.press("enter", "tab")
        assert any(line.startswith("▶ broken") for line in stage.lines)
        await stage.press("tab")
        assert any(line.startswith("▶ statvfs") for line in stage.lines)


class Failing(StillFleet):
    """A fleet whose watching ends with a fault."""

    async def watch(self, idle: Callable[[], bool]) -> None:
        raise RuntimeError("[/red]\x1b[2J")


class Mute(StillFleet):
    """A fleet that tells nothing more."""

    async def views(self) -> AsyncIterator[FleetView]:
        for each in self._views:
            yield each
        raise ValueError("no more")


@pytest.mark.parametrize(
    ("kind", "what"),
    [(Failing, "watching has ended: "), (Mute, "showing what is seen has ended: ")],
)
async def test_a_fault_in_watching_is_told_and_the_screen_lives(
    seen: FleetView, kind: type[StillFleet], what: str
) -> None:
    async def prepare() -> Watched:
        return kind(seen)

    app = ConsoleApp(prepare)
    async with app.run_test(size=(100, 24)) as pilot:
        for _ in range(500):
            await pilot.pause(0.01)
            if app.main.sight.view.trouble:
                break
        assert str(app.main.sight.view.trouble).startswith(what)
        await pilot.press("2", "j")
        assert app.main.place == Place(View.SUBHOSTS)
        assert app.is_running


async def test_what_cannot_be_opened_is_told(seen: FleetView) -> None:
    async def prepare() -> Watched:
        raise Denied("no")

    app = ConsoleApp(prepare)
    async with app.run_test(size=(100, 24)) as pilot:
        for _ in range(100):
            await pilot.pause(0)
            if app.main.sight.view.trouble:
                break
        assert app.main.sight.view.trouble == "watching has ended: Denied('no')"


@pytest.mark.parametrize(
    ("target", "here", "outer"),
    [
        ("", Place(View.FLEET), None),
        ("local", Place(View.HOST, "local"), Place(View.FLEET)),
        ("local/mta", Place(View.SUBHOST, "local", "mta"), Place(View.HOST, "local")),
        ("local/m*", Place(View.SUBHOSTS), Place(View.FLEET)),
        ("lo*", Place(View.FLEET), None),
    ],
)
async def test_it_begins_where_it_is_told_to(
    seen: FleetView, target: str, here: Place, outer: Place | None
) -> None:
    async with opened(seen, target=target) as stage:
        assert stage.main.place == here
        out = stage.main.trail.out()
        assert (out and out.place) == outer
        assert "no longer there" not in stage.text
        await stage.settled()
        listing = stage.main.grid.listing
        assert listing.rows
        assert listing.hidden == (3 if target == "local/m*" else 0)
        if outer:
            await stage.press(*(["escape"] if target == "local/m*" else []), "escape")
            assert stage.main.place == outer


async def test_sixteen_colours_are_left_to_the_terminal_unless_chosen(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def prepare() -> Watched:
        return StillFleet(seen)

    monkeypatch.delenv("COLORFGBG", raising=False)
    for system, theme in (("standard", "ansi-dark"), ("truecolor", "subdeck-dark")):
        monkeypatch.setattr("textual.constants.COLOR_SYSTEM", system)
        app = ConsoleApp(prepare)
        assert app.theme == theme
        assert ConsoleApp(prepare, theme="light").theme == "subdeck-light"
        app.action_theme("dark")
        assert app.theme == "subdeck-dark"


SHOWING = """
import asyncio, sys
from console.fleet import FleetView
from screens.app import ConsoleApp
from screens.terminal_guard import run
from screenshots.still import StillFleet

async def prepare():
    return StillFleet(FleetView())

sys.exit(run(ConsoleApp(prepare)))
"""


def test_the_mouse_is_taken_and_given_back_on_request(tmp_path: Path) -> None:
    program = tmp_path / "showing.py"
    program.write_text(SHOWING)
    environ = {"PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal([sys.executable, str(program)], environ=environ) as terminal:
        terminal.see("subdeck fleet")
        assert "mouse clicks" not in leftovers(terminal.output)
        terminal.type(":mouse on\r")
        terminal.wait(lambda screen: "mouse clicks" in leftovers(screen.output))
        terminal.type(":mouse off\r")
        terminal.wait(lambda screen: "mouse clicks" not in leftovers(screen.output))
        terminal.type(":mouse on\r")
        terminal.wait(lambda screen: "mouse clicks" in leftovers(screen.output))
        terminal.type("q")
        assert terminal.exit_status() == 0
        assert leftovers(terminal.output) == ()

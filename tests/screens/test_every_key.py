"""Every key in every view where it means something."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from textual.command import CommandPalette

from console.fleet import FleetView
from screens.keys import GRID_KEYS, KEYS, Key
from screens.listing import Listing, Stand
from screens.menu import Menu
from screens.pages import door
from screens.place import Place, Trail, View
from screens.plan_dialog import PlanDialog
from tests.screens.stage import Stage, opened

VIEWS = list(View)
STRIDE = 1 if "LEAKS" in os.environ else 3
"""A key is tried in each third of its views, in all if they are few; ``make leaks`` tries all."""


@dataclass(frozen=True)
class Shot:
    """What a key may change."""

    trail: Trail
    stand: Stand
    listing: Listing
    focus: str | None
    asking: str
    paused: bool
    refreshed: int
    clipboard: str
    told: str
    palette: bool
    menu: bool
    plan: bool

    @property
    def place(self) -> Place:
        return self.trail.place

    @staticmethod
    def of(stage: Stage) -> Shot:
        main = stage.main
        return Shot(
            main.trail,
            main.grid.stand,
            main.grid.listing,
            main.focused.id if main.focused else None,
            main.typing,
            main.sight.behind is not None,
            stage.fleet.refreshed,
            stage.app.clipboard,
            stage.told,
            isinstance(stage.app.screen, CommandPalette),
            isinstance(stage.app.screen, Menu),
            isinstance(stage.app.screen, PlanDialog),
        )


Effect = Callable[[Shot, Shot], bool]


def left(before: Shot, after: Shot) -> bool:
    outer = before.trail.out()
    return after.trail.path == (outer or before.trail).path


def asks(sign: str) -> Effect:
    return lambda before, after: after.asking == sign and after.place == before.place


def goes(view: View) -> Effect:
    return lambda before, after: after.trail.path == Trail().across(view).path


def says(words: str) -> Effect:
    return lambda before, after: words in after.told and after.place == before.place


def sorts(before: Shot, after: Shot) -> bool:
    return before.stand.order != after.stand.order or "no column" in after.told


def helps(before: Shot, after: Shot) -> bool:
    if before.place.view is View.HELP:
        return left(before, after)
    return after.place == Place(View.HELP, item=before.place.view.value)


def opens(view: View, otherwise: str) -> Effect:
    def happened(before: Shot, after: Shot) -> bool:
        return after.place.view is view or otherwise in after.told

    return happened


def describes(before: Shot, after: Shot) -> bool:
    cursor = before.listing.cursor
    opened = door(before.listing.table.key, cursor) if cursor else None
    return after.place == (opened or before.place)


EFFECTS: dict[str, Effect] = {
    "escape": left,
    "slash": asks("/"),
    "colon": asks(":"),
    "question_mark": helps,
    "a": lambda before, after: after.menu,
    "s": says("cannot be entered yet"),
    "1": goes(View.FLEET),
    "2": goes(View.SUBHOSTS),
    "3": goes(View.FILL),
    "4": goes(View.CABLES),
    "5": goes(View.IMAGES),
    "6": goes(View.OPERATIONS),
    "7": goes(View.EVENTS),
    "8": says("runbooks are not in this version"),
    "9": says("nothing is recorded here"),
    "C": says("still looking"),
    "left_square_bracket": lambda before, after: after.trail.path == before.trail.back().path,
    "right_square_bracket": lambda before, after: after.trail.path == before.trail.path,
    "minus": lambda before, after: after.trail.path == before.trail.last().path,
    "p": lambda before, after: after.paused is not before.paused,
    "ctrl+r": lambda before, after: (
        after.refreshed == before.refreshed + 1 and "looking again at" in after.told
    ),
    "N": sorts,
    "A": sorts,
    "S": sorts,
    "F": sorts,
    "T": sorts,
    "w": opens(View.WRITERS, "put the cursor on a level"),
    "r": opens(View.RELIEF, "put the cursor on a level"),
    "o": says("acknowledged"),
    "b": lambda before, after: after.plan,
    "d": describes,
    "e": opens(View.EVENTS, "put the cursor on a host"),
    "l": opens(View.LOG, "put the cursor on a subhost"),
    "y": opens(View.RAW, "put the cursor on a host"),
    "c": lambda before, after: bool(after.clipboard) and "copied" in after.told,
    "tab": lambda before, after: after.focus != before.focus,
    "shift+tab": lambda before, after: after.focus != before.focus,
    "ctrl+p": lambda before, after: after.palette,
    "ctrl+z": lambda before, after: after == before,
    "ctrl+c": says("q closes this view"),
}
"""What each key does, wherever it means something; ``q`` has a test of its own."""


def test_every_key_has_an_effect_to_check() -> None:
    assert {key.keys for key in KEYS} == {*EFFECTS, "q"}


def tried(view: View) -> Iterator[Key]:
    """Yield the keys that are tried in a view."""
    for number, key in enumerate(KEYS):
        places = [each for each in VIEWS if each in key.views]
        if view not in places or key.keys == "q":
            continue
        if len(places) < STRIDE or (places.index(view) + number) % STRIDE == 0:
            yield key


@pytest.mark.parametrize("view", VIEWS)
async def test_every_key_does_what_it_says(seen: FleetView, forty: FleetView, view: View) -> None:
    async with opened(forty if view is View.EVENTS else seen) as stage:
        trail = None
        for key in tried(view):
            if stage.main.trail != trail:
                await stage.reach(view)
                trail = stage.main.trail
            stage.app.clear_notifications()
            before = Shot.of(stage)
            await stage.press(key.keys)
            after = Shot.of(stage)
            assert EFFECTS[key.keys](before, after), f"{key.keys} in {view}"
            assert stage.app.is_running
            while stage.app.screen is not stage.main:
                stage.app.screen.dismiss()
                await stage.settled()
            if after.asking:
                await stage.press("escape")
            if after.paused:
                await stage.press("p")


LAST = 10**6
MOVES: dict[str, tuple[tuple[str, ...], Callable[[int], int]]] = {
    "next": (("g", "j"), lambda rows: 1),
    "next by arrow": (("g", "down", "down"), lambda rows: 2),
    "previous": (("G", "k"), lambda rows: rows - 2),
    "previous by arrow": (("G", "up"), lambda rows: rows - 2),
    "last": (("g", "G"), lambda rows: LAST),
    "last by End": (("g", "end"), lambda rows: LAST),
    "first": (("G", "g"), lambda rows: 0),
    "first by Home": (("G", "home"), lambda rows: 0),
    "page up": (("g", "ctrl+f", "ctrl+b"), lambda rows: 0),
    "page up by name": (("g", "pagedown", "pageup"), lambda rows: 0),
}


@pytest.mark.parametrize("view", [view for view in VIEWS if view is not View.WRITERS])
async def test_the_keys_of_tables_work_in_every_view(
    seen: FleetView, forty: FleetView, view: View
) -> None:
    async with opened(forty if view is View.EVENTS else seen) as stage:
        await stage.reach(view)
        rows = len(stage.main.grid.listing.rows)
        assert rows or view is View.IMAGES
        for keys, wanted in [*MOVES.values()][VIEWS.index(view) % STRIDE :: STRIDE]:
            await stage.press(*keys)
            assert stage.cursor == min(max(wanted(rows), 0), rows - 1), keys
        for page_down in ("ctrl+f", "pagedown"):
            await stage.press("g", page_down)
            assert stage.cursor is not None
            assert stage.cursor == rows - 1 or stage.cursor > 3
        await stage.press("g", "space", "G", "V")
        assert len(stage.main.grid.listing.marked) == rows
        await stage.press("u")
        assert not stage.main.grid.listing.marked
        await stage.press("space", "g", "ctrl+@")
        assert len(stage.main.grid.listing.marked) == rows
        await stage.press("ctrl+backslash")
        assert not stage.main.grid.listing.marked
        await stage.press("shift+left", "shift+left", "shift+right", "O")
        first = stage.main.grid.stand.order
        await stage.press("O")
        second = stage.main.grid.stand.order
        assert first
        assert second
        assert (first.key, first.descending) == (second.key, not second.descending)
        await stage.press("enter")
        assert stage.app.is_running


def test_the_list_of_table_keys_names_those_tried() -> None:
    named = " ".join(keys for keys, _ in GRID_KEYS)
    for key in ("Enter", "j k", "g G", "Ctrl-F Ctrl-B", "Shift-O", "Space", "Ctrl-Space V"):
        assert key in named


@pytest.mark.parametrize("view", VIEWS)
async def test_q_closes_layer_after_layer_and_quits_at_the_root(
    seen: FleetView, view: View
) -> None:
    async with opened(seen) as stage:
        await stage.reach(view)
        for _ in stage.main.trail.path[1:]:
            outer = stage.main.trail.out()
            await stage.press("q")
            assert outer
            assert stage.main.trail.path == outer.path
            assert stage.app._exit is False
        await stage.press("q")
        assert stage.app._exit

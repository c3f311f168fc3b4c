"""The whole application on a headless terminal: ``async with opened(seen) as stage``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from console.fleet import FleetView
from screens.app import ConsoleApp
from screens.main import MainScreen
from screens.place import Trail, View
from screens.sight import Clocks
from screenshots.still import StillFleet
from screenshots.world import START, STEP

SUBHOST = ("2", "j", "enter")
KEYS_TO: dict[View, tuple[str, ...]] = {
    View.FLEET: (),
    View.SUBHOSTS: ("2",),
    View.FILL: ("3",),
    View.CABLES: ("4",),
    View.IMAGES: ("5",),
    View.OPERATIONS: ("6",),
    View.EVENTS: ("7",),
    View.HOST: ("enter",),
    View.SUBHOST: SUBHOST,
    View.TRACE: ("4", "j", "enter"),
    View.LEVEL: ("3", "enter"),
    View.WRITERS: ("3", "w"),
    View.RELIEF: ("3", "r"),
    View.JOB: ("6", "enter"),
    View.LOG: (*SUBHOST, "l"),
    View.RAW: ("y",),
    View.HELP: ("question_mark",),
}
"""What is pressed at the root to get to each view."""

_CHARACTERS = {
    "space": " ",
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "minus": "-",
}
_NAMES = {character: name for name, character in _CHARACTERS.items()} | {"\n": "enter"}


@dataclass
class Clock:
    """A clock that stands still unless moved."""

    now: float

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    """The application while it runs."""

    app: ConsoleApp
    pilot: Pilot[object]
    fleet: StillFleet
    clock: Clock
    size: tuple[int, int] = field(default=(80, 24))

    @property
    def main(self) -> MainScreen:
        """The screen."""
        return self.app.main

    @property
    def strips(self) -> list[Strip]:
        """What is on the terminal."""
        return self.app.screen._compositor.render_strips(self.app.size)

    @property
    def lines(self) -> list[str]:
        """What is on the terminal, as text."""
        return [strip.text for strip in self.strips]

    @property
    def text(self) -> str:
        """What is on the terminal, as one text."""
        return "\n".join(self.lines)

    @property
    def told(self) -> str:
        """What the newest message says; empty: there is none."""
        notes = [*self.app._notifications]
        return notes[-1].message if notes else ""

    @property
    def cursor(self) -> int | None:
        """Where the cursor stands in the table the keys go to."""
        return self.main.grid.listing.position

    async def press(self, *keys: str) -> None:
        """Press keys, one after what the other does is done."""
        for key in keys:
            name = _NAMES.get(key, key)
            character = _CHARACTERS.get(name, key if len(key) == 1 else None)
            self.app.post_message(events.Key(name, character))
            await self.settled()

    async def settled(self) -> None:
        """Wait until every message, and what it leads to, is dealt with."""
        for _ in range(3):
            await self.pilot.pause(0)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that a worker of Textual's own brings about."""
        for _ in range(500):
            if holds():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("it never came to that")

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*text)

    async def reach(self, view: View) -> None:
        """Go to a view from a fresh start, by keys."""
        self.main.go(Trail().across(View.IMAGES))
        self.main._left.clear()
        self.main.go(Trail())
        await self.press(*KEYS_TO[view])
        assert self.main.place.view is view

    async def show(self, view: FleetView) -> None:
        """Let the fleet see something newer."""
        self.app._show(view)
        await self.settled()


@asynccontextmanager
async def opened(
    seen: FleetView,
    *,
    size: tuple[int, int] = (80, 24),
    theme: str = "dark",
    ascii_only: bool = False,
    target: str = "",
) -> AsyncIterator[Stage]:
    """Run the application on ``seen``, as new as it can be."""
    newest = max((contact.host.at for contact in seen.contacts if contact.host), default=0.0)
    fleet, clock = StillFleet(seen), Clock(newest + STEP)

    async def prepare() -> StillFleet:
        return fleet

    clocks = Clocks(clock, lambda: START + clock.now)
    app = ConsoleApp(prepare, theme=theme, ascii_only=ascii_only, clocks=clocks, target=target)
    app.action_theme(theme)  # whatever terminal the tests run in
    async with app.run_test(size=size, notifications=True) as pilot:
        while app.main.sight.view is not seen:
            await pilot.pause()
        yield Stage(app, pilot, fleet, clock)

"""The application: shows a fleet from first frame to last, and leaves the terminal as it was."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter
from textual.worker import Worker, WorkerState

from console.clean import Clean, clean
from console.fleet import FleetView
from screens.commands import start
from screens.inert import Inert
from screens.main import MainScreen
from screens.marks import ASCII, UNICODE
from screens.palette import Actions
from screens.theme import THEMES, sixteen, theme_name


class Watched(Protocol):
    """What the screen needs of a fleet."""

    def views(self) -> AsyncIterator[FleetView]:
        """Yield the newest view after each change."""

    async def watch(self) -> None:
        """Look at every host until cancelled."""

    def refresh(self, name: Clean | None = None) -> None:
        """Look again now."""

    async def close(self) -> None:
        """Let go of everything."""


Prepare = Callable[[], Awaitable[Watched]]
"""Awaited once the first frame is on screen, so that slow imports come after it."""


_ENDED = {"fleet": "watching has ended", "views": "showing what is seen has ended"}
"""What it means when a worker fails."""


class ConsoleApp(App[object], inherit_bindings=False):
    """One fleet, one screen; ``target`` (``HOST`` or ``HOST/SUBHOST``) is where it begins."""

    TITLE = "subdeck"
    CSS_PATH = "main.tcss"
    COMMANDS = {Actions}  # noqa: RUF012  Textual declares it a plain set
    COMMAND_PALETTE_BINDING = "ctrl+p"
    # not Textual's own: its Ctrl-Q, which a terminal means as "go on", would quit at once
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "cancel", "Cancel", show=False, priority=True)
    ]

    def __init__(
        self,
        prepare: Prepare,
        *,
        theme: str = "dark",
        ascii_only: bool = False,
        clock: Callable[[], float] = time.monotonic,
        target: str = "",
    ) -> None:
        super().__init__()
        self._prepare = prepare
        self._inert = Inert(ascii_only=ascii_only)
        self.main = MainScreen(ASCII if ascii_only else UNICODE, clock)
        self.main.begin(*start(target))
        self._fleet: Watched | None = None
        self._ended: str | None = None
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme_name(sixteen(theme, self.console.color_system), os.environ)
        self.set_class(ascii_only, "-ascii")
        self.animation_level = "none"

    def get_default_screen(self) -> MainScreen:
        return self.main

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what every line of every widget goes through; ours comes last."""
        return (*super().get_line_filters(), self._inert)

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    def on_key(self, event: events.Key) -> None:
        """A key that was on its way to a table when the line opened belongs to the line."""
        if self.main.prompt.asking and self.screen is self.main and event.is_printable:
            event.prevent_default()
            self.main.prompt.take(event.character or "")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Stay, showing what was seen last, when watching has failed; and say that it has."""
        if event.state is WorkerState.ERROR and event.worker.name in _ENDED:
            self._ended = clean(f"{_ENDED[event.worker.name]}: {event.worker.error!r}")
            self._show(self.main.sight.view)

    def _begin(self) -> None:
        self.run_worker(self._watch(), name="fleet", exit_on_error=False)

    async def _watch(self) -> None:
        self._fleet = await self._prepare()
        self.run_worker(self._follow(self._fleet), name="views", exit_on_error=False)
        try:
            await self._fleet.watch()
        finally:
            await self._fleet.close()

    async def _follow(self, fleet: Watched) -> None:
        async for view in fleet.views():
            self._show(view)

    def _show(self, view: FleetView) -> None:
        self.main.show(replace(view, trouble=self._ended) if self._ended else view)

    def action_cancel(self) -> None:
        """Close what lies over the screen, else cancel there."""
        if self.screen is self.main:
            self.main.action_cancel()
        else:
            self.screen.dismiss()

    def action_refresh(self) -> None:
        """Look again now; the slow questions too."""
        if self._fleet:
            self._fleet.refresh()
            self.main.say("looking again")

    def action_theme(self, name: str) -> None:
        """Change the colours."""
        self.theme = theme_name(name, os.environ)

    def action_mouse(self, state: str) -> None:
        """Take the mouse's events from the terminal (``on``), or leave them to it."""
        # Textual chooses once, at its start; its driver can switch but offers it to nobody.
        driver = self._driver
        if isinstance(driver, LinuxDriver):
            driver._disable_mouse_support()
            driver._mouse = state == "on"
            driver._enable_mouse_support()

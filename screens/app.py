"""The application: shows a fleet from first frame to last, and leaves the terminal as it was."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter
from textual.worker import Worker, WorkerState

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.events import Key
from console.fleet import FleetView
from screens.commands import start
from screens.doing import Doing
from screens.enter import Enter
from screens.inert import Inert
from screens.inquiring import Asking
from screens.leisure import Leisurely
from screens.main import MainScreen
from screens.marks import ASCII, UNICODE
from screens.news import News
from screens.page import Tone
from screens.palette import Actions
from screens.regard import Regard
from screens.sight import CLOCKS, Clocks
from screens.signals import Signals
from screens.theme import THEMES, sixteen, theme_name


class Watched(Protocol):
    """What the screen needs of a fleet."""

    @property
    def deeds(self) -> Doing:
        """What does things on its hosts."""

    @property
    def asking(self) -> Asking:
        """Who tells who fills a level."""

    def views(self) -> AsyncIterator[FleetView]:
        """Yield the newest view after each change."""

    async def watch(self, idle: Callable[[], bool]) -> None:
        """Look at every host until cancelled; ``idle``: whether no key waits for an answer."""

    def refresh(self, name: Clean | None = None) -> None:
        """Look again now."""

    def prefer(self, names: Sequence[Clean]) -> None:
        """Look at these hosts before others."""

    async def accept(self, name: Clean, fingerprint: str) -> None:
        """Make the unknown key that a host offered known, then connect."""

    def acknowledge(self, keys: Collection[Key]) -> None:
        """Take note that the operator knows of these events."""

    async def close(self) -> None:
        """Let go of everything."""


Prepare = Callable[[], Awaitable[Watched]]
"""Awaited once the first frame is on screen, so that slow imports come after it."""


_ENDED = {"fleet": "watching has ended", "views": "showing what is seen has ended"}
"""What it means when a worker fails."""
_ACCEPTING = "accepting the key"
_PAUSE = 0.2, 1.0
"""Seconds between two paints at least, however much happens, and at most, while it does."""
_SHARE = 48
"""Times as long as a paint kept this process busy nothing is painted: that takes 2 % of it."""
_GATHERED, _STANDS = 1.0, 6.0
"""Seconds after the first news that they are told, and after those the next."""


class ConsoleApp(Leisurely, inherit_bindings=False):
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
        clocks: Clocks = CLOCKS,
        target: str = "",
        enter: Enter | None = None,
    ) -> None:
        super().__init__()
        self._prepare = prepare
        self._inert = Inert(ascii_only=ascii_only)
        self.main = MainScreen(ASCII if ascii_only else UNICODE, clocks)
        self.main.enter = enter
        self.main.begin(*start(target))
        self._fleet: Watched | None = None
        self._looking: tuple[str, ...] = ()
        self.signals = Signals()
        self._news = News()
        self._telling = False
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
        if event.state is not WorkerState.ERROR:
            return
        if event.worker.name == _ACCEPTING:
            self.main.say(f"{_ACCEPTING} has failed: {event.worker.error!r}", warning=True)
        if event.worker.name in _ENDED:
            self._ended = clean(f"{_ENDED[event.worker.name]}: {event.worker.error!r}")
            self._show(self.main.sight.view)

    def _begin(self) -> None:
        self.run_worker(self._watch(), name="fleet", exit_on_error=False)

    async def _watch(self) -> None:
        self._fleet = await self._prepare()
        self.main.doing, self.main.asking = self._fleet.deeds, self._fleet.asking
        self._fleet.prefer(tuple(map(Clean, self._looking)))
        self.run_worker(self._follow(self._fleet), name="views", exit_on_error=False)
        try:
            await self._fleet.watch(self.idle)
        finally:
            await self._fleet.close()

    async def _follow(self, fleet: Watched) -> None:
        async for view in fleet.views():
            before = time.thread_time()
            self._show(view)
            cost = _SHARE * (time.thread_time() - before)
            await asyncio.sleep(min(max(_PAUSE[0], cost), _PAUSE[1]))

    def _show(self, view: FleetView) -> None:
        view = replace(view, trouble=self._ended) if self._ended else view
        if self.main.body.is_attached:  # else the application is ending
            self.main.show(view)
        alerts = self.signals.take(view.events)
        news = self._news.take(self.main.sight.view.events)
        if (news or alerts) and not self._telling:
            self._telling = True
            self.set_timer(_GATHERED, self._tell)

    def _tell(self) -> None:
        """Tell what happened since it was told last; go on while there is something to tell."""
        messages, signal = self._news.messages(), self.signals.told()
        for text, tone in messages:
            self.main.say(text, warning=tone is not Tone.GOOD, seconds=_STANDS)
        if signal and self._driver is not None:
            self._driver.write(signal)
        self._telling = bool(messages)
        if messages:
            self.set_timer(_STANDS, self._tell)

    def on_regard_acknowledged(self, message: Regard.Acknowledged) -> None:
        if self._fleet:
            self._fleet.acknowledge(message.keys)

    def on_regard_looking(self, message: Regard.Looking) -> None:
        self._looking = message.hosts
        if self._fleet:
            self._fleet.prefer(tuple(map(Clean, message.hosts)))

    def on_regard_look_again(self, message: Regard.LookAgain) -> None:
        if self._fleet:
            for host in message.hosts or (None,):
                self._fleet.refresh(None if host is None else Clean(host))
            self.main.say(f"looking again at {', '.join(message.hosts) or 'every host'}")

    def on_regard_accepted(self, message: Regard.Accepted) -> None:
        accepting = self._accept(message.host, message.fingerprint)
        self.run_worker(accepting, name=_ACCEPTING, exit_on_error=False)

    async def _accept(self, host: Clean, fingerprint: str) -> None:
        try:
            if self._fleet:
                await self._fleet.accept(host, fingerprint)
                self.main.say(f"{host}: the key is known now")
        except ConsoleError as error:
            told = "  ".join(filter(None, (str(error), error.hint)))
            self.main.say(told, warning=True, seconds=_STANDS)

    def action_cancel(self) -> None:
        """Close what lies over the screen, else cancel there."""
        if self.screen is self.main:
            self.main.action_cancel()
        else:
            self.screen.dismiss()

    def action_theme(self, name: str) -> None:
        """Change the colours."""
        self.theme = theme_name(name, os.environ)

    def action_mouse(self, state: str) -> None:
        """Take the mouse's events from the terminal (``on``), or leave them to it."""
        if isinstance(self._driver, LinuxDriver):
            _switch(self._driver, mouse=state == "on")


def _switch(driver: LinuxDriver, *, mouse: bool) -> None:
    """Textual chooses once, at its start; its driver can switch but offers it to nobody."""
    driver._disable_mouse_support()
    driver._mouse = mouse
    driver._enable_mouse_support()

"""The one screen: every key of the key table acts here or in the screens it builds on."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.clean import clean
from screens import commands, rows
from screens.keeping import Keeping
from screens.keys import KEYS, REPLAY_KEYS
from screens.marks import Glyphs
from screens.place import Place, View
from screens.prompt import COMMAND, FILTER, Prompt
from screens.replay import STEPS
from screens.sight import CLOCKS, Clocks
from screens.wishes import Asked

_URGENT = {"ctrl+c", "ctrl+z", "ctrl+p"}
"""Keys that work while something is being typed."""
_COPIED = 4096
"""Characters at most that go to the clipboard (OSC 52)."""


def _bindings() -> list[BindingType]:
    return [
        Binding(key.keys, key.action, key.title, show=False, priority=first)
        for key, first in (
            *((key, key.keys in _URGENT) for key in KEYS),
            *((key, True) for key in REPLAY_KEYS),
        )
    ]


class MainScreen(Keeping):
    """Adds what is typed, and what is done with the row under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = _bindings()

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__(glyphs, clocks)
        self.prompt = Prompt()

    def compose(self) -> ComposeResult:
        *above, last = super().compose()
        yield from above
        yield self.prompt
        yield last

    @property
    def typing(self) -> str:
        return self.prompt.mode if self.prompt.asking else super().typing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typed = self.prompt.asking and action in STEPS  # belongs to the line
        return False if typed else super().check_action(action, parameters)

    def on_prompt_typed(self, message: Prompt.Typed) -> None:
        """Filter as it is typed; a bad expression keeps the last good result and says so."""
        if self.prompt.asking:  # else it was on its way when typing was cancelled
            self.body.set_filter(message.text)

    def on_prompt_left(self, message: Prompt.Left) -> None:
        """Esc in the prompt."""
        if message.mode == FILTER:
            self.body.set_filter("")
        self._close_prompt()

    def on_prompt_done(self, message: Prompt.Done) -> None:
        """Enter in the prompt."""
        self._close_prompt()
        if message.mode == COMMAND and message.text.strip(": "):
            self._obey(commands.understood(message.text))

    def action_filter(self) -> None:
        self._ask(FILTER, self.grid.listing.chosen.text)

    def action_command(self) -> None:
        self._ask(COMMAND)

    def action_cancel(self) -> None:
        """Ctrl-C: cancel what is being typed, else say how to quit."""
        if self.prompt.asking:
            self.prompt.action_leave()
        else:
            self.say("q closes this view and quits from the fleet; :q quits at once")

    def action_describe(self) -> None:
        self.grid.action_choose()

    def action_sort(self, column: str) -> None:
        key = rows.sort_column(self.grid.listing.table, column)
        if key is None:
            self.say(f"this table has no column {column}", warning=True)
        else:
            self.grid.set_sort(key)

    def action_log(self) -> None:
        here = rows.subject(self.grid.listing, self.place)
        if here.subhost:
            self.go(self.trail.into(Place(View.LOG, here.host, here.subhost)))
        else:
            self.say("put the cursor on a subhost to see its log", warning=True)

    def action_raw(self) -> None:
        here = rows.subject(self.grid.listing, self.place)
        if here.host:
            self.go(self.trail.into(replace(here, view=View.RAW)))
        else:
            self.say("put the cursor on a host, subhost or level to see its JSON", warning=True)

    def action_copy(self) -> None:
        text = clean(rows.copied(self.grid.listing, self.place), _COPIED)
        if text:
            self.app.copy_to_clipboard(text)
            self.say(f"copied {text[:80]}")

    def action_branch(self) -> None:
        """Ask for the time to go to."""
        self._ask(COMMAND, "at ")

    def action_absent(self, what: str) -> None:
        self.say(f"{what} are not in this version; ? lists what is")

    def _obey(self, order: commands.Order | commands.NoCommand) -> None:
        match order:
            case commands.NoCommand(why=why):
                self.say(why, warning=True)
            case commands.Order(view=View() as view, filter=text):
                self.action_go(view)
                self.body.set_filter(text)
            case commands.Order(asked=Asked() as asked):
                self.wish(asked)
            case commands.Order(at=str(time)) if time:
                self.at(time)
            case commands.Order(capsule=str(path)) if path:
                self.action_capsule(path)
            case commands.Order(reason=str(reason)) if reason:
                self.unlock(reason)
            case commands.Order(action=action):
                self.call_later(self.run_action, action)

    def _ask(self, mode: str, text: str = "") -> None:
        self.prompt.ask(mode, text)
        self.frame()

    def _close_prompt(self) -> None:
        self.set_focus(None)
        self.prompt.close()
        self.body.focus_grid()
        self.frame()

"""The line at the bottom where a filter or a command is typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from screens.commands import completions

FILTER = "/"
COMMAND = ":"
_PLACEHOLDERS = {FILTER: "text  !text  key=text", COMMAND: "command"}


class _Commands(Suggester):
    """Completes command lines."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return next(iter(completions(value)), None)


class Prompt(Horizontal):
    """Asks for one line after the sign of what is asked for; hidden while nobody types."""

    DEFAULT_CSS = """
    Prompt { display: none; height: 1; padding: 0 1; background: $panel; }
    Prompt Static { width: 1; color: $accent; }
    Prompt Input, Prompt Input:focus {
        width: 1fr; border: none; padding: 0; background: $panel; background-tint: $panel 0%;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("up", "recall(-1)", "Older", show=False),
        Binding("down", "recall(1)", "Newer", show=False),
        Binding("tab", "complete", "Complete", show=False),
        Binding("shift+tab", "stay", "Stay", show=False),
    ]

    @dataclass
    class Typed(Message):
        """The filter text changed."""

        text: str

    @dataclass
    class Done(Message):
        """Enter: the line is what was meant."""

        mode: str
        text: str

    @dataclass
    class Left(Message):
        """Esc: nothing was meant."""

        mode: str

    def __init__(self) -> None:
        super().__init__()
        self.mode = FILTER
        self._sign = Static(markup=False)
        self._line = Input(compact=True, select_on_focus=False)
        self._line.cursor_blink = False  # a screen that does not change draws nothing
        self._said: list[str] = []
        self._place = 0
        self._offered: Sequence[str] = ()
        self._asking = False

    def compose(self) -> ComposeResult:
        yield self._sign
        yield self._line

    @property
    def asking(self) -> bool:
        """Whether a line is being typed."""
        return self._asking

    @property
    def text(self) -> str:
        """What is typed."""
        return self._line.value

    def ask(self, mode: str, text: str = "") -> None:
        """Open for a filter or a command, ``text`` typed already."""
        self.mode = mode
        self._place = len(self._said)
        self._offered = ()
        self._sign.update(mode)
        self._line.suggester = _Commands() if mode == COMMAND else None
        self._line.placeholder = _PLACEHOLDERS[mode]
        self._asking = self.display = True
        self._put(text)
        # at once, so that the very next key is part of the line and not a key of the view
        self.screen.set_focus(self._line)

    def take(self, character: str) -> None:
        """Add to what is typed."""
        self._line.insert_text_at_cursor(character)

    def close(self) -> None:
        """Hide again."""
        self._asking = self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.asking and self.mode == FILTER:
            self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.mode == COMMAND and event.value and [event.value] != self._said[-1:]:
            self._said = [*self._said, event.value][-100:]
        self.post_message(self.Done(self.mode, event.value))

    def action_leave(self) -> None:
        self.post_message(self.Left(self.mode))

    def action_stay(self) -> None:
        """Keep Shift-Tab from going elsewhere while a line is typed."""

    def action_complete(self) -> None:
        """Grow what is typed into the first command it may become; again, into the next."""
        if self.mode != COMMAND:
            return
        if self.text not in self._offered:
            self._offered = completions(self.text)
        if self._offered:
            here = self._offered.index(self.text) + 1 if self.text in self._offered else 0
            self._put(self._offered[here % len(self._offered)])

    def action_recall(self, by: int) -> None:
        if self.mode == COMMAND:
            self._place = min(max(self._place + by, 0), len(self._said))
            self._put(self._said[self._place] if self._place < len(self._said) else "")

    def _put(self, text: str) -> None:
        self._line.value = text
        self._line.cursor_position = len(text)

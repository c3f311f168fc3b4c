"""A line that a verb needs besides its target: which signal, which folder."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input

from screens.marks import Glyphs
from screens.page import Line, Tone, Words, sentence
from screens.paragraph import Paragraph


class Form(ModalScreen[str]):
    """Answers with what was typed; it decides nothing, a plan is shown next."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("tab", "complete", "Complete", show=False),
    ]

    def __init__(self, title: str, wanted: str, offered: tuple[str, ...], glyphs: Glyphs) -> None:
        super().__init__()
        self._title, self._hint = Paragraph(glyphs, id="title"), Paragraph(glyphs, id="answer")
        self._title.show((Line((Words(title, Tone.HEAD),)),))
        some = ", ".join(offered[:8])
        self._hint.show(
            (
                sentence(wanted + (f": {some}" if some else ""), Tone.DIM),
                sentence("Enter shows the plan.  Tab completes.  Esc cancels.", Tone.DIM),
            )
        )
        self._line = Input(
            offered[0] if len(offered) == 1 else "",
            suggester=SuggestFromList(offered),
            compact=True,
            select_on_focus=False,
            id="line",
        )
        self._line.cursor_blink = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield self._title
            yield self._line
            yield self._hint

    def on_mount(self) -> None:
        self.set_focus(self._line)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value.strip())

    def action_complete(self) -> None:
        self._line.action_cursor_right()

    def action_cancel(self) -> None:
        self.dismiss(None)

"""A text to be read and a question that opens on Cancel: Enter alone never says yes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input

from console.clean import clean
from screens import dialog
from screens.consent import Consent
from screens.dialog import Dialog
from screens.marks import Glyphs
from screens.page import Line, Tone, Words
from screens.paragraph import Paragraph

_AROUND = 9
"""Lines of the dialog that are not its text."""
_LEAST = 3
"""Lines of text that are seen in any terminal."""


class Confirm(Dialog[bool]):
    """``True`` says yes; without a consent to give the text can be read and that is all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
        Binding("y", "yes", "Yes", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "turn(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "turn(1)", "Page down", show=False),
        Binding("home,g", "edge(-1)", "First", show=False),
        Binding("end,G", "edge(1)", "Last", show=False),
    ]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.consent: Consent | None = None
        """What can be said yes to now."""
        self._other_keys = ""
        self._title, self._said = Paragraph(glyphs, id="title"), Paragraph(glyphs)
        self._text = VerticalScroll(self._said, can_focus=False, id="text")
        self._place, self._answer = Paragraph(glyphs, id="place"), Paragraph(glyphs, id="answer")
        self._cancel = Button("Cancel", compact=True, id="cancel")
        self._go = Button("Yes", compact=True, id="go")
        self._typed = Input(compact=True, id="typed")
        self._typed.cursor_blink = False
        for widget in (self._cancel, self._go, self._typed):
            widget.disabled = True  # Tab is the application's
        self._go.display = self._typed.display = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield self._title
            yield self._text
            yield self._place
            with Horizontal(id="choice"):
                yield self._cancel
                yield self._go
                yield self._typed
            yield self._answer

    def on_mount(self) -> None:
        for changed in ("scroll_y", "virtual_size"):
            self.watch(self._text, changed, self._tell_place)
        self._text.show_vertical_scrollbar = False

    @property
    def ready(self) -> bool:
        """Whether keys count, and a consent asked for can be given."""
        return self.armed and not (self.consent and self._go.disabled)

    def say(self, title: Line, lines: tuple[Line, ...]) -> None:
        """Show a newer version of the text."""
        self._title.show((title,))
        self._said.show(lines)

    def ask(self, consent: Consent | None, keys: str = "") -> None:
        """Ask for a consent; it can be given when there was time to see what for.

        ``keys`` are those that do something else.
        """
        self.consent = consent
        self._typed.disabled = self._go.disabled = True
        self._go.display = consent is not None and not consent.words
        self._typed.display = consent is not None and bool(consent.words)
        if consent:
            self._typed.placeholder = " or ".join(consent.words)
            self.set_timer(dialog.ARMED_AFTER, self._let)
        if self.armed:
            self.set_focus(self._cancel)
        self._answer.show((_hint(consent),))
        self.ask_keys(keys)

    def ask_keys(self, keys: str) -> None:
        """Tell which keys do something else."""
        self._other_keys = keys
        self._tell_place()

    def arm(self) -> None:
        super().arm()
        self._cancel.disabled = False
        self.set_focus(self._cancel)

    def on_resize(self, event: events.Resize) -> None:
        self._text.styles.max_height = max(event.size.height - _AROUND, _LEAST)

    def on_key(self, event: events.Key) -> None:
        """A key that was on its way to a button when Tab was pressed belongs to the line."""
        if self.focused is self._typed and event.is_printable:
            event.stop()
            event.prevent_default()
            self._typed.insert_text_at_cursor(event.character or "")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button is self._go)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self.consent and event.value.strip() in self.consent.words:
            self.dismiss(True)
        elif self.consent:
            wrong = f"{event.value[:40]!r} is not it: {self.consent.wrong}"
            self._answer.show((Line((Words(clean(wrong), Tone.BAD),)),))

    def action_yes(self) -> None:
        if self._go.display and not self._go.disabled:
            self.dismiss(True)

    def action_scroll(self, by: int) -> None:
        self._text.scroll_relative(y=by, animate=False)

    def action_turn(self, by: int) -> None:
        self._text.scroll_relative(y=by * max(self._text.size.height - 1, 1), animate=False)

    def action_edge(self, by: int) -> None:
        self._text.scroll_to(y=0 if by < 0 else self._text.max_scroll_y, animate=False)

    def _let(self) -> None:
        self._typed.disabled = self._go.disabled = self.consent is None

    def _tell_place(self) -> None:
        """Tell which lines of the text are seen, where those are not all."""
        seen, first = self._text.size.height, int(self._text.scroll_y)
        whole = self._text.virtual_size.height
        told = f"lines {first + 1}-{min(first + seen, whole)} of {whole}: PgDn PgUp"
        said = "  ".join(filter(None, (told if whole > seen else "", self._other_keys)))
        self._place.show((Line((Words(said, Tone.DIM),)),))


def _hint(consent: Consent | None) -> Line:
    parts: Iterable[tuple[str, Tone]]
    if consent is None:
        parts = (("Enter closes", Tone.DIM),)
    elif consent.words:
        wanted = " or ".join(consent.words)
        parts = (
            ("Enter cancels.  Tab, type ", Tone.DIM),
            (wanted, Tone.ACCENT),
            (f", Enter: {consent.does}", Tone.DIM),
        )
    else:
        parts = (
            ("Enter cancels.  ", Tone.DIM),
            ("y", Tone.ACCENT),
            (f", or Tab and Enter: {consent.does}", Tone.DIM),
        )
    return Line(tuple(Words(text, tone) for text, tone in parts))

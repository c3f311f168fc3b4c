"""The dialog that accepts the unknown key of one host, after one more look at it.

It opens on Cancel; nothing but the host's name, typed out, accepts (``yes`` does where the host is
not protected). For a key that changed there is no such dialog.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from console.clean import Clean, clean, clean_path
from console.contact import Contact
from console.errors import UntrustedKey
from screens.marks import Glyphs
from screens.page import Line, Tone, Words
from screens.pages.contact import key_type
from screens.paragraph import Paragraph

ARMED_AFTER = 0.4
"""Seconds in which what is typed was meant for what was there before."""


class AcceptKey(ModalScreen[bool]):
    """Asks whether the key that a host offered is its own; ``True`` says so."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel", show=False),
        Binding("up,left", "app.focus_previous", "Previous", show=False),
        Binding("down,right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, contact: Contact, key: UntrustedKey, glyphs: Glyphs) -> None:
        super().__init__()
        self.armed = False
        """Whether keys count already."""
        self._name = contact.name
        self._words = {contact.name} if contact.protected else {contact.name, "yes"}
        self._said = Paragraph(glyphs)
        self._said.show(question(contact, key))
        self._typed = Input(placeholder=_wanted(self._words), compact=True, id="typed")
        self._typed.cursor_blink = False
        self._cancel = Button("Cancel", compact=True, id="cancel")
        self._cancel.disabled = self._typed.disabled = True  # Tab is the application's
        self._answer = Paragraph(glyphs, id="answer")
        self._answer.show((_hint(self._words),))

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield self._said
            with Horizontal(id="choice"):
                yield self._cancel
                yield self._typed
            yield self._answer

    def on_mount(self) -> None:
        self.set_timer(ARMED_AFTER, self._arm)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.armed

    def on_button_pressed(self) -> None:
        self.dismiss(False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() in self._words:
            self.dismiss(True)
        else:
            wrong = f"{event.value[:40]!r} is not it: nothing was accepted"
            self._answer.show((Line((Words(clean(wrong), Tone.BAD),)),))

    def action_cancel(self) -> None:
        self.dismiss(False)

    def _arm(self) -> None:
        self.armed = True
        self._cancel.disabled = self._typed.disabled = False
        self.set_focus(self._cancel)


def question(contact: Contact, key: UntrustedKey) -> tuple[Line, ...]:
    """Return what is to be known before a key is accepted, all of it as the inventory names it."""
    facts = (
        ("host", contact.name),
        ("address", contact.address or contact.name),
        ("key", key_type(key)),
        ("fingerprint", clean(key.fingerprint)),
        ("file", clean_path(key.file)),
        ("line", clean_path(key.line)),
    )
    return (
        Line((Words(f"Is this the key of {contact.name}?", Tone.HEAD),)),
        Line(()),
        *(_fact(what, text) for what, text in facts),
        Line(()),
        _sentence("Compare the fingerprint with one from its own console, or from who set it up."),
        _sentence("Once accepted, whoever has this key is taken for that host.", Tone.WATCH),
        Line(()),
    )


def _fact(what: str, text: Clean | str) -> Line:
    tone = Tone.ACCENT if what in {"host", "fingerprint"} else Tone.PLAIN
    return Line((Words(f"{what:<13}", Tone.DIM), Words(text, tone)))


def _sentence(text: str, tone: Tone = Tone.PLAIN) -> Line:
    return Line(tuple(Words(f"{word} ", tone) for word in text.split()), hang=0)


def _wanted(words: Iterable[str]) -> str:
    return " or ".join(sorted(words, key=lambda word: word == "yes"))


def _hint(words: Iterable[str]) -> Line:
    tab, end = Words("Enter cancels.  Tab, type ", Tone.DIM), Words(", Enter: accepts", Tone.DIM)
    return Line((tab, Words(_wanted(words), Tone.ACCENT), end))

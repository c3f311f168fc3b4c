"""Quitting while jobs run: they go on without this console, or it waits for them."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.confirm import Confirm
from screens.consent import Consent
from screens.marks import Glyphs
from screens.page import Line, Tone, Words, sentence


class Leaving(Confirm):
    """Answers ``True`` where the console is to be left at once."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "wait", "Wait", show=False)]

    def __init__(self, running: int, waiting: int, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self.waits = False
        """Whether it is to be left when all has ended."""
        lines = [sentence("Jobs run on their hosts, whether this console waits for them or not.")]
        if waiting:
            told = f"{waiting} not begun yet: they will not be, once this console is gone."
            lines.append(sentence(told, Tone.WATCH))
        number = running + waiting
        title = f"{number} operation{'s' * (number != 1)} not ended yet"
        self.say(Line((Words(title, Tone.HEAD),)), tuple(lines))
        self.ask(Consent("leaves them running"), "w: wait, then quit")

    def action_wait(self) -> None:
        self.waits = True
        self.dismiss(False)

"""A journey on which things are done: what runs is shown in a strip below, and asked about."""

from __future__ import annotations

from collections.abc import Coroutine

from textual.app import ComposeResult
from textual.widgets._toast import ToastRack

from console.fleet import FleetView
from screens.errands import Errands
from screens.following import Following
from screens.leaving import Leaving
from screens.marks import Glyphs
from screens.page import Tone
from screens.pages.progress import strip
from screens.paragraph import Paragraph
from screens.sight import CLOCKS, Clocks

_STANDS = 6.0
"""Seconds for which it is told how something ended."""
_BELOW = 2
"""Lines below the strip."""
_PART, _LEAST = 3, 4
"""The strip takes at most a third of the screen, yet so many lines."""


class Operating(Following):
    """Adds the strip; no key waits for what it shows, and quitting asks while something runs."""

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__(glyphs, clocks)
        self.errands = Errands(self._start, self._tell, self._changed)
        self._strip = Paragraph(glyphs, id="strip")
        self._hidden = self._leaving = False

    def compose(self) -> ComposeResult:
        *above, detail, last = super().compose()
        yield from (*above, self._strip, detail, last)

    def show(self, view: FleetView) -> None:
        super().show(view)
        self.errands.take(view.jobs)
        self._show_strip()

    def frame(self) -> None:
        super().frame()
        self._show_strip()

    def action_out(self) -> None:
        """Esc: hide the strip first; what it shows goes on."""
        if self._strip.display:
            self.errands.dismiss()
            self._hidden = True
            self._show_strip()
        else:
            super().action_out()

    def action_leave(self) -> None:
        """Quit, after asking where something was begun that has not ended."""
        running, waiting = self.errands.running, self.errands.waiting
        if running or waiting:
            leaving = Leaving(running, waiting, self.glyphs)
            self.app.push_screen(leaving, lambda leave: self._decided_to_leave(leaving, leave))
        else:
            super().action_leave()

    def _decided_to_leave(self, dialog: Leaving, leave: bool | None) -> None:
        self._leaving = dialog.waits
        if leave:
            self.app.exit()
        self._changed()

    def _start(self, doing: Coroutine[None, None, None]) -> None:
        self._hidden = self._leaving = False
        self.run_worker(doing, exit_on_error=False)

    def _tell(self, text: str, tone: Tone) -> None:
        self.say(text, warning=tone is not Tone.GOOD, seconds=_STANDS)

    def _changed(self) -> None:
        """Show the strip anew; what failed is shown although it was hidden."""
        if any(each.over for each in self.errands.all):
            self._hidden = False
        self._show_strip()
        if self._leaving and not self.errands.running + self.errands.waiting:
            self.app.exit()

    def _show_strip(self) -> None:
        width, height = self.app.size
        lines = strip(self.errands.all, width - 2, max(height // _PART, _LEAST))
        self._strip.display = bool(lines) and not self._hidden
        self._strip.show(lines)
        for rack in self.query(ToastRack):  # what is told must not lie over it
            rack.styles.margin = (0, 0, _BELOW + len(lines) * self._strip.display, 0)

"""The menu behind ``a``: what can be done, and why not; a letter chooses, and decides nothing.

Whatever changes something is planned, shown and confirmed after that, so the letter may follow
``a`` at once.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from screens.grid import Grid
from screens.listing import Stand
from screens.marks import Glyphs
from screens.page import Column, Line, Row, Table, Tone, Words, sentence
from screens.paragraph import Paragraph
from screens.possible import LETTERS, Entry, Kind

_COLUMNS = (
    Column("key", "KEY", 3),
    Column("what", "WHAT", 11),
    Column("does", "", 24, grow=1),
    Column("class", "", 11),
)
_TONES = {Kind.VIEW: Tone.DIM, Kind.CHANGE: Tone.ACCENT, Kind.DESTRUCTIVE: Tone.ACT}
_HINT = "Esc closes; nothing is done before you saw how"
_AROUND = 8
"""Lines of the dialog that are not entries."""


class Menu(ModalScreen[Entry]):
    """Answers with the entry that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,a", "cancel", "Cancel", show=False),
        *(Binding(letter, f"pick('{letter}')", letter, show=False) for letter in LETTERS),
    ]

    def __init__(
        self, title: Line, entries: tuple[Entry, ...], glyphs: Glyphs, hint: str = _HINT
    ) -> None:
        """``hint`` is told while the entry under the cursor can be chosen."""
        super().__init__()
        self._hint = hint
        self._entries = {entry.letter: entry for entry in entries}
        self._title, self._why = Paragraph(glyphs, id="title"), Paragraph(glyphs, id="answer")
        self._title.show((title,))
        self._grid = Grid(glyphs, id="entries")
        self._grid.show(Table("menu", "", _COLUMNS, tuple(map(_row, entries))))
        first = next((entry.letter for entry in entries if entry.possible), None)
        self._grid.restore(Stand(cursor=first))

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield self._title
            yield self._grid
            yield self._why

    def on_mount(self) -> None:
        self.set_focus(self._grid)
        self._explain()

    def on_resize(self) -> None:
        room = max(self.app.size.height - _AROUND, 2)
        self._grid.styles.height = min(len(self._entries) + 1, room)

    def on_grid_moved(self) -> None:
        self._explain()

    def on_grid_chosen(self, message: Grid.Chosen) -> None:
        message.stop()
        self.action_pick(message.key)

    def action_pick(self, letter: str) -> None:
        if (entry := self._entries.get(letter)) is None:
            return
        if entry.possible:
            self.dismiss(entry)
        else:
            self._why.show((sentence(f"{entry.does}: {entry.why}", Tone.WATCH),))

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _explain(self) -> None:
        """Tell all of why the entry under the cursor cannot be chosen."""
        entry = self._entries.get(self._grid.listing.cursor or "")
        why = entry.why if entry else ""
        self._why.show((sentence(why or self._hint),))


def _row(entry: Entry) -> Row:
    dim = not entry.possible
    said = entry.why if dim else " ".join(filter(None, (entry.title, _some(entry))))
    return Row(
        entry.letter,
        (
            Words(entry.letter, Tone.DIM if dim else Tone.ACCENT),
            Words(entry.does, Tone.DIM if dim else Tone.HEAD),
            Words(said, Tone.DIM if dim else Tone.PLAIN),
            Words("not now" if dim else entry.kind, Tone.DIM if dim else _TONES[entry.kind]),
        ),
    )


def _some(entry: Entry) -> str:
    return f"({entry.why})" if entry.why else ""

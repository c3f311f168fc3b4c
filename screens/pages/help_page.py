"""Help for one view: every key that works there, searchable like any table."""

from __future__ import annotations

from screens.commands import COMMANDS
from screens.keys import DIALOG_KEYS, FILTER_HELP, GRID_KEYS, REPLAY_KEYS, possible
from screens.page import Column, Page, Row, Table, Tone, Words
from screens.place import View

_COLUMNS = (Column("key", "KEY", 26), Column("does", "DOES", 30, grow=1))


def page(view: View) -> Page:
    """Return the keys of ``view``, of every table, the filter's grammar and the commands."""
    sections = (
        ("", [(key.shown, key.title) for key in possible(view)]),
        ("in tables", list(GRID_KEYS)),
        ("in a replay", [(key.shown, key.title) for key in REPLAY_KEYS]),
        ("in a plan", list(DIALOG_KEYS)),
        ("after /", list(FILTER_HELP)),
        ("after :", [(f":{command.usage}", command.title) for command in COMMANDS]),
    )
    rows = tuple(
        Row(
            f"{section} {key} {title}",
            (Words(key, Tone.ACCENT), Words(f"{section}: {title}" if section else title)),
        )
        for section, pairs in sections
        for key, title in pairs
    )
    return Page(f"help for {view.value}", (), (Table("keys", "", _COLUMNS, rows),))

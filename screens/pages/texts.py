"""Pages of lines: a log, the JSON behind a row; lines are rows, so they filter like any table."""

from __future__ import annotations

import json
from collections.abc import Iterable

from console.clean import clean_path
from console.contract import Json
from screens.page import Column, Page, Row, Table, Tone, Words

_LINES = 5000


def log(title: str, lines: Iterable[str]) -> Page:
    """Return the last lines of a subhost's LOG."""
    empty = "the log is empty, absent, or not readable"
    return _page(f"{title} log", "LOG", lines, empty, newest_last=True)


def raw(title: str, value: Json) -> Page:
    """Return a value of the JSON contract, one line each."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _page(f"{title} json", "JSON", text.split("\n")[:_LINES], "nothing")


def _page(
    title: str, head: str, lines: Iterable[str], empty: str, *, newest_last: bool = False
) -> Page:
    columns = (Column("n", "", 4, right=True), Column("line", head, 40, grow=1))
    rows = tuple(
        Row(str(number), (Words(str(number), Tone.DIM, number), Words(clean_path(line))))
        for number, line in enumerate(lines, 1)
    )
    table = Table("lines", "", columns, rows, empty, lead=1, newest_last=newest_last)
    return Page(title, (), (table,))

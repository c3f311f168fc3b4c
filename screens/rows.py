"""What a key means for the row under the cursor: where it leads, what of it is copied."""

from __future__ import annotations

from dataclasses import replace

from screens.filter import row_text
from screens.listing import Listing
from screens.page import Row, Table
from screens.pages import door
from screens.place import Place

_MEANT = {
    "name": ("name", "host", "subhost", "level", "outer", "probe"),
    "age": ("age", "since", "ago", "built"),
}
"""Columns that a direct sort key stands for, the likeliest first."""


def subject(listing: Listing, place: Place) -> Place:
    """Return what the cursor is on, where that leads somewhere, else what the view is about."""
    found = door(listing.table.key, listing.cursor) if listing.cursor is not None else None
    return found or place


def hosts(listing: Listing, place: Place) -> tuple[str, ...]:
    """Return the hosts that the marked rows are about, else the cursor's row, else the view."""
    keys = listing.marks or {listing.cursor}
    named = (host_of(listing.table.key, row) for row in listing.table.rows if row.key in keys)
    found = tuple(dict.fromkeys(filter(None, named)))
    return found or tuple(filter(None, (place.host,)))


def host_of(table: str, row: Row) -> str:
    """Return the host that a row of this table is about; empty: of none."""
    place = door(table, row.key)
    return place.host if place else row.attributes.get("host", "")


def copied(listing: Listing, place: Place) -> str:
    """Return the id of what the cursor is on, as commands take it; a line's own text in a text."""
    row = None if listing.position is None else listing.rows[listing.position]
    if row is not None and door(listing.table.key, row.key) is None:
        return row_text(replace(row, cells=row.cells[listing.table.lead :]))
    here = subject(listing, place)
    return here.item or "/".join(here.subject)


def sort_column(table: Table, wanted: str) -> str | None:
    """Return the key of the column that ``wanted`` means in this table."""
    keys = [column.key for column in table.columns]
    return next((key for key in _MEANT.get(wanted, (wanted,)) if key in keys), None)

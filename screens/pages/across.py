"""Views across the fleet: every subhost and every level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from console.fleet import Contact, FleetView
from console.model import Host
from screens.page import Page, Row, Table
from screens.pages.contact import Standing, found_by, standing
from screens.pages.desk import Desk
from screens.pages.host import subhost_rows, subhost_table
from screens.pages.parts import (
    LEVEL_COLUMNS,
    belonging,
    faded,
    level_label,
    level_row,
    not_seen,
)


def _hosts(view: FleetView) -> Iterator[Host]:
    return (contact.host for contact in view.contacts if contact.host)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One walk over every host, at one moment."""

    view: FleetView
    now: float
    desk: Desk

    def rows(self, name: str, of: Callable[[Host], Iterable[Row]]) -> Iterator[Row]:
        """Yield what every host has for a table of this name, made anew where it changed."""
        several = len(self.view.contacts) > 1
        for contact in self.view.contacts:
            if contact.host is not None:
                said = standing(contact, self.now)
                make = partial(_told, contact, said, of(contact.host))
                key, shown = f"{name} {contact.name}", (said.word, several)
                yield from self.desk.parts.of(key, contact, shown, make)


def _told(contact: Contact, said: Standing, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows about a host as they are found and seen, whether it answers or not."""
    names = found_by(contact, said.word)
    told = (belonging(row, names) for row in rows)
    return tuple(told if said.up else map(faded, told))


def subhosts(sweep: Sweep) -> Page:
    """Return every subhost of every host."""
    rows = sweep.rows("subhosts", lambda host: subhost_rows(host, sweep.desk, with_host=True))
    return Page("subhosts", (), (subhost_table(rows, with_host=True),))


def fill(sweep: Sweep) -> Page:
    """Return every level of every host and subhost, the soonest full first."""
    view, desk = sweep.view, sweep.desk

    def levels(host: Host) -> Iterator[Row]:
        for owner, level in host.owned_levels:
            if not level.always_full:
                label = level_label(view, host.name, owner, level)
                rank = desk.rank(host, owner, level)
                yield level_row(view, host, owner, level, label, rank=rank)

    title = ", ".join(filter(None, ("Levels", not_seen(_hosts(view)))))
    rows = tuple(sweep.rows("levels", levels))
    table = Table("levels", title, LEVEL_COLUMNS, rows, "no level seen yet", "full")
    return Page("fill", (), (table,))

"""What is acted on: by where the cursor and the marks are, or by the names on a command line."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from console.clean import Clean
from console.fleet import Contact, FleetView
from console.hostlist import expanded
from screens.doing import Chosen, Target
from screens.listing import Listing
from screens.page import Row
from screens.pages import door
from screens.place import Place
from screens.rows import host_of


def chosen(listing: Listing, place: Place) -> Chosen:
    """Return what the marked rows are about, else the cursor's row, else the view."""
    keys = listing.marks or {listing.cursor}
    found: dict[Target, bool] = {}
    for row in listing.table.rows:
        target = _about(listing.table.key, row) if row.key in keys else None
        if target is not None:
            found[target] = found.get(target, False) or row.key in listing.positions
    if not found and place.host:
        found[Target(Clean(place.host), Clean(place.subhost))] = True
    return Chosen(tuple(found), bool(listing.marks), [*found.values()].count(False))


def _about(table: str, row: Row) -> Target | None:
    if (place := door(table, row.key)) is not None:
        return Target(Clean(place.host), Clean(place.subhost))
    host = host_of(table, row)
    return Target(Clean(host), Clean("")) if host else None


def named(view: FleetView, words: tuple[str, ...], place: Place) -> Chosen:
    """Return the subhosts that words as ``web*/mta``, ``@prod/mta`` or ``mta`` name.

    A word without a host means subhosts of the host in view, or of every host. Raises
    ``ValueError`` for a word that names nothing.
    """
    found: dict[Target, None] = {}
    for word in words:
        here = list(_named(view, word, place))
        if not here:
            raise ValueError(f"no subhost is called {word}")
        found.update(dict.fromkeys(here))
    return Chosen(tuple(found))


def _named(view: FleetView, word: str, place: Place) -> Iterator[Target]:
    host, slash, subhost = word.rpartition("/")
    hosts, subhosts = expanded(host if slash else place.host or "*"), expanded(subhost)
    for contact in view.contacts:
        if contact.host is not None and any(_is(contact, host) for host in hosts):
            for each in contact.host.subhosts:
                if any(_matches(each.name, wanted) for wanted in subhosts):
                    yield Target(contact.name, each.name)


def _is(contact: Contact, wanted: str) -> bool:
    if wanted.startswith("@"):
        return any(_matches(tag, wanted[1:]) for tag in contact.tags)
    return _matches(contact.name, wanted)


def _matches(name: str, wanted: str) -> bool:
    return name == wanted or fnmatchcase(name, wanted)

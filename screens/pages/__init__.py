"""Every view as a pure function of what the fleet knows: ``build(view, place, now) -> Page``."""

from __future__ import annotations

from dataclasses import replace

from console import contract
from console.fleet import Contact, FleetView
from console.model import Host, Level, Subhost
from screens.page import Page, Table, Tone, Words
from screens.pages import across, fleet, help_page, host, level, subhost, texts
from screens.pages.parts import fact
from screens.place import Place, View, another_key

_DOORS = {"hosts": View.HOST, "subhosts": View.SUBHOST, "levels": View.LEVEL}


def build(view: FleetView, place: Place, now: float) -> Page:
    """Return the page of a place; one whose subject is gone says so. Every row key is its own."""
    page = _page(view, place, now)
    return replace(page, tables=tuple(map(_distinct, page.tables)))


def _distinct(table: Table) -> Table:
    """Return the table with another key for each further row about one and the same subject."""
    if len({row.key for row in table.rows}) == len(table.rows):
        return table
    seen: dict[str, int] = {}
    rows = []
    for row in table.rows:
        number = seen[row.key] = seen.get(row.key, 0) + 1
        rows.append(row if number == 1 else replace(row, key=another_key(row.key, number)))
    return replace(table, rows=tuple(rows))


def _page(view: FleetView, place: Place, now: float) -> Page:
    match place.view:
        case View.FLEET:
            return fleet.page(view, now)
        case View.SUBHOSTS:
            return across.subhosts(view)
        case View.FILL:
            return across.fill(view)
        case View.CABLES:
            return across.cables(view)
        case View.IMAGES:
            return across.images(view)
        case View.HELP:
            return help_page.page(View(place.item))
        case _:
            return _detail(view, place)


def door(table: str, key: str) -> Place | None:
    """Return where Enter on this row of this table leads; ``None``: nowhere further."""
    if table == "cables":
        return replace(Place.at(View.SUBHOST, key), item="")
    return Place.at(_DOORS[table], key) if table in _DOORS else None


def _detail(view: FleetView, place: Place) -> Page:
    contact = find_contact(view, place.host)
    if contact is None or contact.host is None:
        return host.page(view, contact) if contact else _gone(view, place)
    found = find_subhost(contact.host, place.subhost) if place.subhost else None
    if place.subhost and found is None:
        return _gone(view, place)
    if place.view is View.RAW:
        return texts.raw(_title(place), raw_value(contact.host, found, place.item))
    if place.view is View.LEVEL:
        chosen = find_level(contact.host, found, place.item)
        return (
            level.page(view, place.host, place.subhost, chosen) if chosen else _gone(view, place)
        )
    if found is None:
        return host.page(view, contact)
    if place.view is View.LOG:
        return texts.log(_title(place), found.log)
    return subhost.page(view, contact.host, found)


def find_contact(view: FleetView, name: str) -> Contact | None:
    """Return the host of this name."""
    return next((contact for contact in view.contacts if contact.name == name), None)


def find_subhost(host: Host, name: str) -> Subhost | None:
    """Return the subhost of this name."""
    return next((subhost for subhost in host.subhosts if subhost.name == name), None)


def find_level(host: Host, subhost: Subhost | None, item: str) -> Level | None:
    """Return the level of this id, of the subhost where one is given."""
    levels = subhost.levels if subhost else host.levels
    return next((level for level in levels if level.id == item), None)


def raw_value(host: Host, subhost: Subhost | None, item: str) -> contract.Json:
    """Return the JSON contract's value for what a place is about."""
    chosen = find_level(host, subhost, item)
    if chosen is not None:
        return contract.level_json(chosen)
    return contract.subhost_json(subhost) if subhost else contract.host_json(host)


def _title(place: Place) -> str:
    return " ".join(
        filter(None, ("/".join(filter(None, (place.host, place.subhost))), place.item))
    )


def _gone(view: FleetView, place: Place) -> Page:
    if not view.contacts:
        return Page(_title(place), (fact("host", Words("looking…")),), ())
    gone = Words("no longer there; Esc goes back", Tone.WATCH)
    return Page(_title(place), (fact("gone", gone),), ())

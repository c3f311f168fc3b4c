"""Every view as a pure function of what the fleet knows: ``build(view, place, now) -> Page``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from console import contract
from console.fleet import Contact, FleetView
from console.model import Host, Level, Subhost
from console.view import Inquiry
from screens.page import Line, Page, Row, Table, Tone, Words
from screens.pages import (
    across,
    cables,
    events,
    fleet,
    help_page,
    host,
    images,
    jobs,
    level,
    relief,
    subhost,
    texts,
    trace,
    writers,
)
from screens.pages.contact import contact_line, standing
from screens.pages.desk import Desk
from screens.pages.parts import fact, faded
from screens.place import OF_LEVELS, Place, View, another_key

_DOORS = {
    "hosts": View.HOST,
    "subhosts": View.SUBHOST,
    "levels": View.LEVEL,
    jobs.TABLE: View.JOB,
    images.DRIFT: View.HOST,
}
_ACROSS = {
    View.SUBHOSTS: across.subhosts,
    View.FILL: across.fill,
    View.CABLES: cables.page,
    View.IMAGES: images.page,
}
"""Views of what every host has, by what makes them."""
_WHOLE: Mapping[tuple[View, str], Callable[[Row], Iterable[Words]]] = {
    (View.EVENTS, events.TABLE): events.whole,
    (View.OPERATIONS, jobs.TABLE): jobs.whole,
    (View.RELIEF, relief.TABLE): relief.whole,
    (View.TRACE, trace.TABLE): trace.whole,
    (View.IMAGES, images.SETS): images.whole,
    (View.IMAGES, images.DRIFT): images.whole,
}
"""What tells all of a row for which there is no room in that."""


def build(
    view: FleetView, place: Place, now: float, desk: Desk | None = None, wall: float = 0.0
) -> Page:
    """Return the page of a place; one whose subject is gone says so. Every row key is its own.

    ``now`` is the monotonic clock's, ``wall`` the same moment in seconds since 1970. With the same
    ``desk`` from one moment to the next only what changed is made anew.
    """
    desk = desk or Desk()
    if place.view is View.OPERATIONS:
        page = jobs.page(view, desk, wall)
    elif place.view in {View.JOB, View.RAW} and (job := jobs.find(view, place.host, place.item)):
        raw = place.view is View.RAW
        page = texts.raw(_title(place), contract.job_json(job)) if raw else jobs.one(job, wall)
    elif place.view is View.JOB:
        page = _gone(view, place)
    else:
        page = _page(view, place, now, desk)
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


def _page(view: FleetView, place: Place, now: float, desk: Desk) -> Page:
    if sweep := _ACROSS.get(place.view):
        return sweep(across.Sweep(view, now, desk))
    match place.view:
        case View.FLEET:
            return fleet.page(view, now, desk)
        case View.EVENTS:
            return events.page(view, desk)
        case View.HELP:
            return help_page.page(View(place.item))
        case _:
            return _detail(view, place, now, desk)


def door(table: str, key: str) -> Place | None:
    """Return where Enter on this row of this table leads; ``None``: nowhere further."""
    match table:
        case "cables" | cables.DRAWING:
            place = Place.at(View.TRACE, key)
            if place.item:
                return place
            return None if place.subhost else replace(place, view=View.HOST)
        case events.TABLE:
            return events.door(key)
    return Place.at(_DOORS[table], key) if table in _DOORS else None


def detail(
    view: FleetView, place: Place, table: Table, key: str | None, now: float
) -> Line | None:
    """Return what there is no room for in the row ``key`` of a list; ``None``: the list has none.

    Of a host beneath the list of several, why it is lost or what it is; of what is long all of it.
    """
    if whole := _WHOLE.get((place.view, table.key)):
        row = next((row for row in table.rows if row.key == key), None)
        return Line(tuple(whole(row)) if row else ())
    if place.view is not View.FLEET or len(view.contacts) < 2:
        return None
    there = door(table.key, key) if key is not None else None
    contact = find_contact(view, there.host) if there else None
    return contact_line(contact, now) if contact else Line(())


def _detail(view: FleetView, place: Place, now: float, desk: Desk) -> Page:
    contact = find_contact(view, place.host)
    if contact is None:
        return _gone(view, place)
    page = _seen(view, place, contact, now, desk)
    if place.view is View.RAW or contact.host is None or standing(contact, now).up:
        return page
    return replace(page, tables=tuple(map(_old, page.tables)))


def _old(table: Table) -> Table:
    """Return what a table tells as what was seen last, of a host that does not answer."""
    lasting = table.key in {host.ACTIONS, relief.TABLE, "samples", "lines"}
    return table if lasting else replace(table, rows=tuple(map(faded, table.rows)))


def _seen(view: FleetView, place: Place, contact: Contact, now: float, desk: Desk) -> Page:
    """Return the page of what a place is about."""
    seen = contact.host
    if seen is None:
        return host.page(view, contact, now, desk)
    found = find_subhost(seen, place.subhost) if place.subhost else None
    if place.view is View.TRACE and (found or not place.subhost):
        return trace.page(seen, place.subhost, place.item) or _gone(view, place)
    if place.subhost and found is None:
        return _gone(view, place)
    if place.view is View.RAW:
        return texts.raw(_title(place), raw_value(seen, found, place.item))
    if place.view in OF_LEVELS:
        chosen = find_level(seen, found, place.item)
        return _of_level(view, place, seen, chosen, now) if chosen else _gone(view, place)
    if found is None:
        return host.page(view, contact, now, desk)
    if place.view is View.LOG:
        return texts.log(_title(place), found.log)
    return subhost.page(view, seen, found, desk)


def _of_level(view: FleetView, place: Place, seen: Host, chosen: Level, now: float) -> Page:
    match place.view:
        case View.WRITERS:
            known = view.inquiries.get((place.host, place.subhost, place.item), Inquiry())
            trouble = known.trouble or ""
            return writers.page(known.report, seen, place.subhost, chosen, trouble)
        case View.RELIEF:
            return relief.page(view, seen, place.subhost, chosen, now)
        case _:
            return level.page(view, seen, place.subhost, chosen, now)


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

"""What is acted on: by where the cursor and the marks are, or by the names on a command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from console.actions import grow
from console.clean import Clean
from console.fleet import Contact, FleetView
from console.hostlist import expanded
from console.model import Level, Link, Subhost
from console.plan import Verb
from console.recabling import PHRASES, Change
from screens.doing import Chosen, Target
from screens.listing import Listing
from screens.page import Row
from screens.pages import door, find_contact, find_level, find_subhost
from screens.place import OF_LEVELS, Place, View
from screens.rows import host_of
from screens.wishes import SIGNALS, Asked, folders


def chosen(listing: Listing, place: Place) -> Chosen:
    """Return what the marked rows are about, else the cursor's row, else the view."""
    if place.view is View.TRACE and place.subhost:
        return Chosen((_at(place),))
    keys = listing.marks or {listing.cursor}
    found: dict[Target, bool] = {}
    for row in listing.table.rows:
        target = _about(listing.table.key, row) if row.key in keys else None
        if target is not None:
            found[target] = found.get(target, False) or row.key in listing.positions
    if not found and place.host:
        found[_at(place)] = True
    return Chosen(tuple(found), bool(listing.marks), [*found.values()].count(False))


def _about(table: str, row: Row) -> Target | None:
    if (place := door(table, row.key)) is not None:
        return _at(place)
    host = host_of(table, row)
    return Target(Clean(host), Clean("")) if host else None


def _at(place: Place) -> Target:
    level = place.item if place.view in OF_LEVELS else ""
    cable = place.item if place.view is View.TRACE and place.subhost else ""
    return Target(*map(Clean, (place.host, place.subhost, level, cable)))


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


def subhost_of(view: FleetView, target: Target) -> Subhost | None:
    """Return the subhost that is meant, or whose level is."""
    contact = find_contact(view, target.host)
    return find_subhost(contact.host, target.subhost) if contact and contact.host else None


def level_of(view: FleetView, target: Target) -> Level | None:
    """Return the level that is meant, as it is now."""
    contact = find_contact(view, target.host)
    if contact is None or contact.host is None or not target.level:
        return None
    return find_level(contact.host, subhost_of(view, target), target.level)


def offered(view: FleetView, asked: Asked, chosen: Chosen) -> tuple[str, ...]:
    """Return what may be typed after a verb that needs more than a target."""
    match asked.verb:
        case Verb.KILL:
            return SIGNALS
        case Verb.GROW:
            return _sizes(view, chosen.levels)
        case Verb.CABLE:
            return _plugs(view, asked, chosen.cables)
        case Verb.UNSHARE:
            found = (subhost_of(view, target) for target in chosen.subhosts)
            shares = (share for subhost in found if subhost for share in subhost.shares)
            return tuple(dict.fromkeys(map(folders, shares)))
        case _:
            return ()


def _sizes(view: FleetView, levels: Sequence[Target]) -> tuple[str, ...]:
    """Return sizes that are suggested for each of some levels."""
    suggested = [
        grow.suggestions(contact.host, each.subhost, each.level)
        for each in levels
        if (contact := find_contact(view, each.host)) and contact.host
    ]
    first, *others = suggested or [()]
    return tuple(size for size in first if all(size in each for each in others))


def _plugs(view: FleetView, asked: Asked, cables: Sequence[Target]) -> tuple[str, ...]:
    """Return what a change of cables may be about that all of their hosts have."""
    found = [
        [*_of_links(contact.host.links, asked.words)]
        for name in dict.fromkeys(each.host for each in cables)
        if (contact := find_contact(view, name)) and contact.host
    ]
    first, *others = found or [[]]
    return tuple(dict.fromkeys(word for word in first if all(word in each for each in others)))


def _of_links(links: Sequence[Link], words: Sequence[str]) -> Iterator[str]:
    for link in links:
        if link.netns is None and words == (Change.BRIDGE,) and link.kind == "bridge":
            yield link.name
        elif link.netns is None and words == (Change.NO_VLAN,) and link.vlan is not None:
            yield str(link.vlan)
    yield from () if words else PHRASES.values()

"""Views across the fleet: every subhost, every level, every cable and link, every image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from console.fleet import Contact, FleetView
from console.model import Host, Image, Link, Netns
from screens.page import Column, Page, Row, Table, Tone, Words
from screens.pages.contact import Standing, found_by, standing
from screens.pages.desk import Desk
from screens.pages.host import subhost_rows, subhost_table
from screens.pages.parts import (
    LEVEL_COLUMNS,
    UNKNOWN,
    belonging,
    day,
    faded,
    level_label,
    level_row,
    not_seen,
    size_word,
)
from screens.pages.subhost import cable_rows, cable_table
from screens.place import row_key

_LINK_COLUMNS = (
    Column("name", "LINK", 14),
    Column("netns", "NETNS", 10),
    Column("state", "STATE", 7),
    Column("kind", "KIND", 8, priority=2),
    Column("master", "PORT OF", 10),
    Column("peer", "PEER", 14, priority=1),
    Column("mac", "MAC", 17, priority=3),
    Column("rx", "RX", 6, priority=4, right=True),
    Column("tx", "TX", 6, priority=4, right=True),
    Column("addresses", "ADDRESSES", 18, grow=1),
)
_NETNS_COLUMNS = (
    Column("name", "NETNS", 14, grow=1, most=24),
    Column("processes", "PROCS", 5, right=True),
    Column("inode", "INODE", 12, right=True),
    Column("owner", "OWNER", 28, grow=1),
)
_IMAGE_COLUMNS = (
    Column("name", "IMAGE", 16, grow=1, most=40),
    Column("version", "VERSION", 10),
    Column("format", "FORMAT", 9),
    Column("built", "BUILT", 10, priority=1),
    Column("mount", "MOUNT", 20, grow=1, most=40, path=True),
    Column("source", "SOURCE", 24, grow=2, priority=2, path=True),
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


def cables(sweep: Sweep) -> Page:
    """Return cables of subhosts, network namespaces and every link."""
    cables = sweep.rows("cables", lambda host: cable_rows(host, host.subhosts, with_owner=True))
    netns = sweep.rows("netns", lambda host: (_netns(host, each) for each in host.netns))
    links = sweep.rows("links", lambda host: (_link(host, each) for each in host.links))
    return Page(
        "cables",
        (),
        (
            cable_table(cables, with_owner=True),
            Table("netns", "Network namespaces", _NETNS_COLUMNS, tuple(netns), "none is named"),
            Table("links", "Links", _LINK_COLUMNS, tuple(links), "no link could be seen"),
        ),
    )


def _netns(host: Host, netns: Netns) -> Row:
    owner = Words(netns.owner) if netns.owner else Words("none: residue or foreign", Tone.WATCH)
    return Row(
        row_key(host.name, "", netns.name),
        (
            Words(netns.name),
            UNKNOWN if netns.processes is None else Words(str(netns.processes)),
            UNKNOWN if netns.inode is None else Words(str(netns.inode), Tone.DIM),
            owner,
        ),
        {"host": host.name},
    )


def _link(host: Host, link: Link) -> Row:
    state, tone = ("up", Tone.GOOD) if link.carrier else ("no link", Tone.WATCH)
    if not link.up:
        state, tone = "down", Tone.DIM
    peer = "" if link.peer_index is None else _peer(host, link)
    return Row(
        row_key(host.name, link.netns or "", link.name),
        (
            Words(link.name),
            Words(link.netns or "-"),
            Words(state, tone),
            Words(link.kind or "-", Tone.DIM),
            Words(link.master or "-"),
            Words(peer or "-"),
            Words(link.mac or "-", Tone.DIM),
            size_word(link.rx_bytes, Tone.DIM),
            size_word(link.tx_bytes, Tone.DIM),
            Words(" ".join(link.addresses)),
        ),
        {"host": host.name, "netns": link.netns or ""},
    )


def _peer(host: Host, link: Link) -> str:
    """Return the peer as ``mta:eth0``, as far as it is known."""
    place: str | None = link.peer_netns
    if place is None and link.peer_nsid is None:
        place = link.netns or ""
    if place is None:
        return f"nsid {link.peer_nsid}: {link.peer_index}"
    name = next(
        (
            each.name
            for each in host.links
            if each.index == link.peer_index and (each.netns or "") == place
        ),
        str(link.peer_index),
    )
    return f"{place}:{name}" if place else name


def images(sweep: Sweep) -> Page:
    """Return every image mounted or attached on every host."""
    rows = sweep.rows("images", lambda host: (_image(host, each) for each in host.images))
    empty = "no image is mounted or attached to a loop device"
    return Page("images", (), (Table("images", "Images", _IMAGE_COLUMNS, tuple(rows), empty),))


def _image(host: Host, image: Image) -> Row:
    return Row(
        row_key(host.name, "", image.mount or image.device or image.name or ""),
        (
            Words(image.name or "-"),
            Words(image.version or "-"),
            Words(image.format or "-", Tone.DIM),
            Words("-" if image.built is None else day(image.built), Tone.DIM, image.built),
            Words(image.mount or image.device or "-"),
            Words(image.source or "-", Tone.DIM),
        ),
        {"host": host.name},
    )

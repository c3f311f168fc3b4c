"""Links, addresses and network namespaces, asked of the kernel through pyroute2.

Importing this module imports pyroute2, which takes longer than everything else the first look at
a host does: do it in a thread, once the rest is on the screen.
``Namespaces(Path("/run/netns")).look()`` enters one namespace after the other with the calling
thread alone (setns(2) works on a thread) and comes back, so it belongs in a lane of its own.
No socket outlives the look: an open one would keep a deleted namespace, and its cables, alive.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink import nlmsg
from pyroute2.netlink.exceptions import NetlinkError

from backends.cabling import Cabling
from backends.run import Run
from console.clean import Clean, clean
from console.errors import Problem
from console.model import Gap, Link, Netns, Routing
from console.parse import dnat
from console.parse.links import port_state
from console.parse.routes import routes

HOST = Clean("")
"""What ``Link.peer_netns`` calls the host's own namespace."""
_NS_GET_NSTYPE = 0xB703
_CLONE_NEWNET = 0x40000000
_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000
_NO_ID = 0xFFFFFFFF
_LOST = ("rx_errors", "rx_dropped", "tx_errors", "tx_dropped")
_ROUTES = "/proc/thread-self/net/route"
_PATIENCE = 0.4
"""Seconds the rules of a host that routes may take to be told."""
_FORWARDS = "/proc/sys/net/ipv4/ip_forward"
_TABLE = 64 * 1024
"""Bytes read of a table of routes at most."""
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """One network namespace that is open."""

    name: Clean | None
    descriptor: int
    inode: int


class _Doors:
    """Opens namespaces, and keeps what could not be opened as gaps."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.denied: list[Clean] = []
        self._open: list[int] = []

    def place(self, path: str, name: Clean | None) -> _Place | None:
        """Return the namespace behind a file, ``None`` (and a gap) if it is none."""
        try:
            return self.opened(path, name)
        except OSError as error:
            self.missed(name or clean(path), error)
            return None

    def opened(self, path: str, name: Clean | None) -> _Place:
        """Return the namespace behind a file. Raises ``OSError``."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._open.append(descriptor)
        if fcntl.ioctl(descriptor, _NS_GET_NSTYPE) != _CLONE_NEWNET:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
        return _Place(name, descriptor, os.fstat(descriptor).st_ino)

    def missed(self, name: Clean, error: OSError) -> None:
        """Tell of a namespace that could not be looked into."""
        if error.errno in {errno.EPERM, errno.EACCES}:
            self.denied.append(name)
        elif error.errno == errno.ENOTTY:
            remedy = clean(f"ip netns delete {name}, if nothing uses that name")
            reason = clean("a plain file, not a network namespace")
            self.gaps.append(Gap(clean(f"netns {name}"), reason, remedy, Problem.MISSING))
        elif error.errno not in {errno.ENOENT, errno.ESRCH}:
            self.gaps.append(Gap(clean(f"netns {name}"), clean(str(error)), problem=Problem.LOST))

    def all_gaps(self) -> tuple[Gap, ...]:
        """Return the gaps, one for everything that was not permitted."""
        if not self.denied:
            return tuple(self.gaps)
        reason = clean("not permitted to look into " + ", ".join(self.denied))
        remedy = clean("run as root") if os.geteuid() != 0 else None
        denied = Gap(clean("netns"), reason, remedy, Problem.DENIED)
        return (*self.gaps, denied)

    def close(self) -> None:
        """Close every namespace."""
        for descriptor in self._open:
            os.close(descriptor)


class Namespaces:
    """The network namespaces of this host: its own, named ones, and those of given processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, pids: Mapping[int, int] | None = None) -> Cabling:
        """Return links and names; ``pids`` maps inodes of namespaces to a process inside.

        A namespace without a name is called ``pid:N``. Raises ``OSError`` when not even the host's
        own links can be had.
        """
        doors = _Doors()
        try:
            home = doors.opened("/proc/self/ns/net", None)
            named = [place for place in self._named(doors) if place is not None]
            inodes = {home.inode, *(place.inode for place in named)}
            unnamed = [
                doors.place(f"/proc/{pid}/ns/net", clean(f"pid:{pid}"))
                for inode, pid in (pids or {}).items()
                if inode not in inodes
            ]
            away = [*named, *(place for place in unnamed if place is not None)]
            links, ids = _inside(home, home, away)
            for place in away:
                links += _inside_or_gap(home, place, away, doors)
            netns = tuple(
                Netns(place.name, place.inode, ids.get(place.inode))
                for place in named
                if place.name is not None
            )
            return Cabling(tuple(links), netns, doors.all_gaps(), _routing())
        finally:
            doors.close()

    def _named(self, doors: _Doors) -> Iterator[_Place | None]:
        try:
            with os.scandir(self._folder) as entries:
                names = sorted(entry.name for entry in entries)
        except FileNotFoundError:
            return
        except OSError as error:
            doors.missed(clean(str(self._folder)), error)
            return
        for name in names:
            yield doors.place(f"{self._folder}/{name}", clean(name))


def _inside_or_gap(
    home: _Place, place: _Place, all_away: Sequence[_Place], doors: _Doors
) -> list[Link]:
    try:
        return _inside(home, place, all_away)[0]
    except OSError as error:
        doors.missed(place.name or HOST, error)
        return []


def _inside(
    home: _Place, place: _Place, away: Sequence[_Place]
) -> tuple[list[Link], Mapping[int, int]]:
    """Return the links of a namespace, and ids by inode of the others as it numbers them."""
    try:
        with _entered(home, place), IPRoute() as rtnl:
            links = _links(rtnl, place.name)
            wanted = {link.peer_nsid for link in links} - {None}
            # The host numbers everybody; the others are asked about their peers only.
            everybody = home is place
            ids: dict[int, int] = {}
            for other in (home, *away) if wanted or everybody else ():
                if everybody or not wanted <= set(ids.values()):
                    ids |= _id(rtnl, other)
    except NetlinkError as error:
        raise OSError(error.code, os.strerror(error.code)) from error
    names = {ids[each.inode]: each.name or HOST for each in (home, *away) if each.inode in ids}
    named = [
        replace(link, peer_netns=names.get(link.peer_nsid)) if link.peer_nsid is not None else link
        for link in links
    ]
    return named, ids


def _links(rtnl: IPRoute, netns: Clean | None) -> list[Link]:
    told = list(rtnl.get_links())
    names = {each["index"]: clean(each.get("ifname") or b"") for each in told}
    addresses: dict[int, list[Clean]] = {}
    for each in rtnl.get_addr():
        # On a point-to-point link IFA_ADDRESS is the other end.
        address = each.get("local") or each.get("address")
        if address:
            shown = clean(f"{address}/{each['prefixlen']}")
            addresses.setdefault(each["index"], []).append(shown)
    links = [_link(each, netns, names, addresses.get(each["index"], ())) for each in told]
    return _routed(links)


def _routed(links: Sequence[Link]) -> list[Link]:
    """Return links of the namespace the thread is in with the routes over them."""
    try:
        known = routes(_begin(_ROUTES))
    except OSError:  # no IPv4 there
        return [*links]
    return [replace(link, routes=known.get(link.name, ())) for link in links]


def _begin(path: str) -> bytes:
    """Return the first ``_TABLE`` bytes of a file of ``/proc``, which tells a page at a time."""
    with Path(path).open("rb") as file:
        return file.read(_TABLE)


def _routing() -> Routing:
    """Return whether this host routes, and where it sends what is for others if it does."""
    try:
        forwards = _begin(_FORWARDS).strip() == b"1"
        asked = Run(["/bin/sh"], dnat.ASK).end(_PATIENCE) if forwards else None
    except OSError:
        return Routing(forwards=None)
    return Routing(forwards, dnat.translated(asked.said) if asked else None)


def _link(
    told: nlmsg, netns: Clean | None, names: Mapping[int, Clean], addresses: Iterable[Clean]
) -> Link:
    detail = told.get("linkinfo")
    kind = detail.get("kind") if detail else None
    data = detail.get("data") if kind == "vlan" else None
    stats = told.get("stats64") or {}
    port = detail.get("slave_data") if detail and detail.get("slave_kind") == "bridge" else None
    mac = told.get("address")
    return Link(
        netns=netns,
        index=told["index"],
        name=names[told["index"]],
        kind=clean(kind) if kind else None,
        mac=clean(mac) if mac else None,
        up=bool(told["flags"] & _IFF_UP),
        carrier=bool(told["flags"] & _IFF_LOWER_UP),
        mtu=told.get("mtu") or 0,
        master=names.get(told.get("master") or 0),
        peer_index=told.get("link") or None,
        peer_nsid=told.get("link_netnsid"),
        vlan=data.get("vlan_id") if data else None,
        addresses=tuple(addresses),
        rx_bytes=stats.get("rx_bytes", 0),
        tx_bytes=stats.get("tx_bytes", 0),
        rx_packets=stats.get("rx_packets", 0),
        tx_packets=stats.get("tx_packets", 0),
        dropped=sum(stats.get(each, 0) for each in _LOST),
        port_state=port_state(port.get("state", -1)) if port else None,
    )


def _id(rtnl: IPRoute, place: _Place) -> dict[int, int]:
    """Return the id of a namespace by its inode; empty when it has none here."""
    number = rtnl.get_netnsid(fd=place.descriptor)["nsid"]
    return {} if number == _NO_ID else {place.inode: number}


@contextmanager
def _entered(home: _Place, place: _Place) -> Iterator[None]:
    """Be in another namespace with this thread. Raises ``OSError`` when that is not permitted."""
    if place is home:
        yield
        return
    _enter(place)
    try:
        yield
    finally:
        _enter(home)


def _enter(place: _Place) -> None:
    if _libc.setns(place.descriptor, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))

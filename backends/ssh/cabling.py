"""Links and network namespaces of another host, by iproute2's JSON where it speaks that.

``await Networks().look(shell, pids, seconds)`` gives the host's own links, those in every named
namespace and in those of given processes. Without iproute2 (busybox has an ``ip`` of its own, with
no JSON and no namespaces) it is what ``/sys`` tells of the host's own links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from backends.cabling import Cabling
from backends.digest import digest
from backends.gaps import cut_off
from backends.ssh.shell import Answerer
from backends.sysfs import LINK_FILES
from console.clean import Clean, clean
from console.errors import Problem, Unparsable
from console.memo import Kept
from console.model import Gap, Link, Netns, Routing
from console.parse.decimal import decimal
from console.parse.dnat import ASK, translated
from console.parse.links import links, netns, sysfs
from console.parse.probe_frames import Section
from console.parse.routes import LINES, routes, tables
from console.quoting import word
from console.renewed import renewing

MOST = 256
"""Namespaces that are looked into at most."""
_FOLDER = b"/run/netns"
_SHOW = b"-j -d -s addr show"
_NAMES = b"tell names ls -ldni %s/*" % _FOLDER
_NAMED = b"! some %s/* ||" % _FOLDER
_ROUTES = b"tell routes grep -s -m %d ''%%s /proc/net/route /proc/sys/net/ipv4/ip_forward;" % LINES
_DNAT = b"tell dnat sh -c %s" % word(ASK.replace(b"\n", b" "))
_IN_JSON = b"tell host ip %s; %s { tell ids ip -j netns list; %s; }" % (_SHOW, _NAMED, _NAMES)
_FILES = b" ".join(b"/sys/class/net/*/" + name.encode() for name in LINK_FILES)
_IN_FILES = b"lines sys %s; %s %s" % (_FILES, _NAMED, _NAMES)
_INSTALL = "install iproute2 there"
_NONE = Section(b"", 127)
_Tables = Mapping[int, Mapping[Clean, tuple[Clean, ...]]]
_with_links = renewing(Cabling, "links")
_with_routes = renewing(Link, "routes")


class Networks:
    """Asks for links; learns once whether the host's ``ip`` speaks JSON."""

    def __init__(self) -> None:
        self._speaks: bool | None = None
        self._tables: Kept[tuple[_Tables, bool | None]] = Kept()

    async def look(self, shell: Answerer, pids: Mapping[int, int], seconds: float) -> Cabling:
        """Return the cabling; ``pids`` maps inodes of namespaces to a process inside.

        Raises ``Unreachable``.
        """
        sections = await self._said(shell, pids.values(), seconds)
        named = _inodes(sections.get(b"names", _NONE).data)
        text = sections.get(b"routes", _NONE).data
        told, forwards = self._tables.of((digest(text),), lambda: _read(text))
        routing = Routing(forwards, await _translated(shell, seconds) if forwards else None)
        if not self._speaks:
            return _routed(replace(_plain(sections, named, pids), routing=routing), told, {})
        try:
            found = list(links(sections[b"host"].data))
            spaces = _numbered(named, sections)
        except Unparsable as error:
            return Cabling(gaps=(cut_off("links", error),))
        inside, gaps = await _inside(shell, _doors(named, pids), seconds)
        seen = Cabling((*found, *inside), spaces, gaps, routing)
        return _routed(seen, told, _first_processes(named, pids))

    async def _said(
        self, shell: Answerer, pids: Iterable[int], seconds: float
    ) -> Mapping[bytes, Section]:
        routes = _ROUTES % b"".join(b" /proc/%d/net/route" % pid for pid in pids)
        if self._speaks is not False:
            said = (await shell.ask(routes + _IN_JSON, seconds, unsaid=b"links")).sections
            if self._speaks is None:
                self._speaks = said[b"host"].data.lstrip()[:1] == b"["
            if self._speaks:
                return said
        return (await shell.ask(routes + _IN_FILES, seconds, unsaid=b"links")).sections


def _first_processes(
    named: Mapping[Clean, tuple[bytes, int]], pids: Mapping[int, int]
) -> dict[Clean, int]:
    """Return a process inside of each namespace that has one we know of."""
    found = {clean(f"pid:{pid}"): pid for pid in pids.values()}
    return found | {name: pids[inode] for name, (_, inode) in named.items() if inode in pids}


async def _translated(shell: Answerer, seconds: float) -> tuple[Clean, ...] | None:
    """Return where a host that routes sends packets that are for others."""
    sections = (await shell.ask(_DNAT, seconds, unsaid=b"dnat")).sections
    return translated(sections.get(b"dnat", _NONE).data)


def _read(text: bytes) -> tuple[_Tables, bool | None]:
    """Return the routes of each namespace by a process inside, and whether the host forwards."""
    told, forwards = tables(text)
    return {pid: routes(table) for pid, table in told.items()}, forwards


def _routed(seen: Cabling, known: _Tables, processes: Mapping[Clean, int]) -> Cabling:
    """Return links with their routes, where those of their namespace were told."""

    def routed(link: Link) -> Link:
        pid = 0 if link.netns is None else processes.get(link.netns)
        table = None if pid is None else known.get(pid)
        return link if table is None else _with_routes(link, table.get(link.name, ()))

    return _with_links(seen, tuple(map(routed, seen.links)))


def _inodes(listing: bytes) -> dict[Clean, tuple[bytes, int]]:
    """Return raw name and inode of what ``ls -ldni`` listed below ``/run/netns``."""
    found = {}
    for line in listing.splitlines():
        inode, _, rest = line.strip().partition(b" ")
        name = rest.rpartition(_FOLDER + b"/")[2]
        number = decimal(inode)
        if number is not None and name and _FOLDER in rest:
            found[clean(name)] = name, number
    return found


def _numbered(
    named: Mapping[Clean, tuple[bytes, int]], sections: Mapping[bytes, Section]
) -> tuple[Netns, ...]:
    """Return the named namespaces with the host's number for each. Raises ``Unparsable``."""
    ids = {each.name: each.nsid for each in netns(sections[b"ids"].data)} if named else {}
    return tuple(Netns(name, inode, ids.get(name)) for name, (_, inode) in sorted(named.items()))


def _doors(
    named: Mapping[Clean, tuple[bytes, int]], pids: Mapping[int, int]
) -> list[tuple[Clean, bytes]]:
    """Return name and command of every namespace to be looked into."""
    known = {inode for _, inode in named.values()}
    found = [(name, b"ip -n %s %s" % (word(raw), _SHOW)) for name, (raw, _) in named.items()]
    found += [
        (clean(f"pid:{pid}"), b"nsenter -t %d -n ip %s" % (pid, _SHOW))
        for inode, pid in pids.items()
        if inode not in known
    ]
    return found[:MOST]


async def _inside(
    shell: Answerer, doors: Sequence[tuple[Clean, bytes]], seconds: float
) -> tuple[tuple[Link, ...], tuple[Gap, ...]]:
    if not doors:
        return (), ()
    request = b"; ".join(b"run n%d %s" % (at, command) for at, (_, command) in enumerate(doors))
    sections = (await shell.ask(request, seconds)).sections
    found: list[Link] = []
    gaps: list[Gap] = []
    for at, (name, _) in enumerate(doors):
        section = sections.get(b"n%d" % at, _NONE)
        try:
            if section.status:
                gaps += _closed(name, shell.complaint)
            else:
                found += links(section.data, name)
        except Unparsable as error:
            gaps.append(cut_off(f"netns {name}", error))
    return tuple(found), tuple(gaps)


def _closed(name: Clean, complaint: str) -> tuple[Gap, ...]:
    """Return why a namespace could not be looked into; nothing, if it is just gone."""
    if complaint.endswith(("No such file or directory", "No such process")):
        return ()
    reason = clean(complaint or "cannot be looked into")
    return (Gap(clean(f"netns {name}"), reason, problem=Problem.DENIED),)


def _plain(
    sections: Mapping[bytes, Section],
    named: Mapping[Clean, tuple[bytes, int]],
    pids: Mapping[int, int],
) -> Cabling:
    spaces = tuple(Netns(name, inode) for name, (_, inode) in sorted(named.items()))
    blind = [
        *named,
        *(
            f"pid:{pid}"
            for inode, pid in pids.items()
            if inode not in {inode for _, inode in named.values()}
        ),
    ]
    gaps: tuple[Gap, ...] = ()
    if blind:
        reason = clean("its ip speaks no JSON: not seen inside " + ", ".join(blind))
        gaps = (Gap(clean("netns"), reason, clean(_INSTALL), Problem.MISSING),)
    try:
        return Cabling(sysfs(sections.get(b"sys", _NONE).data), spaces, gaps)
    except Unparsable as error:
        return Cabling((), spaces, (*gaps, cut_off("links", error)))

"""Blast radius: what else is hit when a subhost ends or its layers change, or a host reboots.

``ending(host, guest, survey)`` gives a line each: our own way there, who is in it, who stands on
it or shares with it, and what is in memory alone. ``severed`` tells whether a change of links may
cut us off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.beneath import RAM
from console.cables.wiring import Wiring
from console.cables.wiring import place as place_of
from console.cabling import HOST
from console.clean import Clean, clean
from console.inventory import LOCAL
from console.listed import listed
from console.model import Host, Kind, Level, Running, Subhost
from console.parse.amount import shown as amount
from console.plan import Tier
from console.survey import Losses, Survey

_UP = frozenset({Running.RUNNING, Running.STARTING})
_SHOWN = 5
_OWN = ("/dev", "/run", "/proc", "/sys", "/tmp")  # noqa: S108 nothing is put there
"""Where all is made anew by every boot, and nobody expects it to last."""
_MOST = 8
"""Stores at most that are looked through for what a reboot loses."""


def ending(host: Host, guest: Subhost, survey: Survey) -> tuple[Clean, ...]:
    """Return what the end of a subhost touches besides it, a line each."""
    return (
        *_way(host, guest, survey),
        *sessions(survey),
        *_users(host, guest),
        *_neighbours(host, guest),
        *_shared(host, guest),
        *_in_its_memory(host, guest),
    )


def tier(host: Host, guest: Subhost, survey: Survey) -> Tier:
    """Return how the end of a subhost is confirmed: more than any other where it cuts us off."""
    return Tier.LOSES if _through(host, guest, survey) else Tier.INTERRUPTS


def beside(host: Host, guest: Subhost, lower: Clean) -> tuple[Clean, ...]:
    """Return who shares what a subhost stands on, or is to stand on, a line each."""
    own = guest.overlay.lower if guest.overlay else ()
    others = [each for each in _others(host, guest) if each.overlay]
    told = []
    for place in dict.fromkeys((*own, lower)):
        names = [each.name for each in others if each.overlay and place in each.overlay.lower]
        if names:
            told.append(clean(f"{place} is beneath {_listed(names)} too: nothing changes there"))
    store = _upper_store(guest)
    names = [each.name for each in others if store is not None and _upper_store(each) == store]
    if names:
        told.append(clean(f"{_listed(names)} keep their files on {store} too, which it may fill"))
    return tuple(told)


def rebooting(host: Host, survey: Survey) -> tuple[Clean, ...]:
    """Return what ends, and what is lost, when a host boots anew, a line each."""
    running = [each for each in host.subhosts if each.state in _UP]
    again = [each.name for each in running if each.autostart]
    gone = [each.name for each in running if not each.autostart]
    lines = []
    if again:
        lines.append(f"{_listed(again)} end with it, and are started again at boot")
    if gone:
        lines.append(f"{_listed(gone)} end with it, and are not started by themselves")
    if survey.way is not None:
        lines.append(f"our own way to this host, by {survey.way[0]}, is cut until it is back")
    told = (*map(_line, lines), *sessions(survey))
    return (*told, *_in_memory(host), *_losses(survey.losses))


def sessions(survey: Survey) -> Iterator[Clean]:
    """Yield who is in a subhost, a line each."""
    for session in survey.sessions:
        yield clean(f"in use at {session}")


def severed(host: Host, survey: Survey, links: frozenset[Clean]) -> str | None:
    """Return what our own way to a host goes by that a change of these links may cut.

    ``None``: it does not touch it, or there is no such way.
    """
    if survey.way is None:
        return None if host.name == LOCAL else "links that are not known"
    device = survey.way[0]
    return device if links & _beneath(Wiring(host), device) else None


def leaving(host: Host, guest: Subhost, bridge: Clean) -> tuple[Clean, ...]:
    """Return who no more reaches a subhost when it leaves a bridge, a line each."""
    names = _plugged(host, guest, bridge)
    return (_line(f"{_listed(names)} will not reach it any more through {bridge}"),) * bool(names)


def joining(host: Host, guest: Subhost, bridge: Clean) -> tuple[Clean, ...]:
    """Return whom a subhost reaches, and who reaches it, when it joins a bridge, a line each."""
    names = _plugged(host, guest, bridge)
    return (_line(f"it and {_listed(names)} will reach each other through {bridge}"),) * bool(
        names
    )


def volatile(host: Host) -> tuple[Clean, ...]:
    """Return the folders to be looked through for what a reboot loses, the host's own first."""
    levels = {level.id: level for level in host.levels}
    own = [
        level.mount
        for level in host.levels
        if level.mount and level.kind in {Kind.OVERLAY, Kind.TMPFS}
        if _lasts_not(level, levels) and not _is_own(level.mount)
    ]
    uppers = [
        each.overlay.upper
        for each in host.subhosts
        if each.overlay and each.overlay.upper and _root_in_memory(each, levels)
    ]
    return tuple(dict.fromkeys(Clean(path) for path in (*own, *uppers)))[:_MOST]


def _line(text: str) -> Clean:
    return clean(text, 1000)


def _listed(names: Iterable[str]) -> str:
    return listed(list(dict.fromkeys(names)), _SHOWN)


def _way(host: Host, guest: Subhost, survey: Survey) -> Iterator[Clean]:
    through = _through(host, guest, survey)
    if through is not None:
        yield Clean(f"our own way to this host goes through {through}")
    elif survey.way and any(cable.bridge == survey.way[0] for cable in guest.cables):
        bridge = survey.way[0]
        yield Clean(f"our own way to this host uses the bridge {bridge}, which it is a port of")


def _through(host: Host, guest: Subhost, survey: Survey) -> str | None:
    """Return by what of a subhost we come in; ``None``: by nothing of it."""
    if survey.way is None:
        return None
    device, gateway = survey.way
    inner = [link for link in host.links if link.netns == guest.name]
    if gateway in {each.partition("/")[0] for link in inner for each in link.addresses}:
        return f"{guest.name} ({gateway})"
    known = any(cable.outer == device for cable in guest.cables)
    return f"its cable {device}" if known else None


def _users(host: Host, guest: Subhost) -> Iterator[Clean]:
    """Those whose layers or shares lie in this one's own files."""
    if guest.overlay is None:
        return
    own = [path for path in (guest.overlay.live, guest.overlay.upper) if path]
    for other in _others(host, guest):
        layers = (*other.overlay.lower, other.overlay.upper) if other.overlay else ()
        for path in filter(None, (*layers, *(folder for folder, _ in other.shares))):
            if any(path == each or path.startswith(f"{each}/") for each in own):
                yield clean(f"{other.name} uses its {path}")


def _neighbours(host: Host, guest: Subhost) -> Iterator[Clean]:
    for bridge in dict.fromkeys(cable.bridge for cable in guest.cables if cable.bridge):
        yield from leaving(host, guest, bridge)
    yield from _vlans(host, guest)


def _plugged(host: Host, guest: Subhost, bridge: Clean) -> list[Clean]:
    """Return the others that have a cable in a bridge."""
    return [
        other.name
        for other in _others(host, guest)
        if any(cable.bridge == bridge for cable in other.cables)
    ]


def _beneath(wiring: Wiring, device: Clean) -> set[Clean]:
    """Return a link of the host and all of its links that what it carries comes over."""
    found: set[Clean] = set()
    todo = [device]
    while todo:
        link = wiring.at(HOST, todo.pop())
        if link is None or link.name in found:
            continue
        found.add(link.name)
        todo += [port.name for port in wiring.ports(link)]
        for other in (wiring.parent(link), wiring.peer(link)):
            if other is not None and place_of(other) == HOST:
                todo += filter(None, (other.name, other.master))
    return found


def _vlans(host: Host, guest: Subhost) -> Iterator[Clean]:
    outer = {cable.outer for cable in guest.cables}
    own = [link for link in host.links if link.netns is None]
    ends = {link.index: link.name for link in own if link.name in outer}
    for link in own:
        if link.vlan is not None and link.peer_index in ends and link.name not in outer:
            below = ends[link.peer_index]
            yield clean(f"the VLAN {link.name} is made of its cable {below}, and goes with it")


def _shared(host: Host, guest: Subhost) -> Iterator[Clean]:
    """Those that work on the same folders of the host."""
    for folder in dict.fromkeys(folder for folder, _ in guest.shares):
        names = [
            other.name
            for other in _others(host, guest)
            if any(folder == each for each, _ in other.shares)
        ]
        if names:
            yield clean(f"{_listed(names)} share {folder} with it, and go on without it")


def _in_its_memory(host: Host, guest: Subhost) -> Iterator[Clean]:
    """Stores that every start makes anew."""
    for level in guest.levels:
        if level.kind is Kind.TMPFS and level.used and level.mount != "/dev":
            yield clean(f"what its {level.mount} holds in memory is lost: {amount(level.used)}")


def _in_memory(host: Host) -> Iterator[Clean]:
    levels = {level.id: level for level in host.levels}
    for level in host.levels:
        if level.kind not in {Kind.OVERLAY, Kind.TMPFS, Kind.DM_SNAPSHOT} or not level.used:
            continue
        if _lasts_not(level, levels) and not (level.mount and _is_own(level.mount)):
            name = level.mount or level.id
            yield clean(f"what {name} holds in memory alone is lost: {amount(level.used)}")
    names = [each.name for each in host.subhosts if _root_in_memory(each, levels)]
    if names:
        yield clean(f"{_listed(names)} keep their files in memory alone: those are lost")


def _losses(losses: Losses | None) -> Iterator[Clean]:
    if losses is None or not losses.files:
        return
    shown = ", ".join(f"{path} ({amount(size)})" for path, size in losses.files[:_SHOWN])
    some = "" if losses.complete else " as far as was looked"
    yield _line(f"newer than the boot, the largest{some}: {shown}")


def _lasts_not(level: Level, levels: dict[Clean, Level]) -> bool:
    """Whether a store ends in memory, whatever it lies on before."""
    seen = set[Clean]()
    on = level.on
    while on is not None and on not in seen:
        if on == RAM:
            return True
        seen.add(on)
        on = levels[on].on if on in levels else None
    return False


def _upper_store(guest: Subhost) -> Clean | None:
    """Return the level of the host that the upper layer lies on."""
    root = next(iter(guest.levels), None)
    return root.on if root is not None and root.kind is Kind.OVERLAY else None


def _root_in_memory(guest: Subhost, levels: dict[Clean, Level]) -> bool:
    root = next(iter(guest.levels), None)
    return root is not None and root.kind is Kind.OVERLAY and _lasts_not(root, levels)


def _is_own(mount: str) -> bool:
    return any(mount == each or mount.startswith(f"{each}/") for each in _OWN)


def _others(host: Host, guest: Subhost) -> Iterator[Subhost]:
    for other in host.subhosts:
        if other is not guest and other.state in _UP:
            yield other

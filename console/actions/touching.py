"""What ending a subhost touches besides it."""

from __future__ import annotations

from collections.abc import Iterator

from console.clean import Clean, clean
from console.model import Host, Running, Subhost
from console.survey import Survey

_UP = frozenset({Running.RUNNING, Running.STARTING})


def consequences(host: Host, guest: Subhost, survey: Survey) -> tuple[Clean, ...]:
    """Return who is in it, who depends on it, and whether our own way there does, a line each."""
    told = (*_way(host, guest, survey), *_sessions(survey), *_users(host, guest))
    return (*told, *_neighbours(host, guest))


def _way(host: Host, guest: Subhost, survey: Survey) -> Iterator[Clean]:
    if survey.way is None:
        return
    device, gateway = survey.way
    inner = [link for link in host.links if link.netns == guest.name]
    addresses = {each.partition("/")[0] for link in inner for each in link.addresses}
    if gateway in addresses:
        yield Clean(f"our own way to this host goes through {guest.name} ({gateway})")
    elif any(cable.outer == device for cable in guest.cables):
        yield Clean(f"our own way to this host goes through its cable {device}")
    elif any(cable.bridge == device for cable in guest.cables):
        yield Clean(f"our own way to this host uses the bridge {device}, which it is a port of")


def _sessions(survey: Survey) -> Iterator[Clean]:
    for session in survey.sessions:
        yield clean(f"in use at {session}")


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
        names = [
            other.name
            for other in _others(host, guest)
            if any(cable.bridge == bridge for cable in other.cables)
        ]
        if names:
            yield clean(f"{', '.join(names)} will not reach it any more through {bridge}")


def _others(host: Host, guest: Subhost) -> Iterator[Subhost]:
    for other in host.subhosts:
        if other is not guest and other.state in _UP:
            yield other

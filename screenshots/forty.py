"""A made-up fleet of forty hosts for pictures and screen tests, some of them lost, some full.

Like ``screenshots.world`` put through the real parsers, ``derive``, contacts and events; the same
scripted time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from console.clean import Clean
from console.contact import Contact, failing
from console.derive import derive
from console.errors import ConsoleError, Denied, Problem, Unreachable, UntrustedKey
from console.events import Event, Events, Word, happened
from console.fleet import FleetView
from console.model import Host
from console.trends import Trends
from screenshots.shapes import CI, KIOSK, PXE, WEB, Shape, Share, disk, edge
from screenshots.world import START, STEP, judge

_EVERY = 15
"""Steps between two looks: enough for a sparkline."""


@dataclass(frozen=True, slots=True)
class Made:
    """Some hosts of one kind."""

    kind: str
    shape: Shape
    shares: tuple[Share, ...]
    """Of each of them, how full it is at the end."""
    tags: tuple[str, ...]
    protected: bool = False


FLEET = (
    Made(
        "edge", edge, (0.34, 0.41, 1.1, 0.38, 0.89, 0.47, 0.36, 0.52, 0.33, 0.40), ("edge", "prod")
    ),
    Made("web", WEB, (0.31, 1.0, 0.44, 0.27, 0.39, 0.88, 0.35, 0.30, 0.41, 0.28), ("web", "prod")),
    Made("db", disk, (0.46, 0.74, 0.51, 0.49), ("db", "prod"), protected=True),
    Made("kiosk", KIOSK, (0.22, 0.25, 0.19, 0.31, 0.77, 0.24, 0.21, 0.26), ("shop",)),
    Made("ci", CI, (0.63, 0.58, 0.72, 0.55), ("lab",)),
    Made("pxe", PXE, (0.12, 0.15, 0.11, 0.14), ("lab",)),
)
TIMEOUT = Unreachable(
    "no answer from 192.0.2.47 port 22 in 10 s",
    "is it up, and does a firewall on the way let this host through?",
    Problem.TIMEOUT,
)
REFUSED = Unreachable(
    "192.0.2.69 port 22 refuses", "does sshd run there, on another port?", Problem.REFUSED
)
LINK = Unreachable("the link was lost: no frame for 6 s", "", Problem.LOST)
AUTH = Denied(
    "root@192.0.2.83: permission denied (publickey)",
    "its authorized_keys lacks each of the 2 keys of the agent",
    Problem.AUTH,
)
_PRINT = "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
_OTHER = "SHA256:br9IjFspm1vxR3iA35FWE+4VTyz1hYVLIJ6t1bJ8Nqw"
_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIGR4bm2LkRzPQ1dWl0xjMkFzY5sUQ8tQx0i1vWm2c3Zk"
_FILE = "/home/ops/.ssh/known_hosts"
UNKNOWN = UntrustedKey(
    f"unknown host key ssh-ed25519 {_PRINT}",
    f"compare the fingerprint, then accept it: {_FILE} gets it",
    Problem.UNKNOWN_KEY,
    fingerprint=_PRINT,
    line=f"192.0.2.79 ssh-ed25519 {_KEY}",
    file=_FILE,
)
CHANGED = UntrustedKey(
    f"changed host key ssh-ed25519 {_OTHER}",
    f"{_FILE}:31 has ssh-ed25519 {_PRINT}: somebody may be in between. "
    f"If it was meant to change: ssh-keygen -R '192.0.2.77' -f {_FILE}",
    Problem.CHANGED_KEY,
    fingerprint=_OTHER,
    line="",
    file="",
)


@dataclass(frozen=True, slots=True)
class Lost:
    """What keeps us from a host, and since how long before the end it does."""

    error: ConsoleError
    since: float | None
    """Seconds; ``None``: always."""
    retry: float | None
    """Seconds until it is tried again."""


LOST = {
    "edge-07": Lost(LINK, 12, 3.0),
    "edge-08": Lost(TIMEOUT, 130, 41.0),
    "web-06": Lost(TIMEOUT, 850, 12.0),
    "web-09": Lost(REFUSED, None, 55.0),
    "kiosk-03": Lost(TIMEOUT, None, 7.0),
    "kiosk-07": Lost(TIMEOUT, None, 31.0),
    "ci-03": Lost(AUTH, None, None),
    "pxe-02": Lost(CHANGED, 300, None),
    "pxe-04": Lost(UNKNOWN, None, None),
}
STALE = {"web-04": 14.0}
"""Seconds since a host that did not fail was last seen."""
REBOOTED = {"kiosk-05": 150.0}
"""Seconds since a host rebooted."""
CONNECTING = ("pxe-03",)


async def fleet(steps: int = 240) -> FleetView:
    """Return what is known of forty hosts after so many steps."""
    trends, contacts = Trends(None), list[Contact]()
    end = steps * STEP
    for number, (made, name, share) in enumerate(_hosts()):
        tags = tuple(map(Clean, made.tags))
        contact = Contact(
            name, STEP, tags=tags, protected=made.protected, address=f"192.0.2.{40 + number}"
        )
        known = LOST.get(name)
        age = known.since if known else STALE.get(name, 0.0)
        host = None
        if age is not None and name not in CONNECTING:
            host = await _watched(name, made.shape, share, steps - int(age / STEP), trends)
        contact = replace(contact, host=host, rebooted_at=_ago(end, REBOOTED.get(name)))
        if known:
            contact = failing(
                contact, known.error, _ago(end, None if known.retry is None else -known.retry)
            )
        contacts.append(contact)
    return FleetView(tuple(contacts), trends.series, events=tuple(_events(contacts, end)))


def _hosts() -> Iterator[tuple[Made, Clean, Share]]:
    for made in FLEET:
        for number, share in enumerate(made.shares, 1):
            yield made, Clean(f"{made.kind}-{number:02}"), share


async def _watched(name: Clean, shape: Shape, share: Share, last: int, trends: Trends) -> Host:
    """Return a host after looks that end with the step ``last``, its store filling slowly."""

    async def look(step: int, before: Host | None) -> Host:
        filled = share if share > 1 else share - share * (last - step) / 2700
        return await trends.followed(derive(name, shape(step, filled), before, judge), judge)

    host: Host | None = None
    for step in range(last % _EVERY, last, _EVERY):
        host = await look(step, host)
    return await look(last, host)


def _ago(end: float, seconds: float | None) -> float | None:
    return None if seconds is None else end - seconds


def _events(contacts: list[Contact], end: float) -> tuple[Event, ...]:
    """Return what happened: the losses of now, and a jump host that was gone for a while."""
    found = [*_past(end)]
    for contact in contacts:
        if known := LOST.get(contact.name):
            well = replace(contact, failed=None, problem=None)
            time = START + end - (known.since or end - 4)
            found += happened(well, contact, time)
        if contact.rebooted_at is not None:
            well = replace(contact, rebooted_at=None)
            found += happened(well, contact, START + contact.rebooted_at)
    events = Events()
    for event in sorted(found, key=lambda event: event.time):
        events.add(event)
    return events.told


def _past(end: float) -> Iterator[Event]:
    gone, back = Clean("jump bastion-2: the link was lost"), Clean("answers again after 95 s")
    for number in range(1, 7):
        name = Clean(f"edge-{number:02}")
        yield Event(START + end - 1900 + number / 10, name, Word.LOST, gone)
        yield Event(START + end - 1805 + number / 10, name, Word.RETURNED, back)
    for seconds in (420, 300):
        name, time = Clean("edge-07"), START + end - seconds
        yield Event(time, name, Word.LOST, Clean(str(LINK)))
        yield Event(time + 9, name, Word.RETURNED, Clean("answers again after 9 s"))

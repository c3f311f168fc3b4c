"""Asking who fills a level; changes nothing, so it works wherever a host can be seen.

A second request for the same level goes on where the first one's budget ended; once all was looked
at, the next tells what grew since.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from console.blame import blamed
from console.clean import Clean, clean
from console.contact import Contact
from console.errors import ConsoleError, Unreachable
from console.holdings import Holdings, together
from console.places import request
from console.tracing import Scan
from console.watch import Watch
from console.writers import Writers

SINCE = 600.0
"""Seconds after which a change is old, where nobody says otherwise."""
_REST = 30.0
"""Seconds after all of a store was looked through until that begins anew."""


@dataclass(slots=True)
class _Known:
    """What was found in one store."""

    scan: Scan = field(default_factory=Scan)
    before: Scan | None = None
    """The last time that all of it was looked at."""
    done_at: float | None = None
    """When ``scan`` had all of it, on the monotonic clock; ``None``: it has not."""
    unseen: tuple[Clean, ...] = ()
    """What the walk that ended then did not look at."""


class Asking:
    """Asks the hosts that are watched."""

    def __init__(self, hosts: Mapping[Clean, Watch], contacts: Mapping[Clean, Contact]) -> None:
        self._hosts = hosts
        self._contacts = contacts
        self._known: dict[tuple[Clean | None, ...], _Known] = {}
        """By boot, host, subhost and level."""

    async def writers(
        self, host: Clean, subhost: Clean, level: Clean, since: float | None = None
    ) -> Writers:
        """Return who fills a level of a host, or of a subhost; takes some seconds.

        ``since`` counts where the store was not looked through before. Raises ``ConsoleError``.
        """
        contact = self._contacts.get(host)
        if contact is None:
            raise ConsoleError(f"{clean(host)}: no such host is watched")
        if contact.host is None or contact.failed is not None:
            told = contact.trouble or "has not answered yet"
            raise Unreachable(f"{host}: {told}", contact.remedy or "")
        asked = request(contact.host, subhost, level, SINCE if since is None else since)
        boot = contact.host.boot_id
        known = self._known.setdefault((boot, host, subhost, level), _Known())
        hands = await self._hosts[host].hands()
        rests = known.done_at is not None and time.monotonic() < known.done_at + _REST
        if known.done_at is not None and not rests:
            known.before, known.scan, known.done_at = known.scan, Scan(), None
        traced = await hands.trace(replace(asked, walk=not rests, after=known.scan.after))
        if rests:
            traced = replace(traced, unseen=known.unseen)
        else:
            known.scan = together(known.scan, traced.scan)
            known.done_at = None if known.scan.after else time.monotonic()
            known.unseen = traced.unseen
        before = known.before
        ago = asked.since if before is None else known.scan.moment - before.moment
        holdings = Holdings(traced.terrain, known.scan, before, ago)
        return blamed(contact.host, subhost, level, traced, holdings)

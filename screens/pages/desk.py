"""What the pages of one screen keep from one moment to the next, so that little is made anew.

A page made without it, or with a new one, says the same; only the order of rows that differ by
next to nothing may be another.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Generic, TypeVar

from console.clean import Clean
from console.model import Host, Level
from screens.page import Row
from screens.pages.digest import Digest, digest
from screens.pages.urgency import Ranked, ranked, weighed

_MOST = 65_536
"""Things kept of one sort; there are more only where hosts keep changing their names."""
_SLACK = 0.01
"""Share of a store by which a fill must change before a row changes its place for it."""

_LEEWAY = 0.05
"""Share of the time to full by which that must change before a row changes its place for it."""

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """The last thing made for each key."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, object, Made]] = {}

    def of(self, key: str, source: object, shown: object, make: Callable[[], Made]) -> Made:
        """Return what ``make`` gives, or gave for the very same ``source`` and equal ``shown``."""
        known = self._known.get(key)
        if known is not None and known[0] is source and known[1] == shown:
            return known[2]
        made = make()
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = (source, shown, made)
        return made

    def clear(self) -> None:
        """Keep nothing of it."""
        self._known.clear()


class Desk:
    """What is kept."""

    def __init__(self) -> None:
        self.rows: Kept[Row] = Kept()
        """Hosts of the fleet page."""
        self.parts: Kept[tuple[Row, ...]] = Kept()
        """What one host contributes to a table of the page that is shown."""
        self.runs: Kept[tuple[Clean, ...]] = Kept()
        """Titles of the sets of boot images that each host runs."""
        self._digests: Kept[Digest] = Kept()
        self._ranked: dict[tuple[str, str, str], Ranked] = {}

    def digest(self, host: Host) -> Digest:
        """Return a host in numbers."""
        return self._digests.of(host.name, host, None, lambda: digest(host, self.rank))

    def rank(self, host: Host, owner: str, level: Level) -> Ranked:
        """Return how urgent a level is where order goes by it; follows what matters alone."""
        key = (host.name, owner, level.id)
        known = self._ranked.get(key)
        if known is not None and known.level is level:
            return known
        found = ranked(level, owner)
        if known is not None:
            found = weighed(level, owner, *_settled(found, known))
        elif len(self._ranked) >= _MOST:
            self._ranked.clear()
        self._ranked[key] = found
        return found


def _settled(found: Ranked, known: Ranked) -> tuple[float, float]:
    """Return fill and seconds as they are now, or as they were where that is about the same."""
    fill, seconds = found.fill, found.seconds
    if abs(fill - known.fill) < _SLACK and known.fill >= 0 <= fill:
        fill = known.fill
    if known.seconds < inf and abs(seconds - known.seconds) < _LEEWAY * known.seconds:
        seconds = known.seconds
    return fill, seconds

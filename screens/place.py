"""Where the operator is: a view and what it is about; and the trail of places gone through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

_SEPARATOR = "\x1f"
"""Stands in no clean text, so keys joined by it can always be taken apart."""
_KEPT = 64
"""Steps a trail remembers."""


class View(StrEnum):
    """Every view there is."""

    FLEET = "fleet"
    SUBHOSTS = "subhosts"
    FILL = "fill"
    CABLES = "cables"
    IMAGES = "images"
    OPERATIONS = "operations"
    EVENTS = "events"
    HOST = "host"
    SUBHOST = "subhost"
    TRACE = "trace"
    LEVEL = "level"
    WRITERS = "writers"
    RELIEF = "relief"
    JOB = "job"
    LOG = "log"
    RAW = "raw"
    HELP = "help"


OF_LEVELS = frozenset({View.LEVEL, View.WRITERS, View.RELIEF})
"""Views that are about one level."""


@dataclass(frozen=True, slots=True)
class Place:
    """One view and its subject; the empty string means no such part."""

    view: View
    host: str = ""
    subhost: str = ""
    item: str = ""
    """A level id in views of a level, a job's in that of a job, an interface in a trace (of a
    namespace that is no subhost's: ``NETNS:NAME``); the view helped with in help."""

    @property
    def key(self) -> str:
        """The subject as a row key."""
        return row_key(self.host, self.subhost, self.item)

    @property
    def subject(self) -> tuple[str, ...]:
        """What the view is about, outermost first; nothing for a view of everything."""
        if self.view is View.HELP:
            return ()
        return tuple(filter(None, (self.host, self.subhost, self.item)))

    @staticmethod
    def at(view: View, key: str) -> Place:
        """Return the place of ``view`` a row key names."""
        host, subhost, item, *_ = key.split(_SEPARATOR)
        return Place(view, host, subhost, item)


def row_key(host: str, subhost: str = "", item: str = "") -> str:
    """Return the identity of a row about this host, subhost and item."""
    key = f"{host}{_SEPARATOR}{subhost}{_SEPARATOR}{item}"
    if key.count(_SEPARATOR) == 2:
        return key
    return _SEPARATOR.join(part.replace(_SEPARATOR, "␟") for part in (host, subhost, item))


def another_key(key: str, which: int | str) -> str:
    """Return a key for the ``which``-th, or so named, row about the same subject."""
    return f"{key}{_SEPARATOR}{which}"


Path = tuple[Place, ...]
"""The layers the operator went into, the root first; Esc takes the last one off."""
ROOT = Place(View.FLEET)


@dataclass(frozen=True, slots=True)
class Trail:
    """The paths gone through, as a browser keeps them; pure.

    ``Trail().into(host).into(level).out()`` is at the host, however ``level`` is usually reached.
    """

    paths: tuple[Path, ...] = ((ROOT,),)
    now: int = 0
    before: int = 0
    """Where the step to ``now`` was made from."""

    @property
    def path(self) -> Path:
        """The layers of the current place."""
        return self.paths[self.now]

    @property
    def place(self) -> Place:
        """The current place."""
        return self.path[-1]

    def into(self, place: Place) -> Trail:
        """Return the trail after opening ``place`` as one more layer."""
        return self if place == self.place else self._to((*self.path, place))

    def across(self, view: View) -> Trail:
        """Return the trail after going straight to one of the views of everything."""
        place = Place(view)
        return self._to((ROOT,) if place == ROOT else (ROOT, place))

    def out(self) -> Trail | None:
        """Return the trail one layer further out; ``None`` at the root."""
        return self._to(self.path[:-1]) if len(self.path) > 1 else None

    def back(self) -> Trail:
        """Return the trail one step back, or itself at its start."""
        return self._at(max(self.now - 1, 0))

    def forward(self) -> Trail:
        """Return the trail one step forward, or itself at its end."""
        return self._at(min(self.now + 1, len(self.paths) - 1))

    def last(self) -> Trail:
        """Return the trail where it was before the last step; twice is where it is now."""
        return self._at(self.before)

    def _at(self, now: int) -> Trail:
        return self if now == self.now else replace(self, now=now, before=self.now)

    def _to(self, path: Path) -> Trail:
        """Return the trail with a step added; what lay ahead is forgotten."""
        if path == self.path:
            return self
        kept = (*self.paths[: self.now + 1], path)[-_KEPT:]
        return Trail(kept, len(kept) - 1, max(len(kept) - 2, 0))

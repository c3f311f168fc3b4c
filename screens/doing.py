"""What the screen needs of ``console.deeds``, and what it does things to."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from console.clean import Clean
from console.entering import Entering
from console.jobs import Job, Settling
from console.listed import listed
from console.plan import ON_CABLES, ON_STORES, Obstacle, Plan, Verb, Wish
from console.terminal import Size, Terminal


class Doing(Protocol):
    """Does things on hosts; every method says no by raising ``ConsoleError``."""

    @property
    def read_only(self) -> bool:
        """Whether nothing may be done on any host."""

    @property
    def unlocked(self) -> Clean | None:
        """Why protected hosts may be changed just now; ``None``: they may not."""

    def unlock(self, reason: str) -> None:
        """Let protected hosts be changed for a while."""

    def lock(self) -> None:
        """Let nothing be changed any more."""

    def refusal(self, host: Clean, verb: Verb | None = None) -> Obstacle | None:
        """Return why a host may not be changed, or cannot be."""

    async def planned(self, host: Clean, wish: Wish) -> Plan:
        """Return what would be done."""

    async def begin(self, plan: Plan) -> Clean:
        """Begin it and return the id of its job."""

    async def ended(self, job: Clean, /) -> Job:
        """Return a job when it has ended and its host was looked at anew, or its link was lost."""

    async def settle(self, host: Clean, job: Clean, how: Settling, /) -> None:
        """Finish or take back a job that was killed."""

    async def look(self, host: Clean) -> None:
        """Ask a host for its jobs."""

    async def terminal(self, host: Clean, entry: Entering, size: Size | None) -> Terminal:
        """Return a terminal in a subhost or on the host."""

    async def output(self, host: Clean, job: Clean, lines: int, /) -> tuple[Clean, ...]:
        """Return the last lines of what a job's commands said."""


_NONE = Clean("")
_NAMED = 3
"""Targets that are named where there is little room."""


class Target(NamedTuple):
    """One subhost or, where that is empty, host, as the inventory names it; or a part of it."""

    host: Clean
    subhost: Clean
    level: Clean = _NONE
    """Id of the level; empty: it is about all of it."""
    cable: Clean = _NONE
    """Either end of the cable; empty: it is about all of it."""

    @property
    def whole(self) -> Target:
        """The subhost or host that it is, or that its level or cable belongs to."""
        return self._replace(level=_NONE, cable=_NONE)

    def __str__(self) -> str:
        return "/".join(filter(None, self))


class Chosen(NamedTuple):
    """What is to be acted on: the marked rows, else the cursor's, else what the view is about."""

    targets: tuple[Target, ...]
    marked: bool = False
    hidden: int = 0
    """How many of them the filter hides."""

    @property
    def subhosts(self) -> tuple[Target, ...]:
        """Those that are subhosts, or of which a level or a cable is meant."""
        return tuple(dict.fromkeys(each.whole for each in self.targets if each.subhost))

    @property
    def levels(self) -> tuple[Target, ...]:
        """Those that are levels."""
        return tuple(target for target in self.targets if target.level)

    @property
    def cables(self) -> tuple[Target, ...]:
        """Those that are cables of subhosts."""
        return tuple(target for target in self.targets if target.cable)

    def of(self, verb: Verb) -> tuple[Target, ...]:
        """Return those that a verb is about."""
        if verb in ON_STORES:
            return self.levels
        return self.cables if verb in ON_CABLES else self.subhosts

    def __str__(self) -> str:
        named = listed([*map(str, self.targets)], _NAMED)
        if len(self.targets) == 1:
            return named
        return f"{len(self.targets)} {'marked' if self.marked else 'targets'}: {named}"

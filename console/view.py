"""What a fleet is to those who look at it: everything that may be shown, at one moment."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from console.clean import Clean
from console.contact import Contact
from console.events import Event
from console.images.catalogue import Catalogue
from console.jobs import Job
from console.series import Series
from console.turnstile import Turnstile
from console.writers import Writers


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is known of who fills a level."""

    report: Writers | None = None
    """The newest; ``None``: there was no answer yet."""
    trouble: Clean | None = None
    """Why there is no newer one."""


@dataclass(frozen=True, slots=True)
class FleetView:
    """Everything a screen may show, at one moment."""

    contacts: tuple[Contact, ...] = ()
    series: Mapping[tuple[Clean, Clean], Series] = field(default_factory=dict)
    """Recent samples by host name and level key (``console.trends.level_key``)."""
    trouble: str | None = None
    """What is wrong with the recorded history."""
    events: tuple[Event, ...] = ()
    """What happened to hosts, newest last; bounded."""
    jobs: tuple[Job, ...] = ()
    """Of all hosts, newest first."""
    inquiries: Mapping[tuple[str, str, str], Inquiry] = field(default_factory=dict)
    """By host, subhost and level, of those that were asked for."""
    catalogue: Catalogue = field(default_factory=Catalogue)
    """What stores of boot images hold; empty until they were asked."""
    auto: int = 0
    """Rules by which this console relieves levels by itself."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the ways to several hosts have in common."""

    handshakes: Turnstile
    """Where connecting waits for its turn."""
    refresh: Callable[[], None]
    """Makes it find out anew what it took for granted: a human wants to know now."""
    close: Callable[[], Coroutine[None, None, None]]
    """Lets go of it, after the hosts."""


class Herald(Protocol):
    """Takes all events there are, the newest last, and passes on what is worth it."""

    def take(self, events: tuple[Event, ...]) -> None:
        """Take note; never waits."""

    async def close(self) -> None:
        """Let go, in bounded time."""

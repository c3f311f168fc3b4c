"""What the screen goes by: the newest view of the fleet, one that is held, or one that was."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from console.fleet import FleetView


class Clocks(NamedTuple):
    """What time is told by."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    """Seconds since 1970."""


CLOCKS = Clocks()


class Sight:
    """The view on screen and the time it is told by; newer views are kept while it is frozen."""

    def __init__(self, clocks: Clocks = CLOCKS) -> None:
        self._clock, self._wall = clocks
        self._newest = FleetView()
        self._frozen: tuple[FleetView, float] | None = None
        self._bygone: tuple[FleetView, float, float] | None = None

    def take(self, view: FleetView) -> None:
        """Take a newer view."""
        self._newest = view

    def toggle(self) -> None:
        """Freeze, or go on with the newest view."""
        self._frozen = None if self._frozen else (self._newest, self._clock())

    def rewind(self, view: FleetView, at: float, wall: float) -> None:
        """Show what was seen at a moment, told by the clocks of who recorded it."""
        self._bygone = view, at, wall

    def live(self) -> None:
        """Show what is now."""
        self._bygone = None

    @property
    def recorded(self) -> float | None:
        """When what is shown was recorded, in seconds since 1970; ``None``: it is live."""
        return self._bygone[2] if self._bygone else None

    @property
    def view(self) -> FleetView:
        """What is shown."""
        if self._bygone:
            return self._bygone[0]
        return self._frozen[0] if self._frozen else self._newest

    @property
    def now(self) -> float:
        """The moment it is shown as of."""
        if self._bygone:
            return self._bygone[1]
        return self._frozen[1] if self._frozen else self._clock()

    @property
    def wall(self) -> float:
        """That moment in seconds since 1970."""
        if self._bygone:
            return self._bygone[2]
        return self._wall() - (self.behind or 0.0)

    @property
    def behind(self) -> float | None:
        """Seconds since it was frozen; ``None``: it is not."""
        if self._frozen is None or self._bygone is not None:
            return None
        return self._clock() - self._frozen[1]

"""What the screen goes by: the newest view of the fleet, or, paused, the one at that moment."""

from __future__ import annotations

from collections.abc import Callable

from console.fleet import FleetView


class Sight:
    """The view on screen and the time it is told by; newer views are kept while it is frozen."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._newest = FleetView()
        self._frozen: tuple[FleetView, float] | None = None

    def take(self, view: FleetView) -> None:
        """Take a newer view."""
        self._newest = view

    def toggle(self) -> None:
        """Freeze, or go on with the newest view."""
        self._frozen = None if self._frozen else (self._newest, self._clock())

    @property
    def view(self) -> FleetView:
        """What is shown."""
        return self._frozen[0] if self._frozen else self._newest

    @property
    def now(self) -> float:
        """The moment it is shown as of."""
        return self._frozen[1] if self._frozen else self._clock()

    @property
    def behind(self) -> float | None:
        """Seconds since it was frozen; ``None``: it is not."""
        return self._clock() - self._frozen[1] if self._frozen else None

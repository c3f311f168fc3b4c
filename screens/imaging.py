"""A journey that looks into the stores of boot images while their view is open."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from console.clean import clean
from console.errors import ConsoleError
from console.fleet import FleetView
from console.images.catalogue import Catalogue
from screens.inquiring import Inquiring
from screens.marks import Glyphs
from screens.place import View
from screens.sight import CLOCKS, Clocks

_PAUSE = 30
"""Seconds between two looks into the stores."""


class Shelves(Protocol):
    """What the screen needs of the stores."""

    async def catalogue(self) -> Catalogue:
        """Return what they hold; raises ``ConsoleError``."""


class Imaging(Inquiring):
    """Adds what stores hold to what is seen."""

    shelves: Shelves | None = None
    """Who is asked; ``None``: no store is configured."""

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__(glyphs, clocks)
        self._catalogue = Catalogue()
        self._until_look = 0
        self._looks_in = False

    def on_mount(self) -> None:
        self.set_interval(1.0, self._look_in)

    @property
    def seen(self) -> FleetView:
        view = super().seen
        return replace(view, catalogue=self._catalogue) if self._is_open else view

    def _look_in(self) -> None:
        """Ask the stores anew from time to time while their view is open."""
        self._until_look = max(self._until_look - 1, 0)
        live = self._is_open and self.sight.behind is None
        if self.shelves is not None and live and not (self._looks_in or self._until_look):
            self._looks_in = True
            self.run_worker(self._looked(self.shelves), group="images", exit_on_error=False)

    async def _looked(self, shelves: Shelves) -> None:
        try:
            self._catalogue = await shelves.catalogue()
        except ConsoleError as error:
            self._catalogue = replace(self._catalogue, troubles=(clean(str(error), 4096),))
        finally:
            self._looks_in, self._until_look = False, _PAUSE
        if self._is_open:
            self.paint()

    @property
    def _is_open(self) -> bool:
        return self.place.view is View.IMAGES

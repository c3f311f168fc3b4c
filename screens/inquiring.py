"""A journey that asks who fills a level, and shows what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.fleet import FleetView
from console.view import Inquiry
from console.writers import Writers
from screens import rows
from screens.marks import Glyphs
from screens.operating import Operating
from screens.pages import find_contact
from screens.pages.urgency import ranked
from screens.place import OF_LEVELS, Place, View
from screens.sight import CLOCKS, Clocks

_KEPT = 32
"""Levels whose newest report is kept."""
_PAUSE = 4
"""Seconds between a report and the next question, while it is looked at."""
_ASKS = {View.WRITERS, View.RELIEF}


class Asking(Protocol):
    """What the screen needs of ``console.asking``."""

    async def writers(
        self, host: Clean, subhost: Clean, level: Clean, since: float | None = None
    ) -> Writers:
        """Return who fills a level; raises ``ConsoleError``."""


class Inquiring(Operating):
    """Adds the views that ``w`` and ``r`` open; both only look."""

    asking: Asking | None = None
    """Who is asked; ``None`` until the fleet is there."""

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__(glyphs, clocks)
        self._answers: Mapping[tuple[str, str, str], Inquiry] = {}
        self._rest = 0
        self._busy = False

    def on_mount(self) -> None:
        self.set_interval(1.0, self._inquire)

    @property
    def seen(self) -> FleetView:
        view = super().seen
        return replace(view, inquiries=self._answers) if self.place.view in _ASKS else view

    @property
    def level(self) -> Place | None:
        """The level under the cursor or that the view is about; of a host the most urgent."""
        here = rows.subject(self.grid.listing, self.place)
        if here.item and here.view in OF_LEVELS:
            return replace(here, view=View.LEVEL)
        contact = find_contact(self.sight.view, here.host)
        if contact is None or contact.host is None:
            return None
        every = (ranked(level, owner) for owner, level in contact.host.owned_levels)
        mine = (each for each in every if not here.subhost or each.owner == here.subhost)
        worst = max(mine, key=lambda each: each.urgency, default=None)
        return Place(View.LEVEL, here.host, worst.owner, worst.level.id) if worst else None

    def action_writers(self) -> None:
        """Who fills this level."""
        self._open(View.WRITERS)

    def action_relief(self) -> None:
        """What can be done about this level."""
        self._open(View.RELIEF)

    def _open(self, view: View) -> None:
        level = self.level
        if level is None:
            self.say("put the cursor on a level", warning=True)
            return
        self._rest = 0
        self.go(self.trail.into(replace(level, view=view)))
        self._inquire()

    def _inquire(self) -> None:
        """Ask anew from time to time who fills the level in view."""
        self._rest = max(self._rest - 1, 0)
        live = self.place.view in _ASKS and self.sight.behind is None
        if self.asking is None or not live or self._busy or self._rest:
            return
        self._busy = True
        asking = self._ask_who(self.asking, replace(self.place, view=View.LEVEL))
        self.run_worker(asking, group="inquiry", exit_on_error=False)

    async def _ask_who(self, asking: Asking, place: Place) -> None:
        subject = Clean(place.host), Clean(place.subhost), Clean(place.item)
        old = self._answers.get(subject, Inquiry())
        try:
            new = Inquiry(await asking.writers(*subject))
        except ConsoleError as error:
            told = "  ".join(filter(None, (str(error), error.hint)))
            new = replace(old, trouble=clean(told))
        finally:
            self._busy, self._rest = False, _PAUSE
        others = {key: each for key, each in self._answers.items() if key != subject}
        self._answers = dict([*others.items(), (subject, new)][-_KEPT:])
        if self.place.view in _ASKS:
            self.paint()

"""A journey through what was: the same views as of a recorded moment, on which nothing is done."""

from __future__ import annotations

import time

from textual.timer import Timer

from console.bygone import REPLAY, Undoing
from console.errors import ConsoleError
from console.fleet import FleetView
from console.past import Past
from console.reel import Reel, reel
from console.when import moment
from screens.doing import Doing
from screens.inquiring import Asking
from screens.marks import Glyphs
from screens.pages.desk import Desk
from screens.relieving import Relieving
from screens.sight import CLOCKS, Clocks

STEPS = {"step", "play", "branch"}
"""Actions of a replay alone, whose keys mean something else, or belong to a table, without one."""


class Replaying(Relieving):
    """Adds going back to a moment, and from there from sample to sample."""

    past: Past | None = None
    """Where what was comes from; ``None``: nothing is recorded."""
    alone = False
    """Whether there is nothing but the past."""

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__(glyphs, clocks)
        self._reel: Reel | None = None
        self._timer: Timer | None = None
        self._present: tuple[Doing | None, Asking | None] = (None, None)

    @property
    def typing(self) -> str:
        return "replay" if self._reel else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in STEPS:
            return self._reel is not None and self.app.screen is self
        return super().check_action(action, parameters)

    def show(self, view: FleetView) -> None:
        if self._reel is None:
            super().show(view)
        else:
            self.sight.take(view)

    def action_replay(self) -> None:
        """Go to the newest sample; from a replay, back to what is now."""
        if self._reel is None:
            self.replay(None)
        else:
            self.action_live()

    def action_live(self) -> None:
        """Show what is now."""
        if self.alone:
            self.say("this is a replay and nothing else; q closes it", warning=True)
        elif self._reel is not None:
            self._stop()
            self._reel = None
            self.doing, self.asking = self._present
            self.sight.live()
            self._turn()

    def action_step(self, by: int) -> None:
        """Go to the next or the previous sample."""
        self._stop()
        self.run_worker(self._step(by), group="replay", exclusive=True, exit_on_error=False)

    def action_play(self) -> None:
        """Go on from sample to sample as they were taken, or stop."""
        if self._timer is None:
            self._wait()
        else:
            self._stop()

    def action_pause(self) -> None:
        if self._reel is None:
            super().action_pause()
        else:
            self.action_play()

    def action_refresh(self, which: str) -> None:
        if not self._refused():
            super().action_refresh(which)

    def action_accept_key(self) -> None:
        if not self._refused():
            super().action_accept_key()

    def action_acknowledge(self) -> None:
        if not self._refused():
            super().action_acknowledge()

    def at(self, text: str) -> None:
        """Go to the time typed."""
        end = self._reel.end if self._reel and self.alone else time.time()
        try:
            self.replay(moment(text, end))
        except ValueError as error:
            self.say(str(error), warning=True)

    def replay(self, when: float | None) -> None:
        """Go to that time in seconds since 1970; ``None``: to the newest sample."""
        self._stop()
        self.run_worker(self._go(when), group="replay", exclusive=True, exit_on_error=False)

    async def _go(self, when: float | None) -> None:
        if self.past is None:
            self.say("nothing is recorded here", warning=True)
            return
        try:
            found = await reel(self.past, when)
        except ConsoleError as error:
            self.refuse(error)
            return
        if self._reel is None:
            self._present = self.doing, self.asking
            undoing = Undoing()
            self.doing, self.asking = undoing, undoing
        self._reel = found
        self._rewind(found)
        self._turn()

    async def _step(self, by: int) -> bool:
        """Go to the next sample that way; whether there is one."""
        here = self._reel
        if here is None:
            return False
        if await here.step(by):
            self._rewind(here)
            self.paint()
            return True
        self.say(f"this is the {'newest' if by > 0 else 'oldest'} sample")
        return False

    def _rewind(self, here: Reel) -> None:
        self.sight.rewind(here.view, *here.moment)

    def _turn(self) -> None:
        """Paint another time; what was made of this one is of no use."""
        self._desk = Desk()
        self._answers = {}
        self.paint()

    def _wait(self) -> None:
        if self._reel is not None:
            self._timer = self.set_timer(self._reel.gap, self._played)

    async def _played(self) -> None:
        if await self._step(1) and self._timer is not None:
            self._wait()
        else:
            self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _refused(self) -> bool:
        """Whether this is a replay, which is then said."""
        if self._reel is not None:
            self.say("; ".join(filter(None, (REPLAY.text, REPLAY.remedy))), warning=True)
        return self._reel is not None

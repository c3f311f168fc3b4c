"""A journey of which a capsule can be kept: all that is known, and the screen, in one file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from console.capsule import Picture
from console.errors import ConsoleError
from console.redact import Redactor
from screens.capture import capture
from screens.replay import Replaying

Keep = Callable[[str, Callable[[Redactor], Picture]], Awaitable[str]]
"""Writes a capsule to a file or into a folder, and returns what it is called."""
_STANDS = 10.0


class Keeping(Replaying):
    """Adds the key that writes one."""

    keep: Keep | None = None
    """What writes it; ``None``: there is nothing to be kept."""

    def action_capsule(self, place: str = ".") -> None:
        """Write a capsule of now, with the screen as it is."""
        if self.keep is None:
            self.say("this is a capsule already" if self.alone else "still looking", warning=True)
            return
        keeping = self._keep(self.keep, place, capture(self, f"subdeck: {self.place.view}"))
        self.run_worker(keeping, group="capsule", exclusive=True, exit_on_error=False)

    async def _keep(self, keep: Keep, place: str, draw: Callable[[Redactor], Picture]) -> None:
        self.say("writing a capsule")
        try:
            name = await keep(place, draw)
        except ConsoleError as error:
            self.refuse(error)
        else:
            told = f"written: {name}; subdeck replay opens it anywhere"
            self.say(told, seconds=_STANDS)

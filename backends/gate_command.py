"""The operator's own gate of a rollout: a command line for sh, run here for one target.

``$SUBDECK_TARGET``, ``$SUBDECK_HOST``, ``$SUBDECK_SUBHOST`` and ``$SUBDECK_IMAGE`` say of whom it
is asked; its exit status is the answer, its last line tells why.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Final

from backends.run import Ended, Run
from backends.threads import Threads
from console.clean import Clean, clean
from console.rollout.gates import Gate, Reading, Verdict

_AT_ONCE: Final = 8
_SECONDS: Final = 60.0
_SAID: Final = 200
"""Characters kept of its last line."""


class GateCommand:
    """Runs a few at once, each for a bounded time."""

    def __init__(self, image: Clean) -> None:
        self._image = image
        self._threads = Threads("gate command", _AT_ONCE)
        self._runs: set[Run] = set()

    async def ask(self, target: Clean, command: Clean) -> Reading:
        """Return what it says of a target: not yet, unless its exit status is 0."""
        host, _, subhost = target.partition("/")
        asked = {"TARGET": target, "HOST": host, "SUBHOST": subhost, "IMAGE": self._image}
        environment = os.environ | {f"SUBDECK_{key}": value for key, value in asked.items()}
        run = Run(("/bin/sh", "-c", command), environment=environment)
        self._runs.add(run)
        try:
            return _reading(await (await self._threads.start(partial(run.end, _SECONDS))))
        except OSError as error:
            return _waits(error.strerror or str(error))
        finally:
            self._runs.discard(run)

    def close(self) -> None:
        """End what runs."""
        for run in self._runs:
            run.kill()


def _reading(ended: Ended | None) -> Reading:
    if ended is None:
        return _waits(f"no end within {_SECONDS:g} s")
    lines = (ended.trouble or ended.said).decode(errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    if ended.status:
        return _waits(f"exit status {ended.status}{f': {last[:_SAID]}' if last else ''}")
    return Reading(Gate.COMMAND, Verdict.PASS, clean(last[:_SAID] or "it is content"))


def _waits(why: str) -> Reading:
    return Reading(Gate.COMMAND, Verdict.WAIT, clean(why))

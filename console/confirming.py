"""Confirming: telling a job that may have cut us off that we still reach its host.

Such a job waits for that at its end, and takes all back where it is not told.
"""

from __future__ import annotations

import asyncio
import time

from console.backend import Hands
from console.clean import Clean
from console.errors import ConsoleError

_PAUSE = 0.5
_AT_WORK = 60.0
"""Seconds it may be at work before it waits."""


async def confirmed(hands: Hands, job_id: Clean, seconds: float) -> None:
    """Return when a job that waits so long was told, or waits no more.

    Each try is a connection of its own: one from before may live on where none can be made.
    """
    until = time.monotonic() + seconds + _AT_WORK
    while time.monotonic() < until:
        try:
            if await hands.confirm(job_id):
                return
        except ConsoleError:
            pass  # we are cut off, for now or until it is all taken back
        await asyncio.sleep(_PAUSE)

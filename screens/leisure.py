"""Whether the operator is at the keys, so that what can wait does."""

from __future__ import annotations

import time

from textual import events
from textual.app import App

_LEISURE = 3.0
"""Seconds after a key that another one is likely."""


class Leisurely(App[object]):
    """An application that knows when it was touched last."""

    def __init__(self) -> None:
        super().__init__()
        self._touched = 0.0

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent):
            self._touched = time.monotonic()
        await super().on_event(event)

    def idle(self) -> bool:
        """Return whether no key waits for an answer, nor is likely to."""
        return time.monotonic() - self._touched > _LEISURE

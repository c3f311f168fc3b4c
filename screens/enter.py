"""Entering from the screen, which is put aside meanwhile and comes back as it was left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from textual.app import App, SuspendNotSupported

from console.clean import Clean
from console.entering import Opener
from console.errors import ConsoleError
from console.model import Host
from console.terminal import how

Result = TypeVar("Result")


class Visit(Protocol):
    """A program that waits for the operator's terminal."""

    async def stay(self) -> int | None:
        """Lend it the terminal and return its exit status, ``LEFT``, or ``None``: link lost."""

    def leave(self) -> None:
        """Give it up."""


Enter = Callable[[Opener, Host, Clean | None], Awaitable[Visit]]
"""Begins a visit of a subhost, or of the host itself; raises ``ConsoleError``."""


async def enter_here(
    app: App[Result], enter: Enter, opener: Opener, host: Host, subhost: Clean | None
) -> str:
    """Enter, and return in words how that ended; what is watched is watched on meanwhile.

    To be run in a worker of the app. Raises ``ConsoleError`` where it could not begin.
    """
    visit = await enter(opener, host, subhost)
    try:
        return how(await _lent(app, visit))
    except SuspendNotSupported:
        raise ConsoleError("this terminal cannot be lent to another program") from None
    finally:
        visit.leave()


async def _lent(app: App[Result], visit: Visit) -> int | None:
    fault: Exception | None = None
    status = None
    # What is painted while nobody takes it would be waited for in the end: nothing is.
    with app.suspend(), app.batch_update():
        try:
            status = await visit.stay()
        except Exception as error:  # the screen comes back whatever happens
            fault = error
    if fault is not None:
        raise fault
    return status

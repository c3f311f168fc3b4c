"""What a backend promises: one way to look at one host."""

from __future__ import annotations

from typing import Protocol

from console.clean import Clean
from console.facts import Facts


class Backend(Protocol):
    """Looks at one host. Implementations share no code by inheritance."""

    @property
    def name(self) -> Clean:
        """The host as the inventory calls it."""

    async def sample(self) -> Facts:
        """Look once. Never blocks the loop; what did not answer is a ``Gap``.

        Raises ``Unreachable`` or ``Denied`` when the host as a whole cannot be seen.
        """

    async def changed(self) -> None:
        """Return when something happened that deserves an early look (a mount, a link)."""

    async def refresh(self) -> None:
        """Ask the slow questions again at the next sample."""

    async def close(self) -> None:
        """Let go of everything, at once; never waits for a hung filesystem."""

"""What a backend promises: one way to look at one host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

from console.clean import Clean
from console.entering import Entering
from console.facts import Facts
from console.images.moving import Tell
from console.images.staged import Read, StagedImage
from console.jobs import Job, Order, Settling
from console.survey import Survey, SurveyRequest
from console.terminal import Size, Terminal
from console.tracing import Traced, TraceRequest


class Hands(Protocol):
    """What can be done on one host; connects where needed.

    Everything raises ``Unreachable`` when what came of it is not known, for the link or the host
    hangs or is lost; ``Denied`` and other ``ConsoleError`` when nothing was done.
    """

    async def survey(self, request: SurveyRequest) -> Survey:
        """Look at what a plan is made from."""

    async def trace(self, request: TraceRequest) -> Traced:
        """Look who writes to a store and what takes room there; changes nothing, takes seconds."""

    async def stage(
        self, image: StagedImage, read: Read, tell: Tell, *, public: bool = False
    ) -> None:
        """Bring the files of a set to where it says they lie; to root alone unless ``public``.

        It may be asked again: what is there already is only looked at.
        """

    async def launch(self, order: Order) -> None:
        """Make a plan a job; returns when it has begun or was refused by itself.

        It then runs on without us. One whose id there is already is never begun again.
        """

    def follow(self, job_id: Clean) -> AsyncIterator[Job]:
        """Yield the newest state of a job, at once and after each change, to its end."""

    async def jobs(self) -> tuple[Job, ...]:
        """Return the jobs of that host, whoever began them, newest first."""

    async def output(self, job_id: Clean, lines: int) -> tuple[Clean, ...]:
        """Return the last lines of what a job's commands said."""

    async def tail(self, path: Clean, lines: int) -> tuple[Clean, ...]:
        """Return the last lines of a file there, of 64 KiB at most."""

    async def settle(self, job_id: Clean, how: Settling) -> None:
        """Finish or take back a job that was killed; returns when that has begun."""

    async def confirm(self, job_id: Clean) -> bool:
        """Tell a job over a new connection that we reach its host; whether it waits no more.

        One that does not wait yet is told nothing.
        """

    async def terminal(self, entry: Entering, size: Size | None) -> Terminal:
        """Run a command in a subhost or on the host; with a size in a terminal of that size."""


class Backend(Protocol):
    """Looks at one host. Implementations share no code by inheritance."""

    @property
    def name(self) -> Clean:
        """The host as the inventory calls it."""

    async def sample(self) -> Facts:
        """Look once. Never blocks the loop; what did not answer is a ``Gap``.

        Raises ``Unreachable`` or ``Denied`` when the host as a whole cannot be seen.
        """

    def changed(self) -> Awaitable[None]:
        """Return what is done once something happened that deserves an early look.

        A mount came, a link went. Whoever awaits that may cancel it.
        """

    async def refresh(self) -> None:
        """Ask the slow questions again at the next sample."""

    @property
    def hands(self) -> Hands:
        """What can be done there."""

    async def close(self) -> None:
        """Let go of everything, at once; never waits for a hung filesystem."""

"""A course: one job on its way, as far as this console knows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf

from console.clean import Clean
from console.images.staged import StagedImage
from console.jobs import Job
from console.plan import REBOOTING, Plan
from console.recabling import Recabling


@dataclass(slots=True, eq=False)
class Course:
    """One job on its way."""

    job: Job
    """What was last heard of it."""
    mine: bool = False
    """Whether this console began it, or its finishing, and writes down how it ends."""
    config: Clean | None = None
    before: int | None = None
    """Pid of the subhost's first process before it."""
    boot_id: Clean | None = None
    ended: bool = False
    """Whether it has ended, and its host is only looked at since."""
    heard: bool = False
    """Whether the host ever told of it."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while nobody follows it: it has ended, or is unknown."""
    again: float = inf
    """When an unknown one is looked up (monotonic clock); infinite: never."""
    tries: int = 0
    task: asyncio.Task[None] | None = None
    plan: Plan | None = None
    """``None``: it was not planned here."""
    confirming: asyncio.Task[None] | None = None
    """Tells its host that it is still reached."""

    @property
    def sought(self) -> StagedImage | None:
        """What its host is to come back with in another boot; ``None``: it stays in this one."""
        return self.plan.image if self.plan and self.plan.method in REBOOTING else None

    @property
    def recabling(self) -> Recabling | None:
        """What is to have become of a cable."""
        return self.plan.recabling if self.plan else None

    @property
    def awaited(self) -> int | None:
        """Seconds its job waits for us to reach its host anew; ``None``: for nobody."""
        return self.plan.awaited if self.plan else None

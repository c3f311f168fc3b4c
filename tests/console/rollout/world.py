"""Hosts that boot, fail and get lost on a clock that moves by itself, and a journal in memory.

What is launched on a host goes on there whatever becomes of who launched it, and is told there by
its job's id until the next boot, as on real ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from console.clean import Clean
from console.errors import ConsoleError, Unreachable
from console.model import Boot, Host, Kind, Level, State, Style
from console.rollout.gates import Before, Gate, Reading, Runs, Sight, Verdict, before
from console.rollout.mover import Ticket
from tests.console.clockwork import BEGAN, Clock

OLD, NEW = Clean("edge/9"), Clean("edge/10")
ALICE = Clean("alice@bastion")


class Fate(StrEnum):
    """What the new image does to a host."""

    WELL = "well"
    LOST = "lost"
    """It does not come back."""
    FALLS_BACK = "falls back"
    SICK = "sick"
    """A level is lost under the new image."""
    PRESSED = "pressed"
    """A level is too full under the new image, for good."""
    SICKENS = "sickens"
    """It is sick a while after it passed."""
    REFUSES = "refuses"
    """The job that upgrades it is refused."""
    NO_ROOM = "no room"
    """The image cannot be brought there."""
    SENT = "sent"
    """All goes well, but it did not fetch the image by itself."""
    STUCK = "stuck"
    """Sick, and cannot be taken back."""
    UNSEEN = "unseen"
    """It runs the new image, but which one cannot be told."""


@dataclass
class Machinery:
    """One host."""

    fate: Fate = Fate.WELL
    image: Clean = OLD
    boots: int = 1
    up: bool = True
    since: float = 0.0
    jobs: dict[Clean, asyncio.Event] = field(default_factory=dict)
    launched: list[tuple[Clean, Clean]] = field(default_factory=list)
    """Job and image of every change that began here."""

    @property
    def boot_id(self) -> Clean:
        """Of its present boot."""
        return Clean(f"boot-{self.boots}")


class World:
    """Hosts as a ``Mover`` sees them."""

    def __init__(self, fates: Iterable[tuple[Clean, Fate]], seed: int = 0) -> None:
        self.hosts = {name: Machinery(fate) for name, fate in fates}
        self._chance = Random(seed)  # noqa: S311  spreads times
        self._going: set[asyncio.Task[None]] = set()

    async def look(self, target: Clean) -> Sight:
        """Look at a host."""
        await asyncio.sleep(0)
        host = self.hosts[target]
        if not host.up:
            return Sight(None, trouble=Clean("no route to host"))
        known = {OLD: Runs.OLD, NEW: Runs.NEW}
        unseen = host.fate is Fate.UNSEEN and host.image == NEW
        return Sight(self._picture(target), Runs.UNKNOWN if unseen else known[host.image])

    async def stage(self, target: Clean) -> Clean | None:
        """Bring the image there."""
        await asyncio.sleep(self._chance.uniform(0.1, 0.5))
        fate = self.hosts[target].fate
        if fate is Fate.NO_ROOM:
            raise ConsoleError(f"{target}: no room for it", "free some")
        return Clean("not fetched") if fate is Fate.SENT else None

    async def before(self, target: Clean) -> Before:
        """Return what a host is like."""
        await asyncio.sleep(self._chance.uniform(0.01, 0.2))
        return before(self._picture(target), Clean(""), self.hosts[target].image, reboots=True)

    async def change(self, target: Clean, ticket: Ticket) -> None:
        """Change a host's image, once for each job."""
        await asyncio.sleep(self._chance.uniform(0.01, 0.2))
        host = self.hosts[target]
        if not host.up:
            raise Unreachable(f"{target}: no route to host")
        if ticket.job not in host.jobs and host.boot_id == ticket.boot_id:
            self._launch(target, host, ticket)
        if ticket.job in host.jobs:
            await host.jobs[ticket.job].wait()

    async def ask(self, target: Clean, command: Clean) -> Reading:
        """Ask a command that is always content."""
        return Reading(Gate.COMMAND, Verdict.PASS, Clean(f"{command} is content"))

    def _launch(self, target: Clean, host: Machinery, ticket: Ticket) -> None:
        if host.fate is Fate.REFUSES and not ticket.back:
            raise ConsoleError(f"{target}: refused")
        if host.fate is Fate.STUCK and ticket.back:
            raise ConsoleError(f"{target}: cannot go back")
        host.jobs[ticket.job] = asyncio.Event()
        host.launched.append((ticket.job, ticket.image))
        going = asyncio.create_task(self._boot(host, ticket))
        self._going.add(going)
        going.add_done_callback(self._going.discard)

    async def _boot(self, host: Machinery, ticket: Ticket) -> None:
        ended = host.jobs[ticket.job]
        await asyncio.sleep(self._chance.uniform(0.5, 5.0))
        host.up = False
        host.jobs = {}
        ended.set()
        await asyncio.sleep(self._chance.uniform(20.0, 90.0))
        host.boots += 1
        if host.fate is Fate.LOST and not ticket.back:
            return
        host.up = True
        host.since = asyncio.get_running_loop().time()
        host.image = ticket.image if host.fate is not Fate.FALLS_BACK else OLD

    def power_cycle(self, target: Clean) -> None:
        """Let a host that was lost boot what it has: the old image."""
        host = self.hosts[target]
        host.boots, host.up, host.image = host.boots + 1, True, OLD

    def _picture(self, target: Clean) -> Host:
        host = self.hosts[target]
        new = host.image == NEW
        ill = host.fate in {Fate.SICK, Fate.STUCK}
        ill |= host.fate is Fate.SICKENS and asyncio.get_running_loop().time() > host.since + 50
        state = State.LOST if new and ill else State.OK
        if new and host.fate is Fate.PRESSED:
            state = State.ACT
        return picture(target, host.boot_id, state)


def picture(name: Clean, boot_id: Clean, state: State = State.OK) -> Host:
    """Return a host with one level in that state."""
    boot = Boot(Style.SLASHINIT, Clean("6.12"), None, None, 10.0, boot_id, None)
    level = Level(
        *(Clean("mem"), Kind.MEMORY, None, None, (), None, None, None, None, None, state),
        on_full="",
    )
    return Host(name, boot, None, (level,), (), (), (), (), (), BEGAN, 0.0)


def now() -> float:
    """Return seconds since 1970 by the clock of the loop."""
    return BEGAN + asyncio.get_running_loop().time()


def names(number: int) -> list[Clean]:
    """Return so many names of hosts."""
    return [Clean(f"web{n:05}") for n in range(number)]


def play(story: Coroutine[None, None, None]) -> None:
    """Run a coroutine on a clock that moves only when everybody waits."""
    with asyncio.Runner(loop_factory=Clock) as runner:
        runner.run(story)

"""A rollout in a made-up world: its journal in memory, its consoles, and what must hold of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count

from console.clean import Clean
from console.rollout.driver import Driver
from console.rollout.machine import Machine, replayed
from console.rollout.phases import Course, Phase
from console.rollout.records import Begun, Mark, Record, Rules, Said, What, Word
from tests.console.clockwork import BEGAN
from tests.console.rollout.world import ALICE, NEW, OLD, Fate, World, now


class Killed(BaseException):
    """The console is no more."""


class Notes:
    """A journal that all consoles of a story share; ``kill_at`` ends who writes that record."""

    def __init__(self, begun: Begun, kill_at: int = 0, *, written: bool = True) -> None:
        self.records: list[Record] = [begun]
        self.kill_at = kill_at
        self.written = written
        """Whether that record is there in the end."""

    def say(self, word: Word, at: float, who: Clean = Clean("bob@bastion")) -> None:  # noqa: B008
        """Write what an operator says."""
        self.records.append(Said(at, who, word))


class Reader:
    """One console's end of it."""

    def __init__(self, notes: Notes, read: int) -> None:
        self._notes = notes
        self._read = read

    async def read(self) -> tuple[Record, ...]:
        """Return what is new."""
        news = tuple(self._notes.records[self._read :])
        self._read += len(news)
        return news

    async def write(self, record: Record, *, guarded: bool) -> tuple[bool, tuple[Record, ...]]:
        """Write one, or die of it."""
        await asyncio.sleep(0)
        if guarded and self._read < len(self._notes.records):
            return False, await self.read()
        dies = len(self._notes.records) == self._notes.kill_at
        if self._notes.written or not dies:
            self._notes.records.append(record)
        if dies:
            self._notes.kill_at = 0
            raise Killed
        return True, await self.read()


class Story:
    """One rollout, the world it is in, and what must hold of it at every record."""

    def __init__(
        self,
        waves: Sequence[Sequence[Clean]],
        world: World,
        rules: Rules,
        notes: Notes | None = None,
    ) -> None:
        self.world = world
        self.begun = Begun(BEGAN, Clean("r1"), ALICE, NEW, Clean("0" * 64), _tuples(waves), rules)
        self.notes = notes or Notes(self.begun)
        self._ids = count(1)
        self.machine = Machine(self.begun)
        self.on_record: Callable[[Machine, Record], None] | None = None
        self.consoles = 0

    async def drive(self) -> Machine:
        """Drive as one console that knows but the journal."""
        self.consoles += 1
        records = tuple(self.notes.records)
        self.machine = replayed(records)
        reader = Reader(self.notes, len(records))
        driver = Driver(self.machine, reader, self.world, self._told, now, self._new_id)
        await driver.run(ALICE)
        return self.machine

    async def drive_through(self) -> Machine:
        """Drive to the end, from a new console wherever one is killed."""
        while True:
            try:
                return await self.drive()
            except Killed:
                await asyncio.sleep(1.0)

    def _new_id(self) -> Clean:
        return Clean(f"job-{next(self._ids)}")

    def _told(self, machine: Machine, record: Record) -> None:
        held(machine, record)
        if self.on_record is not None:
            self.on_record(machine, record)

    def check(self) -> None:
        """Assert what must hold when nothing is driven any more."""
        place = {target: at for at, wave in enumerate(self.begun.waves) for target in wave}
        for target, host in self.world.hosts.items():
            assert len({job for job, _ in host.launched}) == len(host.launched)
            assert [image for _, image in host.launched].count(NEW) <= 1
            if place[target] > self.machine.wave:
                assert not host.launched
        if self.machine.stopped:
            for target in self.machine.members:
                fate = self.world.hosts[target].fate
                if fate not in {Fate.LOST, Fate.STUCK} and self.machine.course is not Course.HELD:
                    assert self.world.hosts[target].image == OLD


def held(machine: Machine, record: Record) -> None:
    """Assert what must hold right after a record."""
    if isinstance(record, Mark) and record.what is What.MOVING:
        assert record.target in machine.members
        assert not machine.stopped
        assert not machine.paused
        assert machine.away <= machine.begun.rules.most
    if isinstance(record, Mark) and record.what is What.RETURNING:
        well = machine.standings[record.target].told is None
        assert not well or machine.away <= machine.begun.rules.most


def phases(machine: Machine) -> dict[Clean, Phase]:
    """Return where each target is."""
    return {target: standing.phase for target, standing in machine.standings.items()}


def _tuples(waves: Sequence[Sequence[Clean]]) -> tuple[tuple[Clean, ...], ...]:
    return tuple(map(tuple, waves))

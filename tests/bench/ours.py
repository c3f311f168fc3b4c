"""Starting and stopping by this console's own plans: their scripts alone, as jobs run them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from console.clean import Clean
from console.plan import Plan, Verb, Wish
from tests.bench.starters import Room, Starter, soon
from tests.lab.planning import Operator, begun
from tests.lab.subhost import Subhost
from tests.lab.world import World

NAME = "a plan's script"
CONF = "START=none\nCABLES==\n"


class Planned:
    """One subhost and its plans, which are made beforehand: only what runs there counts."""

    def __init__(self, subhost: Subhost) -> None:
        self._subhost = subhost
        self._room = Room(subhost.name, subhost.folder)
        self._start = self._plan(Verb.START)
        self._stop: Plan | None = None
        self._supervisor: _Running | None = None
        self.starter = Starter(NAME, self.start, self.stop, self.between)

    def start(self) -> None:
        """Return when the job has told that all is done."""
        self.begin()
        self.await_up()

    def begin(self) -> None:
        """Start, and do not wait."""
        self._supervisor = _Running(self._start)

    def await_up(self) -> None:
        """Return when the job has told that all is done."""
        assert self._supervisor
        self._supervisor.await_end()

    def between(self) -> None:
        """Make the plan of the stop, which names the processes that run now."""
        self._stop = self._plan(Verb.STOP)

    def stop(self) -> None:
        """Return when the job has told that all is done, and that can be seen."""
        assert self._stop
        assert self._supervisor
        _Running(self._stop).await_end()
        self._room.await_gone()
        supervisor = self._supervisor.job.process
        soon(lambda: supervisor.poll() is not None, "the supervisor to end")

    def _plan(self, verb: Verb) -> Plan:
        return asyncio.run(_planned(self._subhost, verb))


def ours(world: World) -> Starter:
    """Return the way of the console."""
    return Planned(world.subhost(CONF)).starter


def crowd(world: World, count: int) -> Sequence[Planned]:
    """Return so many, to be started at once."""
    return [Planned(world.subhost(CONF)) for _ in range(count)]


async def _planned(subhost: Subhost, verb: Verb) -> Plan:
    operator = Operator([f"{subhost.folder}/*.conf"])
    try:
        plan = await operator.planned(Wish(verb, Clean(subhost.name)))
    finally:
        await operator.close()
    if plan.obstacles:
        raise RuntimeError(f"{plan.title}: {plan.obstacles}")
    return plan


class _Running:
    """A job begun: to look again and again for its end would take a tenth of what it has."""

    def __init__(self, plan: Plan) -> None:
        self._hears, errors = os.pipe()
        self.job = begun(plan, errors=errors)
        os.close(errors)

    def await_end(self) -> None:
        """Return when it has told that all is done."""
        with os.fdopen(self._hears, "rb") as hears:
            said = hears.read()
        word = self.job.ended()
        if word != "done":
            raise RuntimeError(f"{word}: {self.job.journal} {self.job.log} {said!r}")

"""The plan dialog: plans are made while it is open, read, and confirmed by their tier."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.plan import Obstacle, Plan, Wish
from console.shell import script
from screens.confirm import Confirm
from screens.doing import Doing, Target
from screens.marks import Glyphs
from screens.pages import planned
from screens.pages.planned import Planned

_AT_ONCE = 8
"""Hosts asked at once."""
_PAUSE = 0.2
"""Seconds after which it is shown anew how far planning came."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """One thing to be done to one subhost or level, or several."""

    wishes: tuple[tuple[Clean, Wish], ...]
    """Host and what is wished there; of all the same verb."""
    hidden: int = 0
    """How many of the targets the filter hides."""
    hosts: int = 1
    """How many hosts the fleet has."""


class PlanDialog(Confirm):
    """Answers ``True`` where ``runnable`` is to be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "program", "Program", show=False),
        Binding("n", "target(1)", "Next target", show=False),
        Binding("N", "target(-1)", "Previous target", show=False),
        Binding("ctrl+r", "again", "Plan again", show=False),
    ]

    def __init__(self, asked: Wishes, doing: Doing, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._asked, self._doing = asked, doing
        self._plans = self._unplanned()
        self._program = False
        self._at = 0
        self.complete = False
        """Whether every plan is made, or cannot be, and it is asked about them."""
        self._show()

    @property
    def runnable(self) -> tuple[Plan, ...]:
        """The plans that can be done."""
        return tuple(each.plan for each in self._plans if each.plan and each.runs)

    @property
    def ready(self) -> bool:
        return self.complete and super().ready

    def on_mount(self) -> None:
        self.set_interval(_PAUSE, self._progress)
        self.action_again()

    def action_again(self) -> None:
        """Make the plans anew."""
        self._plans = self._unplanned()
        self.complete = self._program = False
        self._at = 0
        self.ask(None)
        self._show()
        self.run_worker(self._plan(), exclusive=True)

    def action_program(self) -> None:
        """Show the program in place of the steps, or the steps again."""
        self._program = self.complete and not self._program
        self._turned()

    def action_target(self, by: int) -> None:
        """Show the next of several targets; before the first is the overview."""
        if self.complete:
            self._at = min(max(self._at + by, 0), planned.pages(self._plans) - 1)
            self._turned()

    def _turned(self) -> None:
        self._show()
        self.ask_keys(self._keys())
        self.action_edge(-1)

    def _unplanned(self) -> list[Planned]:
        return [Planned(_target(host, wish)) for host, wish in self._asked.wishes]

    async def _plan(self) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for at, (host, wish) in enumerate(self._asked.wishes):
                group.create_task(self._plan_one(gate, at, host, wish))
        self.complete = True
        self._show()
        self.ask(planned.consent(self._plans, self._asked.hosts), self._keys())

    async def _plan_one(self, gate: asyncio.Semaphore, at: int, host: Clean, wish: Wish) -> None:
        target = _target(host, wish)
        async with gate:
            try:
                plan = await self._doing.planned(host, wish)
                found = Planned(target, plan, plan.obstacles or unspeakable(plan))
            except ConsoleError as error:
                found = Planned(target, None, (_obstacle(str(error), error.hint),))
            except Exception as error:  # a fault of ours with one must not hide the others
                found = Planned(target, None, (_obstacle(f"internal: {error!r}", ""),))
        self._plans[at] = found

    def _progress(self) -> None:
        """Show how far planning came; not after each plan, for there may be hundreds."""
        if not self.complete:
            self._show()

    def _show(self) -> None:
        plans: Sequence[Planned] = self._plans
        verb = self._asked.wishes[0][1].verb
        lines = (planned.program if self._program else planned.text)(plans, self._at)
        self.say(planned.title(verb, plans, self._asked.hidden), lines)

    def _keys(self) -> str:
        """Return the keys that do something here, besides those that scroll."""
        pages, keys = planned.pages(self._plans), list[str]()
        if pages > 1:
            where = f"target {self._at} of {pages - 1}" if self._at else "each target"
            keys.append(f"n N: {where}")
        if self.runnable:
            keys.append("v: the steps" if self._program else "v: the program")
        return "  ".join(keys or ["Ctrl-R: plan again"])


def _target(host: Clean, wish: Wish) -> Target:
    return Target(host, wish.subhost, wish.level or Clean(""))


def unspeakable(plan: Plan) -> tuple[Obstacle, ...]:
    """Return what keeps a plan from being a program at all."""
    try:
        script(plan)
    except ValueError as error:
        return (_obstacle(f"it cannot be written as a program: {error}", ""),)
    return ()


def _obstacle(text: str, remedy: str) -> Obstacle:
    return Obstacle(clean(text), clean(remedy) if remedy else None)

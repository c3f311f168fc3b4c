"""Rollouts to 10,000 hosts that fail in every way, from consoles that are killed.

``python -m tests.bench.bench_rollout [HOSTS]``. Time on the hosts is made up, all else is the
driver, the machine and the journal's text as they are.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from console.clean import Clean
from console.rollout.journal import line, records
from console.rollout.machine import Machine, replayed
from console.rollout.phases import Course, Phase
from console.rollout.records import Mark, Record, Rules, What
from console.rollout.waves import portions, waves
from tests.bench.budget import Figure, table
from tests.console.clockwork import Clock
from tests.console.rollout.story import Story
from tests.console.rollout.world import NEW, Fate, World, names

HOSTS = 10_000
SMALL = 12
"""Hosts of the rollout whose console is killed at every single record."""
KILLS = 40
"""Of the consoles that drive the large one, spread over its records."""
_BAD = [fate for fate in Fate if fate is not Fate.WELL]


@dataclass
class Counts:
    """What must not be, counted."""

    too_early: int = 0
    """Hosts touched whose wave had not come, or after a gate had failed."""
    too_many: int = 0
    """Times that another host was taken though all that may be were unavailable."""
    twice: int = 0
    """Jobs that were begun a second time."""
    left_new: int = 0
    """Hosts that answer and are on the new image although their wave was taken back."""
    moved: int = 0
    most_away: int = 0

    def watch(self, machine: Machine, record: Record) -> None:
        """Take note of one record."""
        self.most_away = max(self.most_away, machine.away)
        if not isinstance(record, Mark):
            return
        if record.what is What.MOVING:
            self.moved += 1
            self.too_early += machine.stopped is not None
            self.too_early += record.target not in machine.members
            self.too_many += machine.away > machine.begun.rules.most
        well = record.what is What.RETURNING and record.told is None
        self.too_many += well and machine.away > machine.begun.rules.most

    def end(self, story: Story) -> None:
        """Take note of how the hosts are in the end."""
        place = {target: at for at, wave in enumerate(story.begun.waves) for target in wave}
        members = set(story.machine.members) if story.machine.stopped else set()
        for target, host in story.world.hosts.items():
            begun = [job for job, _ in host.launched]
            self.twice += len(begun) - len(set(begun))
            self.twice += max([image for _, image in host.launched].count(NEW) - 1, 0)
            self.too_early += place[target] > story.machine.wave and bool(begun)
            phase = story.machine.standings[target].phase
            excused = phase in {Phase.LOST, Phase.STUCK}
            self.left_new += target in members and host.image == NEW and not excused

    @property
    def broken(self) -> int:
        """How often something was that must not be."""
        return self.too_early + self.too_many + self.twice + self.left_new


def main(hosts: int = HOSTS) -> list[Figure]:
    """Measure, print it all, return what has a budget."""
    figures: list[Figure] = []
    for told, make, course, kills in (
        (f"1 in 100 bad, {KILLS} consoles killed", _mixed, Course.DONE, KILLS),
        ("1 in 100 bad, half of it the budget", _short, Course.STOPPED, 0),
        ("canary bad", _canary, Course.STOPPED, 0),
    ):
        figures += _played(f"rollout {hosts}, {told}", make(hosts), course, kills)
    figures += _every_record()
    print(table(figures))
    return figures


def _played(name: str, story: Story, course: Course, kills: int) -> list[Figure]:
    counts = Counts()
    # Four records a host are written, and a few more where some go back.
    step = 4 * len(story.world.hosts) // kills if kills else 0

    def told(machine: Machine, record: Record) -> None:
        counts.watch(machine, record)
        if step and len(story.notes.records) % step == step - 2:
            story.notes.kill_at = len(story.notes.records) + 1
            story.notes.written = bool(story.consoles % 2)

    story.on_record = told
    began = time.process_time()
    virtual = _run(story)
    took = time.process_time() - began
    machine = story.machine
    counts.end(story)
    text = b"".join(map(line, story.notes.records))
    began = time.process_time()
    again = replayed(records(text, "bench"))
    replay = time.process_time() - began
    same = again.standings == machine.standings and again.course is machine.course
    phases = Counter(each.phase.value for each in machine.standings.values())
    print(
        f"{name}: {machine.course}, {story.consoles} consoles, {len(story.notes.records)} records,"
        f" {len(text) / 1e6:.1f} MB, {virtual / 60:.0f} min of made-up time,"
        f" {counts.moved} moved, at most {counts.most_away} away"
        f" of {machine.begun.rules.most}, {machine.failures} failures;"
        f" {', '.join(f'{count} {phase}' for phase, count in sorted(phases.items()))}",
        flush=True,
    )
    wrong = counts.broken + (not same) + (machine.course is not course)
    return [
        Figure(f"{name}: rules broken", wrong, "", 0),
        Figure(f"{name}: CPU", took, "s", 120.0),
        Figure(f"{name}: replay", replay, "s", 5.0),
    ]


def _every_record() -> list[Figure]:
    """Kill the console at every record of a small rollout, before it is written and after."""
    began = time.process_time()
    broken = played = 0
    for bad in (Fate.WELL, Fate.LOST, Fate.SICKENS):
        plain = _small(bad)
        _run(plain)
        for kill_at in range(1, len(plain.notes.records)):
            for written in (False, True):
                story = _small(bad)
                story.notes.kill_at, story.notes.written = kill_at, written
                counts = Counts()
                story.on_record = counts.watch
                _run(story)
                counts.end(story)
                same = story.machine.course is plain.machine.course and story.consoles == 2
                broken += counts.broken + (not same)
                played += 1
    took = time.process_time() - began
    name = f"rollout {SMALL}, killed at every record"
    print(f"{name}: {played} rollouts in {took:.1f} s")
    return [Figure(f"{name}: rules broken", broken, "", 0)]


def _run(story: Story) -> float:
    """Drive to the end, and return how long that took on the made-up clock."""

    async def play() -> float:
        await story.drive_through()
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=Clock) as runner:
        return runner.run(play())


def _story(hosts: int, failures: int, fates: Mapping[int, Fate]) -> Story:
    every = names(hosts)
    tags = {name: (Clean(f"row{at % 7}"),) for at, name in enumerate(every)}
    divided = waves(tags, portions("1,1%,10%,rest"))
    first = divided[0][0]
    ordered = [first, *(name for name in every if name != first)]
    world = World((name, fates.get(at, Fate.WELL)) for at, name in enumerate(ordered))
    rules = Rules(max(hosts // 10, 2), failures, soak=120.0, limit=300.0)
    return Story(divided, world, rules)


def _mixed(hosts: int) -> Story:
    return _story(hosts, hosts // 50, _fates(hosts))


def _short(hosts: int) -> Story:
    return _story(hosts, hosts // 200, _fates(hosts))


def _canary(hosts: int) -> Story:
    return _story(hosts, hosts, {0: Fate.FALLS_BACK})


def _small(bad: Fate) -> Story:
    return _story(SMALL, 0, {SMALL // 2: bad})


def _fates(hosts: int) -> dict[int, Fate]:
    """Return which hosts but the canary are bad, and how: the same each time."""
    chance = Random(1)  # noqa: S311  no secret
    return {at: chance.choice(_BAD) for at in chance.sample(range(1, hosts), hosts // 100)}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

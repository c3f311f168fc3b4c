"""What starting and stopping a subhost takes, beside other ways to the same, in one run.

``python -m tests.bench.bench_subhost [ROUNDS]``. Every way has its turn in each round, so that
what else the machine does hits all of them. Needs root; all happens in namespaces of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.bench import ours
from tests.bench.budget import Figure, table
from tests.bench.starters import Starter, missing, starters
from tests.lab.apart import PRIVATE, cover
from tests.lab.planning import JOBS
from tests.lab.world import World, mount

ROUNDS, CROWD = 30, 50
BUDGETS = {"crun, ip and mount": 1.25, "overlay-boot's order of steps, its tools": 1 / 8}
"""The most that ours may take, as a share of theirs."""
_Times = Mapping[str, tuple[Sequence[float], Sequence[float]]]


def main(rounds: int = ROUNDS) -> list[Figure]:
    """Measure, print and return the figures; none without root."""
    if os.geteuid() != 0:
        print("bench_subhost needs root", file=sys.stderr)
        return []
    for name, lacking in missing().items():
        print(f"left out, for want of {lacking}: {name}", file=sys.stderr)
    inside = [*PRIVATE, sys.executable, "-m", __spec__.name, "--inside", str(rounds)]
    said = subprocess.run(inside, check=True, stdout=subprocess.PIPE)
    figures = [Figure(**each) for each in json.loads(said.stdout)]
    print(table(figures))
    return figures


def measured(rounds: int) -> list[Figure]:
    """Measure in namespaces that are ours alone."""
    cover()
    # By that of another network neither link would be seen to come or go.
    mount("sysfs", Path("/sys"), "sysfs")
    # Of what some machines keep there crun wants nothing to do.
    mount("cgroup2", Path("/sys/fs/cgroup"), "cgroup2")
    Path("/run/netns").mkdir()
    with World() as world:
        ways = [ours.ours(world), *starters(world)]
        figures = [Figure("load average before", os.getloadavg()[0], "")]
        figures += compared(turns(ways, rounds))
        return [*figures, at_once(world), *by_command(world)]


def turns(ways: Sequence[Starter], rounds: int) -> _Times:
    """Return by way the milliseconds of its starts and stops, without those of a first round."""
    found: dict[str, tuple[list[float], list[float]]] = {way.name: ([], []) for way in ways}
    for turn in range(rounds + 1):
        for way in ways:
            start = milliseconds(way.start)
            way.between()
            for times, each in zip(found[way.name], (start, milliseconds(way.stop)), strict=True):
                times += [each] if turn else []
    return found


def milliseconds(work: Callable[[], None]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def compared(times: _Times) -> list[Figure]:
    """Return medians, and ours as shares of the others'."""
    starts, stops = ({name: median(each[half]) for name, each in times.items()} for half in (0, 1))
    own_start, own_stop = starts.pop(ours.NAME), stops.pop(ours.NAME)
    return [
        Figure(f"start: {ours.NAME}", own_start, "ms", 30),
        *(Figure(f"start: {name}", each, "ms") for name, each in starts.items()),
        *(
            Figure(f"start, as a share of {name}", own_start / each, "", BUDGETS.get(name))
            for name, each in starts.items()
        ),
        Figure(f"stop: {ours.NAME}", own_stop, "ms", 20),
        *(Figure(f"stop: {name}", each, "ms") for name, each in stops.items()),
        *(
            Figure(f"stop, as a share of {name}", own_stop / each, "")
            for name, each in stops.items()
        ),
    ]


def at_once(world: World) -> Figure:
    """Start many at once, and stop them."""
    crowd = ours.crowd(world, CROWD)

    def start() -> None:
        for each in crowd:
            each.begin()
        for each in crowd:
            each.await_up()

    taken = milliseconds(start) / 1000
    for each in crowd:
        each.between()
        each.stop()
    return Figure(f"start: {CROWD} at once, {ours.NAME}s", taken, "s", 1.5)


def by_command(world: World) -> list[Figure]:
    """Start many by one command, and stop them by another: both look, plan and watch, too."""
    names = [world.subhost(ours.CONF).name for _ in range(CROWD)]
    config = world.folder / "config.toml"
    config.write_text(f'subhosts = ["{world.folder}/*/*.conf"]\n')
    targets = [f"local/{name}" for name in names]

    def command(verb: str) -> float:
        argv = [sys.executable, "-m", "console", verb, "--yes", "--config", str(config), *targets]
        environment = {**os.environ, "XDG_STATE_HOME": str(world.folder / "state")}

        def work() -> None:
            subprocess.run(argv, check=True, env=environment, capture_output=True)

        return milliseconds(work) / 1000

    before = {*JOBS.iterdir()}
    whole = command("start")
    there = _span({*JOBS.iterdir()} - before)
    return [
        Figure(f"start: {CROWD} by one command, on the target", there, "s", 1.5),
        Figure(f"start: {CROWD} by one command, as a whole", whole, "s"),
        Figure(f"stop: {CROWD} by one command, as a whole", command("stop"), "s"),
    ]


def _span(jobs: Iterable[Path]) -> float:
    """Return the seconds from their first word to their last."""
    lines = (line for job in jobs for line in (job / "journal").read_text().splitlines())
    times = [float(line.split(" ", 1)[0]) for line in lines]
    return max(times) - min(times)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        print(json.dumps([asdict(each) for each in measured(int(sys.argv[2]))]))
    else:
        main(*map(int, sys.argv[1:2]))

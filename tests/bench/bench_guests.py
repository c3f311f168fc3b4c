"""What hosts of ten running subhosts each take: ``python -m tests.bench.bench_guests [NUMBER]``.

Machines with real subhosts are watched, each under many names and over as many connections. They
run on one processor of this machine, and who looks at them on the others. Needs root.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import linear_regression

from tests.bench.bench_ssh import FARTHER, apart, looker
from tests.bench.budget import Figure, table
from tests.bench.machine import Machine, machines
from tests.lab.world import World

SUBHOSTS, SECONDS = 10, 20.0
MACHINES = 4
NAMES = (40, 80, 120)
"""Under so many names they are watched in turn: what each takes more. Memory comes by the
mebibyte, so that fewer would not tell it; more are too many for one processor to answer for."""


def main(subhosts: int = SUBHOSTS) -> list[Figure]:
    """Measure, print and return the figures; none without root."""
    if os.geteuid() != 0:
        print("bench_guests needs root", file=sys.stderr)
        return []
    ours = apart()
    with World() as world, machines(world, MACHINES, subhosts) as those:
        os.sched_setaffinity(0, ours)
        runs = [looked(world.place(), those, names) for names in NAMES]
    figures = told(runs)
    print(table(figures))
    return figures


def looked(folder: Path, those: Sequence[Machine], names: int) -> Mapping[str, float]:
    """Watch machines under so many names, from a process of its own."""
    config = folder / "many"
    config.write_text(
        "".join(each.named(f"m{number}-*") for number, each in enumerate(those)), encoding="utf-8"
    )
    aliases = [f"m{number % len(those)}-{number}" for number in range(names)]
    with looker("watch", config, SECONDS, aliases) as out:
        assert out.readline() == "done\n", "it ended too soon"
        found: Mapping[str, float] = json.loads(out.read())
    assert found["hosts"] == names
    return found


def told(runs: list[Mapping[str, float]]) -> list[Figure]:
    """Return what one such host takes, and a thousand."""
    many, what = runs[-1], f"ssh, a host of {runs[-1]['subhosts']:.0f} subhosts"
    rss = [run["rss"] for run in runs]
    each, rest = linear_regression([run["hosts"] for run in runs], rss)
    return [
        Figure(f"{what}: levels, theirs included", many["all levels"], ""),
        Figure(f"{what}: CPU of a sample, all included", many["cpu"], "ms"),
        Figure(f"{what}: RSS", 1024 * each, "KiB"),
        Figure(f"{what}: RSS of {FARTHER[0]}", each * FARTHER[0] + rest, "MiB", 250),
    ]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))

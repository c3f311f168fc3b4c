"""What hosts of ten running subhosts each take: ``python -m tests.bench.bench_guests [NUMBER]``.

One host with real subhosts is watched under many names, each over a connection of its own. It runs
on one processor of this machine, and who looks at it on the others. Needs root.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory

from tests.bench.bench_ssh import FARTHER, apart, looker
from tests.bench.budget import Figure, table
from tests.lab.sshd import Sshd, sshd
from tests.lab.world import World

SUBHOSTS, SECONDS = 10, 20.0
NAMES = (10, 40)
"""Under so many names the host is watched in turn: what each takes more."""


def main(subhosts: int = SUBHOSTS) -> list[Figure]:
    """Measure, print and return the figures; none without root."""
    if os.geteuid() != 0:
        print("bench_guests needs root", file=sys.stderr)
        return []
    ours = apart()
    with World() as world, TemporaryDirectory() as folder:
        world.bridge()
        world.crowd(subhosts)
        with sshd(Path(folder), "MaxStartups 100") as server:
            os.sched_setaffinity(0, ours)
            runs = [looked(server, names) for names in NAMES]
    figures = told(runs)
    print(table(figures))
    return figures


def looked(server: Sshd, names: int) -> Mapping[str, float]:
    """Watch the host under so many names, from a process of its own."""
    said = server.config.read_text(encoding="utf-8")
    config = server.folder / "many"
    config.write_text(said.replace(f"Host {server.alias}", "Host web*"), encoding="utf-8")
    aliases = [f"web{number}" for number in range(names)]
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

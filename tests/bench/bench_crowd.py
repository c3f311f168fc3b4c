"""What 500 mounts and 200 running subhosts cost: ``python -m tests.bench.bench_crowd [SUBHOSTS]``.

They are real, and built inside mount, pid and network namespaces of their own, so that they are
gone when the process that built them is. Needs root.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from backends.local import LocalBackend  # noqa: E402 the root is not on a script's path
from console.backend import Backend, Hands  # noqa: E402
from console.clean import Clean  # noqa: E402
from console.cli.reach import judge  # noqa: E402
from console.config import Config, default  # noqa: E402
from console.facts import Facts  # noqa: E402
from console.fleet import Fleet, Source  # noqa: E402
from screens.pages import build  # noqa: E402
from screens.place import Place, View  # noqa: E402
from tests.bench.budget import Figure, table  # noqa: E402
from tests.bench.watched import Watched, cpu_clock, drawn  # noqa: E402
from tests.lab.apart import PRIVATE, cover  # noqa: E402
from tests.lab.world import World, mount  # noqa: E402

SUBDECK = str(Path(sys.executable).with_name("subdeck"))
SUBHOSTS, MOUNTS, LOOKS = 200, 500, 10


def main(subhosts: int = SUBHOSTS) -> list[Figure]:
    """Measure inside namespaces of our own, print and return the figures; none without root."""
    if os.geteuid() != 0:
        print("bench_crowd needs root", file=sys.stderr)
        return []
    inside = [*PRIVATE, sys.executable, __file__, "--inside", str(subhosts)]
    said = subprocess.run(inside, check=True, stdout=subprocess.PIPE)
    figures = [Figure(**each) for each in json.loads(said.stdout)]
    print(table(figures))
    return figures


def crowded(subhosts: int) -> list[Figure]:
    """Build the crowd, measure, and let it go."""
    cover()
    mount("sysfs", Path("/sys"), "sysfs")
    mount("cgroup2", Path("/sys/fs/cgroup"), "cgroup2")
    Path("/run/netns").mkdir()
    with World() as world:
        world.bridge()
        began = time.monotonic()
        world.crowd(subhosts)
        for _ in range(MOUNTS):
            world.tmpfs("size=1M")
        built = time.monotonic() - began
        figures = asyncio.run(sampled(world.folder)) + watched(world.folder)
    return [Figure(f"{subhosts} subhosts, {MOUNTS} mounts: built in", built, "s"), *figures]


class Tallied:
    """A backend that notes the CPU each sample takes, the child's included."""

    def __init__(self, backend: LocalBackend) -> None:
        self._backend = backend
        self.costs: list[float] = []

    @property
    def name(self) -> Clean:
        return self._backend.name

    async def sample(self) -> Facts:
        before = self._cpu()
        facts = await self._backend.sample()
        self.costs.append(self._cpu() - before)
        return facts

    def _cpu(self) -> float:
        child = self._backend._prober.child
        return time.process_time() + (cpu_clock(child) if child else 0.0)

    async def changed(self) -> None:
        await self._backend.changed()

    async def refresh(self) -> None:
        await self._backend.refresh()

    async def close(self) -> None:
        await self._backend.close()

    @property
    def hands(self) -> Hands:
        return self._backend.hands


async def sampled(folder: Path) -> list[Figure]:
    """Look over and over, as watching does; return the CPU each part of a look takes."""
    config: Config = default()
    tallied = Tallied(LocalBackend(globs=[f"{folder}/*/*.conf"], deadline=5))

    async def connect() -> Backend:
        return tallied

    source = Source(tallied.name, connect)
    fleet = Fleet([source], config.interval, lambda name: judge(config, name), None)
    whole, pages = [], []
    for _ in range(LOOKS):
        before = time.process_time()
        await fleet.look_at_all()
        whole.append(time.process_time() - before)
        pages.append(cost(lambda: build(fleet.view, Place(View.FLEET), time.monotonic())))
    others = cost(lambda: build(fleet.view, Place(View.SUBHOSTS), time.monotonic()))
    (host,) = (contact.host for contact in fleet.view.contacts)
    await fleet.close()
    count = len(host.subhosts) if host else 0
    return [
        Figure("crowd: subhosts seen", count, ""),
        Figure("crowd: levels seen", len(host.all_levels) if host else 0, ""),
        Figure("crowd: gaps", len(host.gaps) if host else 0, ""),
        Figure("crowd: CPU of the first sample", 1000 * tallied.costs[0], "ms"),
        Figure("crowd: CPU of a sample, the child's too", 1000 * median(tallied.costs[1:]), "ms"),
        Figure("crowd: CPU of a look, derived and followed", 1000 * median(whole[1:]), "ms"),
        Figure("crowd: CPU of the fleet page", 1000 * median(pages), "ms"),
        Figure("crowd: CPU of the page of subhosts", 1000 * others, "ms"),
    ]


def cost(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    before = time.process_time()
    work()
    return time.process_time() - before


def watched(folder: Path) -> list[Figure]:
    """Watch the crowd with the installed command."""
    config = folder / "config.toml"
    config.write_text(f'subhosts = ["{folder}/*/*.conf"]\n')
    environ = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder)}
    argv = [SUBDECK, "--config", str(config)]
    with Watched(argv, environ) as console:
        frame, data = console.until(drawn(rb"q quit")), console.until(drawn(rb"\d\.\d%"))
        console.spell(10)
        spell = console.spell(20)
        rss, pss = console.memory()
    return [
        Figure("crowd: first frame", 1000 * frame.wall, "ms"),
        Figure("crowd: first data", 1000 * data.wall, "ms", 2000),
        Figure("crowd: watching, CPU, children too", spell.percent, "%", 5),
        Figure("crowd: watching, bytes to the terminal", spell.rate, "B/s"),
        Figure("crowd: RSS, children too", rss, "MiB"),
        Figure("crowd: PSS, children too", pss, "MiB"),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        print(json.dumps([asdict(each) for each in crowded(int(sys.argv[2]))]))
    else:
        main(*map(int, sys.argv[1:2]))

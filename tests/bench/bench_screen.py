"""What the screen costs with 1,000 hosts of twelve levels, a third of them lost.

``python tests/bench/bench_screen.py [HOSTS]``: building each page, then the whole program on a
terminal (a pty of 200x50) while every host that answers is seen anew every two seconds.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import struct
import sys
import tempfile
import termios
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.clean import Clean  # noqa: E402 the repository's root is not on a script's path
from console.fleet import Contact, ContactState, FleetView  # noqa: E402
from console.model import Host, Kind, Level  # noqa: E402
from console.series import Sample, Series  # noqa: E402
from console.trends import level_key  # noqa: E402
from screens.app import ConsoleApp  # noqa: E402
from screens.listing import Listing  # noqa: E402
from screens.page import Page  # noqa: E402
from screens.pages import build  # noqa: E402
from screens.pages.desk import Desk  # noqa: E402
from screens.place import Place, View  # noqa: E402
from screens.sight import Clocks  # noqa: E402
from screenshots.still import StillFleet  # noqa: E402
from screenshots.world import view  # noqa: E402
from tests.bench.bench_grid import (  # noqa: E402
    KEYS_A_SECOND,
    TimedDriver,
    keys,
    pump,
    share,
    writes,
)
from tests.bench.budget import Figure, table  # noqa: E402

HOSTS = 1000
INTERVAL = 2.0
SPELL = 0.25
"""Seconds between two views: an eighth of the hosts is new in each."""
SECONDS = 20.0
PAGES = (View.FLEET, View.FILL, View.SUBHOSTS, View.CABLES)

BUDGETS = {
    "CPU, %": 4.0,
    "to the terminal, kB/s": 20.0,
    "key to paint p95, ms": 20.0,
    "key to paint p99, ms": 40.0,
}


class Crowd:
    """Many hosts like one; two of three answer."""

    def __init__(self, pattern: Host, count: int) -> None:
        self.now = pattern.at
        self.turn = 0
        self.contacts = [self._contact(pattern, number) for number in range(count)]
        series = _series(pattern)
        self.series = {
            (contact.name, level_key(owner, level.id)): series
            for contact in self.contacts
            if contact.host
            for owner, level in contact.host.owned_levels
        }

    @property
    def view(self) -> FleetView:
        """What is known now."""
        return FleetView(tuple(self.contacts), self.series)

    def step(self) -> FleetView:
        """Let some time pass and see the next few hosts anew."""
        self.turn += 1
        self.now += SPELL
        parts = int(INTERVAL / SPELL)
        for number in range(self.turn % parts, len(self.contacts), parts):
            contact = self.contacts[number]
            if contact.failed is None and contact.host:
                host = contact.host
                levels = tuple(_moved(level, self.turn + number) for level in host.levels)
                fresh = replace(host, levels=levels, at=self.now)
                self.contacts[number] = replace(contact, host=fresh)
        return self.view

    def _contact(self, pattern: Host, number: int) -> Contact:
        name = Clean(f"web{number:04}")
        host = replace(pattern, name=name, levels=tuple(map(replace, pattern.levels)))
        contact = Contact(name, INTERVAL, host, tags=(Clean("web"), Clean("prod")))
        if number % 3:
            return contact
        gone = replace(host, at=host.at - 3600)
        lost = replace(
            contact, host=gone, failed=ContactState.UNREACHABLE, trouble=Clean("no answer")
        )
        return lost if number % 2 else replace(lost, host=None)


def _series(pattern: Host) -> Series:
    end = int(pattern.at)
    return Series(Sample(at, at, at << 20) for at in range(end - 600, end, 10))


def _moved(level: Level, turn: int) -> Level:
    """Return a level as it is a little later; as on a real host, most stand still."""
    if level.used is None or level.kind not in {Kind.MEMORY, Kind.DM_SNAPSHOT}:
        return level
    return replace(level, used=level.used + turn % 7 * 4096)


def pattern() -> Host:
    """Return the host that all are like."""
    (contact,) = asyncio.run(view(30)).contacts
    assert contact.host
    return contact.host


def cost(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds of one call."""
    before = time.process_time()
    work()
    return 1000 * (time.process_time() - before)


def pages(hosts: int) -> list[Figure]:
    """Measure what building a page costs, and arranging its first table."""
    crowd = Crowd(pattern(), hosts)
    return [
        Figure(f"{kind.value}, {hosts} hosts: {name}", value, "ms")
        for kind in PAGES
        for name, value in page_costs(crowd, Place(kind)).items()
    ]


def page_costs(crowd: Crowd, place: Place) -> dict[str, float]:
    """Return CPU milliseconds."""
    desk, moving, arranged = Desk(), list[float](), list[float]()

    def made() -> Page:
        return build(crowd.view, place, crowd.now, desk)

    first = cost(made)
    still = median(cost(made) for _ in range(9))
    listing = Listing(made().tables[0])
    for _ in range(16):
        crowd.step()
        moving.append(cost(made))
        arranged.append(cost(partial(_arranged, listing, made())))
    return {
        "made for the first time": first,
        "nothing new": still,
        "an eighth of the hosts new": median(moving),
        "its first table arranged": median(arranged),
    }


def _arranged(listing: Listing, page: Page) -> None:
    assert listing.showing(page.tables[0]).positions


class Busy(StillFleet):
    """A fleet that goes on; what it costs itself is left out."""

    def __init__(self, hosts: int) -> None:
        super().__init__()
        self.crowd = Crowd(pattern(), hosts)
        self.cpu = self.began = 0.0

    async def views(self) -> AsyncIterator[FleetView]:
        while True:
            before = time.process_time()
            seen = self.crowd.step()
            self.cpu -= time.process_time() - before
            if keys and not self.began:
                self.cpu, self.began = time.process_time(), time.monotonic()
            yield seen
            await asyncio.sleep(SPELL)


def child(hosts: int, report: str) -> None:
    """Run the program on the terminal it was given and write down what it measured."""
    fleet = Busy(hosts)

    async def prepare() -> StillFleet:
        return fleet

    app = ConsoleApp(prepare, clocks=Clocks(lambda: fleet.crowd.now))
    app.driver_class = TimedDriver
    app.run()
    cpu, wall = time.process_time() - fleet.cpu, time.monotonic() - fleet.began
    paints = [next((t for t in writes if t > key), key) - key for key in keys[:-1]]
    Path(report).write_text(json.dumps({"paints": paints, "cpu": [cpu / wall]}))


def watched(hosts: int, keys_a_second: float) -> dict[str, float]:
    """Run the program on a pty, moving the cursor so often; return what has a budget."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            argv = [sys.executable, __file__, "--child", str(hosts), str(report)]
            os.execv(sys.executable, argv)  # noqa: S606 the program is this one
        sent = pump(pid, terminal, SECONDS, keys_a_second)
        found = json.loads(report.read_text())
    return {
        "CPU, %": 100 * found["cpu"][0],
        "to the terminal, kB/s": sent / 1000,
        "key to paint p50, ms": share(found["paints"], 50),
        "key to paint p95, ms": share(found["paints"], 95),
        "key to paint p99, ms": share(found["paints"], 99),
    }


def screens(hosts: int) -> list[Figure]:
    """Measure the program while nobody types, and while the cursor moves all along."""
    still, busy = watched(hosts, 1 / SECONDS), watched(hosts, KEYS_A_SECOND)
    quiet = {name: value for name, value in still.items() if "key" not in name}
    return [
        Figure(f"{hosts} hosts on the screen, {how}: {name}", value, "", BUDGETS.get(name))
        for how, values in (("no keys", quiet), (f"{KEYS_A_SECOND} keys/s", busy))
        for name, value in values.items()
    ]


def main(hosts: int = HOSTS) -> list[Figure]:
    """Measure, print and return the figures."""
    figures = pages(hosts) + screens(hosts)
    print(table(figures))
    return figures


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]), sys.argv[3])
    else:
        main(*map(int, sys.argv[1:2]))

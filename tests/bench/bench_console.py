"""What the installed console costs on a terminal of 200x50, beside an empty app and htop.

``python -m tests.bench.bench_console [ROUNDS] [SECONDS]``: start-up, one look by the command
line, watching this host, and watching one where nothing changes. Nobody types but where told.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.budget import Figure, table  # noqa: E402 the root is not on a script's path
from tests.bench.watched import Seen, Watched, below_first_row, drawn, side_by_side  # noqa: E402

SUBDECK = str(Path(sys.executable).with_name("subdeck"))
EMPTY = [sys.executable, "-c", "from textual.app import App\nApp().run()"]
HTOP = ["htop", "-d", "20"]
FRAME = drawn(rb"subdeck ", rb"q quit")
DATA = drawn(rb"\d\.\d%")
_BLANK: Seen = lambda output: output.count(b" ") >= 200 * 50  # noqa: E731 a name for a frame


@dataclass(slots=True)
class Timed:
    """Milliseconds of one program over the rounds, by what they measure."""

    found: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        self.found.setdefault(name, []).append(1000 * seconds)

    def __getitem__(self, name: str) -> float:
        return median(self.found[name])


@contextmanager
def strangers_home() -> Iterator[Mapping[str, str]]:
    """An environment in which the console has never run."""
    with tempfile.TemporaryDirectory() as folder:
        yield {"XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}


def started(rounds: int) -> Timed:
    """Start everything in turn, over and over."""
    timed = Timed()
    with strangers_home() as environ:
        for _ in range(rounds):
            for name, argv, seen in (("empty", EMPTY, _BLANK), ("htop", HTOP, drawn(b"F10"))):
                with Watched(argv) as program:
                    moment = program.until(seen)
                timed.add(name, moment.wall)
                timed.add(f"{name} cpu", moment.cpu)
            with Watched([SUBDECK], environ) as console:
                frame = console.until(FRAME)
                help_after = console.answer(b"?", drawn(rb"fleet > help"))
            timed.add("key at start", help_after)
            with Watched([SUBDECK], environ) as console:
                frame, data = console.until(FRAME), console.until(DATA)
                timed.add("key", console.answer(b"?", drawn(rb"fleet > help")))
            for name, moment in (("frame", frame), ("data", data)):
                timed.add(name, moment.wall)
                timed.add(f"{name} cpu", moment.cpu)
            timed.add("status", ran([SUBDECK, "status", "local", "--json"], environ))
            timed.add("python", ran([sys.executable, "-c", "pass"], environ))
    return timed


def ran(argv: Sequence[str], environ: Mapping[str, str]) -> float:
    """Return the seconds a command takes."""
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environ})
    return time.perf_counter() - began


def start_figures(rounds: int) -> list[Figure]:
    timed = started(rounds)
    empty = timed["empty"]
    return [
        Figure("empty Textual app: first frame", empty, "ms"),
        Figure("empty Textual app: CPU", timed["empty cpu"], "ms"),
        Figure("htop: first frame", timed["htop"], "ms"),
        Figure("subdeck: first frame", timed["frame"], "ms"),
        Figure("subdeck: CPU to first frame", timed["frame cpu"], "ms"),
        Figure("subdeck: first data", timed["data"], "ms"),
        Figure("subdeck: CPU to first data", timed["data cpu"], "ms"),
        Figure("first frame / empty app", timed["frame"] / empty, "x", 2.0),
        Figure("first data / empty app", timed["data"] / empty, "x", 2.5),
        Figure("key to paint once at rest", timed["key"], "ms"),
        Figure("key to paint, pressed at the first frame", timed["key at start"], "ms"),
        Figure("python -c pass", timed["python"], "ms"),
        Figure("status local --json", timed["status"], "ms", 250),
        Figure("status local --json / python", timed["status"] / timed["python"], "x"),
    ]


def watching_figures(seconds: float) -> list[Figure]:
    """Watch this host with both programs at once, every 2 s."""
    with (
        strangers_home() as environ,
        Watched([SUBDECK], environ) as console,
        Watched(HTOP) as htop,
    ):
        console.until(DATA)
        side_by_side([console, htop], 5)
        ours, theirs = side_by_side([console, htop], seconds)
        rss, pss = console.memory()
        htop_rss = htop.memory()[0]
    return [
        Figure("watching this host: CPU, children too", ours.percent, "%", 2.0),
        Figure("htop beside it: CPU", theirs.percent, "%"),
        Figure("watching this host: bytes to the terminal", ours.rate, "B/s"),
        Figure("htop beside it: bytes to the terminal", theirs.rate, "B/s"),
        Figure("watching this host: RSS, children too", rss, "MiB", 70),
        Figure("watching this host: PSS, children too", pss, "MiB"),
        Figure("htop beside it: RSS", htop_rss, "MiB"),
    ]


def still_figures(seconds: float) -> list[Figure]:
    """Watch a host of which nothing ever changes: a copy of some files of this one."""
    with strangers_home() as environ, tempfile.TemporaryDirectory() as folder:
        for name in ("self/mountinfo", "meminfo", "uptime", "stat", "pressure/memory"):
            copy = Path(folder, "proc", name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(Path("/proc", name).read_bytes())
        with Watched([SUBDECK, "--root", folder], environ) as console:
            console.until(DATA)
            console.spell(15)
            spell = console.spell(seconds)
    below = below_first_row(spell.output)
    return [
        Figure("unchanged host: bytes/s for the age", spell.rate, "B/s"),
        Figure("unchanged host: bytes below the age's row", below, "B", 0),
    ]


def main(rounds: int = 7, seconds: float = 30) -> list[Figure]:
    """Measure everything, print it, return it."""
    figures = start_figures(rounds) + watching_figures(seconds) + still_figures(seconds / 2)
    print(table(figures))
    return figures


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))

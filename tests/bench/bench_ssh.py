"""What watching 200 hosts over SSH costs, 50 more being dead, beside what others take for it.

``python -m tests.bench.bench_ssh [HOSTS] [SECONDS]``. The hosts are real OpenSSH servers in
namespaces of this machine. They run on one of its processors, and who looks at them on the others,
for elsewhere they are other machines. Needs root.

Budgets of CPU are those of the machine they were made on, times how much slower this one is, by
what both did: a round by ControlMaster for the console, ``cat`` for the hosts.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.bench import peers
from tests.bench.budget import Figure, table
from tests.bench.looker import INTERVAL
from tests.bench.spent import Spent, spent
from tests.bench.watched import Watched, drawn, favour
from tests.lab.farm import Farm, farm
from tests.lab.world import World

ROOT = Path(__file__).resolve().parents[2]
SUBDECK = str(Path(sys.executable).with_name("subdeck"))
HOSTS, HOLES, SECONDS, KEYS = 200, 50, 20.0, 40
SIZES = (0.25, 0.5, 1.0)
"""Shares of the hosts that are watched in turn: what grows, and how."""
ROUND, CAT = 4.9, 0.85
"""CPU milliseconds there: a sample by ControlMaster, and ``cat`` of four files of /proc."""
ROUNDS = 3
"""Rounds by ControlMaster of which one is the median."""
CATS = 500
"""Calls of ``cat`` of which one is the mean."""
_A_HOST = rb"[hd]\d\d\d"
FARTHER = (1000, 10_000)
"""So many hosts are told by the line through what was measured."""


def main(hosts: int = HOSTS, seconds: float = SECONDS) -> list[Figure]:
    """Measure, print and return the figures; none without root."""
    if os.geteuid() != 0:
        print("bench_ssh needs root", file=sys.stderr)
        return []
    figures: list[Figure] = []
    load = os.getloadavg()[0]
    with World() as world:
        began = time.monotonic()
        ours = apart()
        with spent(world.place()) as used, farm(world, hosts, holes=HOLES) as it:
            used.leave()
            os.sched_setaffinity(0, ours)
            figures.append(Figure(f"{hosts} sshd started in", time.monotonic() - began, "s"))
            figures.append(Figure("load average before that", load, ""))
            runs = [watched(it, used, round(hosts * share), seconds) for share in SIZES]
            fetch, bare = asked("ask", it, used, seconds), asked("echo", it, used, seconds)
            cost, masters = masters_figures(it)
            paces = cost / ROUND, cat() / CAT
            figures += fleet_figures(runs[-1], fetch, bare, paces)
            figures += farther(runs, paces[0])
            print(table(figures), flush=True)
            others = screen_figures(it, seconds) + masters
            others += beside("ControlMaster", cost, 8, fetch["cpu"], runs[-1]["cpu"])
            others += runners_figures(it, fetch["cpu"], runs[-1]["cpu"])
            print(table(others))
    return figures + others


def apart() -> set[int]:
    """Have what is begun from now on run on one processor; return the others, if there are any."""
    last, *others = sorted(os.sched_getaffinity(0), reverse=True)
    os.sched_setaffinity(0, {last})
    return set(others) or {last}


def watched(it: Farm, used: Spent, hosts: int, seconds: float) -> Mapping[str, float]:
    """Watch the first hosts and, with the last of them, the dead."""
    dead = it.holes if hosts == len(it.hosts) else ()
    aliases = *(host.alias for host in it.hosts[:hosts]), *dead
    return looked("watch", it, used, aliases, seconds)


def asked(way: str, it: Farm, used: Spent, seconds: float) -> Mapping[str, float]:
    """Exchange with all hosts what a frame is, and do nothing with it."""
    return looked(way, it, used, [host.alias for host in it.hosts], seconds)


def looked(
    way: str, it: Farm, used: Spent, aliases: Sequence[str], seconds: float
) -> Mapping[str, float]:
    """Look on from a process of its own; add what it costs the hosts and the wire."""
    before = used.seconds()
    with looker(way, it.config, seconds, aliases) as out:
        login = used.seconds() - before
        wire, cpu = peers.bytes_on_loopback(), used.seconds()
        assert out.readline() == "done\n", f"{way}: it ended too soon"
        wire, cpu = peers.bytes_on_loopback() - wire, used.seconds() - cpu
        found: dict[str, float] = json.loads(out.read())
    found["wire"] = wire / found["samples"]
    found["target"] = 1000 * cpu / found["samples"]
    found["target login"] = 1000 * login / len(aliases)
    return found


@contextmanager
def looker(way: str, config: Path, seconds: float, aliases: Sequence[str]) -> Iterator[IO[str]]:
    """Begin ``tests.bench.looker``; give what it says from the moment on when it is ready."""
    said = [way, str(config), str(seconds), *aliases]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.looker", *said],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        favour(process.pid)  # the hosts, which are other machines elsewhere, take turns with it
        assert process.stdout.readline() == "ready\n", f"{way}: it did not begin"
        yield process.stdout


def cat() -> float:
    """Return the CPU milliseconds of one call of it, forked by a shell."""
    files = "/proc/uptime /proc/meminfo /proc/pressure/memory /proc/self/mountinfo"
    calls = f"i={CATS}; while [ $i -gt 0 ]; do cat {files} >/dev/null 2>&1; i=$((i - 1)); done"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["/bin/sh", "-c", calls], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * sum(new - old for new, old in zip(after[:2], before[:2], strict=True)) / CATS


def fleet_figures(
    run: Mapping[str, float],
    raw: Mapping[str, float],
    bare: Mapping[str, float],
    paces: tuple[float, float],
) -> list[Figure]:
    """Return what one console costs with all hosts, where this machine is so much slower."""
    ours, theirs = paces
    hosts = f"ssh, {run['hosts']:.0f} hosts"
    # The busier side has a processor of its own: sooner it cannot be.
    work = run["hosts"] * max(bare["login"], bare["target login"]) / 1000
    return [
        Figure(f"{hosts}: levels of each", run["levels"], ""),
        Figure(f"{hosts}: all logged in after", bare["logged in"], "s", 6),
        Figure(f"{hosts}: all seen, all questions asked, after", run["connect"], "s"),
        Figure(f"{hosts}: of which logins keep one side busy", work, "s"),
        Figure(f"{hosts}: CPU of a login", bare["login"], "ms"),
        Figure(f"{hosts}: CPU of a login on the target", bare["target login"], "ms"),
        Figure(f"{hosts}, {HOLES} dead: age p50", run["age p50"], "s"),
        Figure(f"{hosts}, {HOLES} dead: age p99", run["age p99"], "s"),
        Figure(f"{hosts}, {HOLES} dead: age max", run["age max"], "s", 2 * INTERVAL),
        Figure("this machine's pace: ControlMaster takes longer by", ours, "x"),
        Figure("this machine's pace: cat takes longer by", theirs, "x"),
        Figure(f"{hosts}: CPU of a sample, all included", run["cpu"], "ms", 0.6 * ours),
        Figure(f"{hosts}: of which bare asyncssh", bare["cpu"], "ms"),
        Figure(f"{hosts}: of which fetching frames", raw["cpu"] - bare["cpu"], "ms"),
        Figure(f"{hosts}: of which parsing and deriving", run["cpu"] - raw["cpu"], "ms"),
        Figure(f"{hosts}: CPU of the console", run["percent"], "%"),
        Figure(f"{hosts}: RSS", run["rss"], "MiB"),
        Figure(f"{hosts}: RSS of one host", 1024 * run["per host"], "KiB"),
        Figure(f"{hosts}: a fast frame on the wire, both ways", raw["wire"], "B", 1000),
        Figure(f"{hosts}: a sample on the wire, slow answers too", run["wire"], "B"),
        Figure(f"{hosts}: CPU of a fast frame on the target", raw["target"], "ms", 5 * theirs),
        Figure(f"{hosts}: CPU of a sample there, slow answers too", run["target"], "ms"),
    ]


def farther(runs: Sequence[Mapping[str, float]], pace: float) -> list[Figure]:
    """Return what more hosts would take."""
    figures = []
    for hosts in FARTHER:
        budget = hosts == FARTHER[0]
        budgets = ("percent", "%", 33.3 * pace), ("rss", "MiB", 250), ("connect", "s", 0)
        for name, unit, most in budgets:
            slope, rest = statistics.linear_regression(
                [run["hosts"] for run in runs], [run[name] for run in runs]
            )
            what = {"percent": "CPU", "rss": "RSS", "connect": "connected after"}[name]
            figures.append(
                Figure(
                    f"ssh, {hosts} hosts extrapolated: {what}",
                    slope * hosts + rest,
                    unit,
                    most if budget and most else None,
                )
            )
    return figures


def screen_figures(it: Farm, seconds: float) -> list[Figure]:
    """Watch all hosts on a terminal with the installed command, and press keys."""
    config = it.folder / "config.toml"
    config.write_text('ssh_hosts = ["h*", "d*"]\n')
    environ = {name: str(it.folder / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    argv = [SUBDECK, "-F", str(it.config), "--config", str(config)]
    with Watched(argv, environ) as console:
        console.until(drawn(_A_HOST))
        favour(console.pid)
        console.spell(20)
        spell = console.spell(seconds)
        paints = []
        for _ in range(KEYS):
            paints.append(console.answer(b"?", drawn(rb"fleet > help")))
            console.spell(0.3)
            console.answer(b"\x1b", drawn(_A_HOST))
            console.spell(0.3)
        rss, _ = console.memory()
    paints.sort()
    return [
        Figure("ssh, screen: key to paint p50", 1000 * statistics.median(paints), "ms"),
        Figure("ssh, screen: key to paint p95", 1000 * paints[int(0.95 * len(paints))], "ms", 100),
        Figure("ssh, screen: CPU", spell.percent, "%"),
        Figure("ssh, screen: bytes to the terminal", spell.rate, "B/s"),
        Figure("ssh, screen: RSS, children too", rss, "MiB"),
    ]


def masters_figures(it: Farm) -> tuple[float, list[Figure]]:
    """Collect the same facts by ``ssh`` and its ControlMaster; return the CPU ms of a sample."""
    with peers.masters(it) as masters:
        connect, *rounds = (masters.round() for _ in range(1 + ROUNDS))
        memory = masters.memory()
    cpu = statistics.median(each.cpu for each in rounds)
    seconds = statistics.median(each.seconds for each in rounds)
    return cpu, [
        Figure("ControlMaster: CPU to connect one host", connect.cpu, "ms"),
        Figure("ControlMaster: CPU of a sample", cpu, "ms"),
        Figure("ControlMaster: a round", seconds, "s"),
        Figure("ControlMaster: memory of one host", 1024 * memory, "KiB"),
    ]


def runners_figures(it: Farm, fetch: float, ours: float) -> list[Figure]:
    """Collect the same facts with programs that connect anew each time, and compare."""
    figures = []
    found = peers.runners(it)
    for name in ("pssh", "clush", "ansible raw"):
        if name not in found:
            print(f"{name} is not installed: left out")
            continue
        cost = peers.run(it, found[name])
        figures += [
            Figure(f"{name}: CPU of a sample", cost.cpu, "ms"),
            Figure(f"{name}: a round", cost.seconds, "s"),
            *beside(name, cost.cpu, 90, fetch, ours),
        ]
    return figures


def beside(name: str, cost: float, times: int, fetch: float, ours: float) -> list[Figure]:
    """Compare what a sample costs; it should take them so many times as much as us.

    They only ``fetch`` it: ``ours`` has read, followed and foretold besides.
    """
    return [
        Figure(f"our CPU of fetching alone / {name}'s", fetch / cost, "x", 1 / times),
        Figure(f"our CPU of a sample, all included / {name}'s", ours / cost, "x", 1 / times),
    ]


if __name__ == "__main__":
    given = [int(sys.argv[1])] if sys.argv[1:] else []
    main(*given, *map(float, sys.argv[2:3]))

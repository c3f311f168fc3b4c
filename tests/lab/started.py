"""Subhosts started by a plan of ours: ``await Starter(world).up("START=none\\n")``."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from console.plan import Plan, Verb
from tests.lab.inventory import end, until
from tests.lab.planning import Begun, Operator, begun
from tests.lab.subhost import Subhost
from tests.lab.world import World


@dataclass(frozen=True, slots=True)
class Up:
    """One that runs."""

    subhost: Subhost
    job: Begun
    pid: int
    """Host pid of its first process."""

    def path(self, inside: str) -> Path:
        """Return the host's way to a path inside."""
        return Path(f"/proc/{self.pid}/root", inside.lstrip("/"))

    def say(self, *argv: str) -> str:
        """Return what a program says that is run inside."""
        enter = ["nsenter", "-t", str(self.pid), "-n", "-m", "-p", "-i", "-u", "-r", "-w"]
        ran = subprocess.run([*enter, *argv], capture_output=True, text=True, check=True)
        return ran.stdout

    def end(self) -> None:
        """Kill the first process and await the end of the supervisor."""
        end(self.pid)
        self.job.process.wait(10)


def environ(pid: int) -> list[bytes]:
    """Return the environment a process began with."""
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def run(*argv: str | Path) -> str:
    """Return what a program says that must do well."""
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


class Starter:
    """Starts subhosts of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.operator = Operator([f"{world.folder}/*/*.conf"])
        self._jobs: list[Begun] = []

    def made(self, conf: str) -> Subhost:
        """Return a new subhost, not started, whose reaper is the lab's."""
        return self.world.subhost(conf)

    async def plan(self, subhost: Subhost, verb: Verb = Verb.START) -> Plan:
        """Return the plan that starts it."""
        return await self.operator.plan(verb, subhost.name)

    def begun(self, plan: Plan) -> Begun:
        """Begin the job of a plan."""
        self._jobs.append(begun(plan))
        return self._jobs[-1]

    def await_free(self, subhost: Subhost) -> None:
        """Wait for what dies with a killed job, and holds its locks until then."""
        for kind in ("locks", "alive"):
            lock = Path("/run/subdeck", kind, subhost.name)
            until(partial(_unlocked, lock), 10, f"{lock} to be free")

    def again(self, killed: Begun, how: str) -> Begun:
        """Run a killed job once more, when nothing of it is left."""
        lock = killed.folder / "lock"
        until(lambda: _unlocked(lock), 5, f"{lock} to be free")
        self._jobs.append(killed.again(how))
        return self._jobs[-1]

    async def close(self) -> None:
        """End what was started here, and await that."""
        for job in self._jobs:
            below = _child(job.process.pid)
            if below:
                end(below)
            job.process.wait(10)
        await self.operator.close()

    async def up(self, subhost: Subhost | str) -> Up:
        """Start one; raise ``AssertionError`` with what it said if it does not run."""
        found = self.made(subhost) if isinstance(subhost, str) else subhost
        plan = await self.plan(found)
        assert not plan.obstacles, plan.obstacles
        job = self.begun(plan)
        word = job.ended()
        assert word == "done", f"{word}: {job.journal} {job.log}"
        return Up(found, job, self.first(job))

    def first(self, job: Begun) -> int:
        """Return the host pid of the first process of what a job supervises."""
        return until(lambda: _first(job.process.pid), 5, "its first process")


def mounts(up: Up) -> list[list[str]]:
    """Return the lines of the subhost's mounts, split."""
    return [line.split() for line in Path(f"/proc/{up.pid}/mounts").read_text().splitlines()]


def _unlocked(lock: Path) -> bool:
    return subprocess.run(["flock", "-n", str(lock), "true"], check=False).returncode == 0


def _first(holder: int) -> int:
    below = _child(holder)
    return _child(below) if below else 0


def _child(parent: int) -> int:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == parent and words[0] != "Z":
            return int(status.parent.name)
    return 0

"""Plans made and run on this machine as a console does, without one: ``Operator(globs)``.

A job is begun right here, by the bytes of its plan: ``begun(plan).ended()`` gives its last word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backends.local import LocalBackend
from backends.local_runner import LocalRunner
from backends.survey import surveyed
from console.actions.verbs import planned, request
from console.clean import Clean
from console.config import Thresholds
from console.derive import derive
from console.errors import Problem
from console.model import Host, Subhost
from console.plan import Plan, Verb, Wish
from console.shell import script
from tests.lab import subhost as lab

JOBS = Path("/run/subdeck/jobs")
PATIENCE = 60.0
"""Seconds a job may take."""
_LOOKS = 3
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_WHO = "tester@lab (root) 1 test\n"


class Operator:
    """Looks at this machine and plans."""

    def __init__(self, globs: Sequence[str]) -> None:
        self._backend = LocalBackend(globs=globs, patient=True)  # nothing may be missing
        self._runner = LocalRunner()
        self.way: Clean | None = None
        """The link by which we are to come in; ``None``: we are here."""

    async def host(self) -> Host:
        """Return this machine as it is now; what was late is asked again, on a busy machine."""
        for _ in range(_LOOKS):
            await self._backend.refresh()
            facts = await self._backend.sample()
            host = derive(Clean("local"), facts, None, lambda *_: Thresholds())
            if all(gap.problem is not Problem.HUNG for gap in host.gaps):
                break
        return host

    async def subhost(self, name: str) -> Subhost:
        """Return one subhost; raises ``StopIteration`` for one that is not there."""
        return next(each for each in (await self.host()).subhosts if each.name == name)

    async def planned(self, wish: Wish) -> Plan:
        """Return the plan for a wish."""
        host = await self.host()
        survey = await surveyed(self._runner.run, request(host, wish))
        return planned(host, wish, replace(survey, way=(self.way, None) if self.way else None))

    async def plan(self, verb: Verb, name: str) -> Plan:
        """Return the plan for what needs no more words."""
        return await self.planned(Wish(verb, Clean(name)))

    async def close(self) -> None:
        """Let go of the machine."""
        await self._backend.close()


@dataclass(frozen=True, slots=True)
class Begun:
    """A job under way, or past."""

    folder: Path
    process: subprocess.Popen[bytes]
    """Its shell, until that makes itself the supervisor's; the same process then, too."""

    @property
    def journal(self) -> list[str]:
        """Its lines, without the times."""
        try:
            lines = (self.folder / "journal").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line.partition(" ")[2] for line in lines]

    @property
    def log(self) -> str:
        """What its commands said."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def word(self) -> str | None:
        """``done``, ``refused WHY``, ``undone`` or ``left N``; ``None``: none yet."""
        ends = [line for line in self.journal if line.startswith("end ")]
        return ends[-1].removeprefix("end ") if ends else None

    def ended(self, seconds: float = PATIENCE) -> str:
        """Return its last word when that was told; ``killed`` if its shell ends without one."""
        deadline, size = time.monotonic() + seconds, -1
        while True:
            # To look costs next to nothing, or it would hold up what it waits for.
            if (now := self._size()) != size and (word := self.word) is not None:
                break
            size = now
            if self.process.poll() is not None:
                return self.word or "killed"
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.journal[-3:]} {self.log[-2000:]}")
            time.sleep(0.0005)
        if not (word == "done" and (self.folder / "overlay-boot").exists()) and not self._back():
            self.process.wait(PATIENCE)  # none that goes on as a supervisor
        return word

    def _size(self) -> int:
        """Return how much its journal tells."""
        try:
            return os.stat(f"{self.folder}/journal").st_size  # noqa: PTH116 the quickest
        except FileNotFoundError:
            return 0

    def _back(self) -> bool:
        """Return whether it goes on as the supervisor of what ran before it."""
        try:
            return Path(f"/proc/{self.process.pid}/cmdline").read_bytes().endswith(b"\0back\0")
        except OSError:
            return False

    def again(self, how: str) -> Begun:
        """Run one that was killed once more, to ``finish`` or to ``roll-back``."""
        return Begun(self.folder, _run(self.folder, _conf_of(self.folder), how))


def begun(plan: Plan, id_: str = "", errors: int | None = None) -> Begun:
    """Make a plan a job of this machine, by its bytes alone.

    What it complains of goes to the descriptor ``errors`` where there is one, else to its log. A
    job closes it when all is told, also where it goes on as a supervisor.
    """
    folder = JOBS / (id_ or f"{time.time_ns()}-{plan.subhost}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    name = "overlay-boot" if plan.supervises else "job"
    (folder / name).write_bytes(script(plan))
    (folder / "who").write_text(_WHO)
    if plan.supervises and plan.config:
        (folder / "conf").write_text(plan.config)
    return Begun(folder, _run(folder, _conf_of(folder), errors=errors))


def ended(plan: Plan) -> Begun:
    """Make a plan a job of this machine and return it when it has told its last word."""
    job = begun(plan)
    job.ended()
    return job


def done(plan: Plan) -> Begun:
    """Like ``ended``; fails unless all of it was done."""
    job = ended(plan)
    assert job.word == "done", f"{plan.title}: {plan.obstacles} {job.word} {job.journal} {job.log}"
    return job


async def start(ours: Operator, subhost: lab.Subhost) -> Begun:
    """Start a subhost of the lab by a job of ours, which is its supervisor's then."""
    job = begun(await ours.plan(Verb.START, subhost.name))
    subhost.adopt(job.process)
    assert job.ended() == "done", f"{job.journal} {job.log}"
    return job


def _conf_of(folder: Path) -> tuple[str, ...]:
    conf = folder / "conf"
    return (conf.read_text(),) if conf.exists() else ()


def _run(
    folder: Path, conf: Sequence[str], *how: str, errors: int | None = None
) -> subprocess.Popen[bytes]:
    program = next(path for name in ("overlay-boot", "job") if (path := folder / name).exists())
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            ["/bin/sh", str(program), *conf, *how],
            env={"PATH": _PATH},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log if errors is None else errors,
            start_new_session=True,
        )

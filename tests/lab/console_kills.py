"""Kills the console, its connection or the server while a job runs, and looks at what comes of it.

Run ``apart``: ``python -m tests.lab.console_kills VERB VICTIM POINTS``. ``VICTIM`` is ``console``,
``connection`` or ``server``; it is struck at so many calls of programs, spread over all that the
survey and the job make. As the verb ``both`` lets two consoles start one subhost at the same
moment. What is printed is a ``Report``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from console.model import Running
from console.plan import Verb
from tests.lab.alone import OF_RUNNING, Lab, laboratory, sweep
from tests.lab.apart import NAME, ROOT
from tests.lab.inventory import FOLDERS, until
from tests.lab.kills import Report, text
from tests.lab.sshd import Sshd, sshd
from tests.lab.traces import traces
from tests.lab.tripwire import Call, Verdict, go

PATIENCE = 90.0
_TARGET = f"server/{NAME}"


@dataclass(frozen=True, slots=True)
class Consoles:
    """Consoles of one operator, who knows one server."""

    folder: Path
    server: Sshd

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start one."""
        config = self.folder / "config.toml"
        config.write_text(f'subhosts = ["{self.folder}/*/*.conf"]\n')
        places = {f"XDG_{name}_HOME": str(self.folder / "home") for name in ("STATE", "CONFIG")}
        options = ["-F", str(self.server.config), "--config", str(config), "--json"]
        return subprocess.Popen(
            [sys.executable, "-m", "console", words[0], *options, *words[1:]],
            cwd=ROOT,
            env={**os.environ, **places},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def said(self, *words: str) -> Any:  # noqa: ANN401 JSON is anything
        """Return the document that one prints."""
        console = self.begin(*words)
        said, trouble = console.communicate(timeout=PATIENCE)
        try:
            return json.loads(said)
        except ValueError:
            raise AssertionError(f"{words}: {console.returncode}: {trouble.decode()}") from None

    def newest(self) -> tuple[str, str]:
        """Return state and id of the newest job, as a new console sees it."""
        jobs = self.said("jobs", "server")["jobs"]
        return (str(jobs[0]["state"]), str(jobs[0]["id"])) if jobs else ("none", "")

    def roll_back(self, job: str) -> str:
        """Have a job taken back; return what became of it."""
        console = self.begin("jobs", "server", "--roll-back", job)
        console.communicate(timeout=PATIENCE)
        return self.newest()[0]


class _Strike:
    """Kills at one call; the first is number 1."""

    def __init__(self, victim: str, at: int, server: Sshd) -> None:
        self.console: subprocess.Popen[bytes] | None = None
        self.calls: list[Call] = []
        self.struck = "nothing"
        self._victim, self._at, self._server = victim, at, server
        self._numbers = count(1)

    def __call__(self, call: Call) -> Verdict:
        self.calls.append(call)
        if next(self._numbers) == self._at:
            self.struck = text(call)
            until(lambda: self.console, 5, "the console to be known")
            for pid in self._victims():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return Verdict.GO

    def _victims(self) -> list[int]:
        assert self.console
        if self._victim == "console":
            return [self.console.pid]
        server = self._server.processes()
        return server if self._victim == "server" else [pid for pid in server if pid != server[0]]


def one(lab: Lab, consoles: Consoles, verb: Verb, strike: _Strike) -> list[str]:
    """Let a console do the verb, and strike; return how it ended and what became of its job."""
    began = _folders()
    lab.wire.tripped = strike
    words = (str(verb), _TARGET, "--yes", "--timeout", "30")
    strike.console = console = consoles.begin(*words)
    console.communicate(timeout=PATIENCE)
    lab.wire.tripped = go
    lab.rest()
    if strike.struck != "nothing" and strike._victim == "server":
        consoles.server.stop()
        consoles.server.start()
    state, job = consoles.newest() if _folders() - began else ("none", "")
    ended = [f"console {console.returncode}", f"job {state}"]
    return [*ended, f"then {consoles.roll_back(job)}"] if state == "killed" else ended


async def struck(
    lab: Lab, consoles: Consoles, verb: Verb, strike: _Strike, outcomes: list[str]
) -> str | None:
    """Strike once; return what is wrong then, if anything."""
    if verb in OF_RUNNING:
        await lab.do(Verb.START)
    ended = await asyncio.to_thread(one, lab, consoles, verb, strike)
    outcomes.append(f"{strike.struck}: {', '.join(ended)}")
    up = (await lab.seen()).state is not Running.STOPPED
    if up:
        await lab.do(Verb.STOP)
    left = lab.left()
    if ended[-1] not in {"job none", "job done", "then undone", "then left"}:
        return f"{outcomes[-1]}: it neither went on to its end nor was taken back"
    if ended[-1] == "job done" and up != (verb is not Verb.STOP):
        return f"{outcomes[-1]}, and that is not so"
    return f"{outcomes[-1]}: and yet {left}" if left else None


def _folders() -> set[str]:
    """The jobs there are; one whose launch was cut off is none."""
    jobs = Path("/run/subdeck/jobs")
    return {path.name for path in jobs.glob("[!.]*")}


async def matrix(lab: Lab, consoles: Consoles, verb: Verb, victim: str, points: int) -> Report:
    """Strike at so many points, the same way apart."""
    outcomes: list[str] = []
    faults: list[str] = []
    calls: list[Call] = []
    for at in range(points + 1):  # the first time is for counting
        strike = _Strike(victim, round(len(calls) * at / (points + 1)), consoles.server)
        try:
            fault = await struck(lab, consoles, verb, strike, outcomes)
        except (AssertionError, TimeoutError) as error:
            fault = f"{strike.struck}: {type(error).__name__} {error}"
        calls = calls or strike.calls
        if fault:
            faults.append(f"{verb} {victim} {fault}")
            sweep(lab.stopped)
    return Report([text(call) for call in calls], outcomes, faults)


async def both(lab: Lab, consoles: Consoles) -> Report:
    """Hold the job of one console until another one has tried the same."""
    held, go_on = threading.Event(), threading.Event()

    def hold(call: Call) -> Verdict:
        if call.name == "unshare" and b"-m" in call.argv and not held.is_set():
            held.set()
            go_on.wait(PATIENCE)
        return Verdict.GO

    lab.wire.tripped = hold
    words = ("start", _TARGET, "--yes")
    first = consoles.begin(*words)
    await asyncio.to_thread(held.wait, PATIENCE)
    second = await asyncio.to_thread(consoles.begin(*words).communicate, None, PATIENCE)
    go_on.set()
    won = await asyncio.to_thread(first.communicate, None, PATIENCE)
    lab.wire.tripped = go
    await lab.do(Verb.STOP)
    outcomes = [b" ".join(each).decode() for each in (won, second)]
    left = lab.left()
    faults = [f"the first: {outcomes[0]}"] if first.returncode else []
    faults += [] if "refused: busy: " in outcomes[1] else [f"the second: {outcomes[1]}"]
    return Report([], outcomes, faults + ([f"there is {left}"] if left else []))


async def main(verb: str, victim: str, points: int) -> Report:
    """Do what the command line says."""
    with laboratory() as lab, sshd(FOLDERS / "server", alias="server") as server:
        consoles = Consoles(lab.subhost.folder.parent, server)
        await lab.seen()
        lab.stopped = traces()
        try:
            if verb == "both":
                return await both(lab, consoles)
            return await matrix(lab, consoles, Verb(verb), victim, points)
        finally:
            await lab.operator.close()


if __name__ == "__main__":
    report = asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    sys.stdout.write(json.dumps(report._asdict(), indent=1))

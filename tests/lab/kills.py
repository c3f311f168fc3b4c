"""Kills or fails a job at each program it calls, and looks at what is left.

Run ``apart``: ``python -m tests.lab.kills VERB VICTIM EVERY``, to strike at every EVERY-th call.
``VICTIM`` is ``shell`` (the job's, later the supervisor's), ``unshare`` or ``first`` (below that),
or ``fail``: then it is the program itself that fails; ``silent`` is the shell of a job that waits
for us in vain. What is printed is a ``Report``.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import suppress
from itertools import count
from os import kill
from pathlib import Path
from typing import NamedTuple

from console.model import Running
from console.plan import Verb
from tests.lab.alone import QUIET, Lab, calm, laboratory, sweep
from tests.lab.inventory import until
from tests.lab.planning import Begun, begun
from tests.lab.tripwire import Call, Verdict, go

_TAKING_BACK = 2
"""Programs called more by a job that is not heard of and takes all back."""


class Report(NamedTuple):
    """What came of all of them."""

    calls: list[str]
    """The programs of an undisturbed run."""
    outcomes: list[str]
    """By call: how the job ended, and what was done about it."""
    faults: list[str]


async def undisturbed(lab: Lab, verb: Verb) -> list[str]:
    """Run the verb as it is meant; return the programs that its job calls."""
    plan = await lab.prepared(verb)
    calls: list[Call] = []

    job: Begun | None = None

    def heard(call: Call) -> Verdict:
        calls.append(call)
        reached(job, call)
        return Verdict.GO

    lab.wire.tripped = heard
    job = begun(plan)
    word = job.ended()
    lab.wire.tripped = go
    assert word == "done", f"{plan.title}: {word}: {job.journal} {job.log}"
    lab.rest()
    await lab.put_right(job)
    left = lab.left()
    assert not left, f"an undisturbed {verb} leaves {left}"
    return [text(call) for call in calls]


def reached(job: Begun | None, call: Call) -> None:
    """Be heard of by a job that waits for us, as it takes a nap."""
    if job is not None and call.name == "sleep" and job.journal[-1].startswith("await"):
        (job.folder / "reached").touch()


def text(call: Call) -> str:
    """Return its words."""
    return b" ".join(call.argv).decode(errors="replace")


async def disturbed(lab: Lab, verb: Verb, victim: str, at: int) -> str | None:
    """Kill or fail at the call of that number; return what is wrong then, if anything."""
    plan = await lab.prepared(verb)
    strike = Blow(victim, at)
    lab.wire.tripped = strike
    strike.job = job = begun(plan)
    with suppress(TimeoutError):
        job.ended(QUIET)
    lab.rest()
    lab.wire.tripped = go
    word = job.word
    lab.outcomes = [strike.struck, word or "killed"]
    if verb is Verb.CABLE and word and (wrong := lab.miscabled(word)):
        return wrong
    found = await lab.seen()
    if word is not None and found.state is not Running.RUNNING and not found.autostart:
        left = lab.left()
        if left and verb is Verb.START and word == "undone":
            return f"undone, and yet: {left}"
        found = await lab.seen()  # once what was killed has died
        offered = found.residue or found.state is Running.BROKEN
        if left and not offered:
            return f"{word}, nothing is offered for {left}"
    await lab.put_right(job)
    left = lab.left()
    return f"{word}, put right, and yet: {left}" if left else None


class Blow:
    """What happens at one call."""

    def __init__(self, victim: str, at: int) -> None:
        self.job: Begun | None = None
        self.struck = "nothing"
        """The call at which it did."""
        self._victim, self._at = victim, at
        self._numbers = count(1)

    def __call__(self, call: Call) -> Verdict:
        until(lambda: self.job, 5, "the job to be known")
        assert self.job
        if self._victim != "silent":
            reached(self.job, call)
        elif call.name == "sleep":
            return Verdict.GO  # of these there are many
        if next(self._numbers) != self._at:
            return Verdict.GO
        self.struck = text(call)
        if self._victim == "fail":
            return Verdict.FAIL
        for pid in self._victims(self.job.process.pid):
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
        return Verdict.GO

    def _victims(self, shell: int) -> list[int]:
        if self._victim in {"shell", "silent"}:
            return [shell]
        below = _children(shell, "unshare")
        return (
            below
            if self._victim == "unshare"
            else [each for one in below for each in _children(one)]
        )


def _children(parent: int, name: str = "") -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            head, _, rest = (folder / "stat").read_text(errors="replace").rpartition(")")
            if int(rest.split()[1]) == parent and head.partition("(")[2].startswith(name):
                found.append(int(folder.name))
    return found


async def matrix(lab: Lab, verb: Verb, victim: str, every: int) -> Report:
    """Strike at every so-many-th call."""
    calls = await undisturbed(lab, verb)
    outcomes, faults = [], []
    more = _TAKING_BACK if victim == "silent" else 0
    for at in range(every, len(calls) + more + 1, every):
        try:
            fault = await disturbed(lab, verb, victim, at)
        except (AssertionError, TimeoutError, StopIteration) as error:
            fault = f"{type(error).__name__} {error}"
        outcomes.append(f"{at} {': '.join(lab.outcomes)}")
        if fault:
            faults.append(f"{verb} {victim} {outcomes[-1]}: {fault}")
            sweep(lab.stopped)
    return Report(calls, outcomes, faults)


async def cycles(lab: Lab, count: int) -> Report:
    """Start and stop so often."""
    for _ in range(count):
        await lab.do(Verb.START)
        await lab.do(Verb.STOP)
    left = lab.left()
    return Report([], [f"{count} times"], [f"after {count} times: {left}"] if left else [])


async def main(verb: str, victim: str, every: int) -> Report:
    """Do what the command line says."""
    with laboratory() as lab:
        await lab.seen()
        lab.stopped = calm()
        try:
            if verb == "cycles":
                return await cycles(lab, every)
            return await matrix(lab, Verb(verb), victim, every)
        finally:
            await lab.operator.close()


if __name__ == "__main__":
    report = asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    sys.stdout.write(json.dumps(report._asdict(), indent=1))

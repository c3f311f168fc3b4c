"""Jobs made by hand, small ones that say where they are, and what is left of them."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from console.backend import Hands
from console.clean import Clean
from console.jobs import FOLDER, Job, JobState, Order
from console.operations import Operation
from console.plan import Check, Plan, Step, Tier, Verb
from tests.lab.inventory import descent, end, until

PATIENCE = 40.0
SUBHOST = Clean(f"hm{os.getpid() % 10**8}")
"""No other test run acts on it."""
_numbers = itertools.count()


def sh(text: str) -> Operation:
    """Return an operation that is a line of sh."""
    return Operation(("sh", "-c", text))


def plan(*steps: str, undo: str = ":", check: str = "true") -> Plan:
    """Return a plan of these lines, each step with the same undo."""
    return Plan(
        verb=Verb.STOP,
        host=Clean("somewhere"),
        subhost=SUBHOST,
        tier=Tier.REVERSIBLE,
        boot_id=None,
        checks=(Check(sh(check), Clean("it does not hold")),),
        steps=tuple(Step(Clean(f"do: {each}"), (sh(each),), (sh(undo),)) for each in steps),
    )


def order(made: Plan, who: str = "alice@bastion") -> Order:
    """Return an order with an id of its own."""
    number = f"{os.getpid():x}{next(_numbers):03x}"
    return Order(Clean(f"20991126T000000Z-t{number}"), made, Clean(who))


def folder(job_id: str) -> Path:
    """Return where a job lies on this machine."""
    return Path(FOLDER, job_id)


def pid(job_id: str) -> int:
    """Return who runs a job, or ran it last."""
    return int((folder(job_id) / "pid").read_text().split()[-2])


def kill(job_id: str) -> None:
    """Kill a job's shell and all it has started, as the machine's OOM killer might."""
    for each in descent(pid(job_id), freeze=True):
        end(each)


def processes(job_id: str) -> list[int]:
    """Return the processes whose command line, output or working place is that job's."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if job_id.encode() in (each / "cmdline").read_bytes():
                found.append(int(each.name))
    return found


def all_gone(job_id: str) -> None:
    """Wait until no process is left of a job."""
    until(lambda: not processes(job_id), PATIENCE, f"the processes of {job_id} to end")


@contextmanager
def swept() -> Iterator[None]:
    """Remove all jobs of this test run from this machine at the end."""
    try:
        yield
    finally:
        for each in Path(FOLDER).glob(f"20991126T000000Z-t{os.getpid():x}*"):
            if each.joinpath("pid").exists():
                kill(each.name)
            all_gone(each.name)
            shutil.rmtree(each)
        for each in Path("/run/subdeck/locks").glob(f"{SUBHOST}*"):
            each.unlink()


async def outcome(hands: Hands, job_id: Clean) -> Job:
    """Follow a job to its end."""
    states = [job async for job in hands.follow(job_id)]
    assert [job.state for job in states[:-1]] == [JobState.RUNNING] * (len(states) - 1)
    return states[-1]


async def reached(hands: Hands, job_id: Clean, step: int) -> Job:
    """Follow a job until it has begun a step."""
    async for job in hands.follow(job_id):
        if job.step >= step or job.state is not JobState.RUNNING:
            return job
    raise AssertionError("it has no end")

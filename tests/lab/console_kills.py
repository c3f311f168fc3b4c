"""Kills the console, its connection or the server while something is done, and looks what comes.

Run ``apart``: ``python -m tests.lab.console_kills DEED VICTIM MOST``. ``DEED`` is a verb, or
``roll-back`` or ``finish``, of a job that was killed. ``VICTIM`` is ``console``, ``connection``,
``server``, which comes back at once, or ``host``: the server, too late for the console. It is
struck at all distinct moments, or at ``MOST`` of them unless that is 0. The deed ``both`` lets two
consoles start one subhost at the same moment. What is printed is a ``Report``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backends.local_hands import hands
from console.clean import Clean
from console.jobs import Job, JobState, Order, Settling
from console.model import Subhost
from console.observed import missing
from console.plan import ON_FILES, Verb
from tests.lab.alone import (
    GOING,
    GROWN,
    OF_RUNNING,
    RELIEF,
    RUN,
    Lab,
    calm,
    laboratory,
    sweep,
)
from tests.lab.apart import NAME
from tests.lab.inventory import FOLDERS
from tests.lab.kills import Report, text
from tests.lab.moments import JOBS, Moment, distinct
from tests.lab.planning import PATIENCE
from tests.lab.sshd import sshd
from tests.lab.strikes import Consoles, Strike
from tests.lab.tripwire import Call, Verdict, go
from tests.lab.warm import Ended, warm
from tests.lab.writing import Writer

_HANDS = hands(Clean("server"), "")
"""What any other console has there, without a connection."""
_KILLED = {Settling.ROLL_BACK: (Verb.START, "pivot_root"), Settling.FINISH: (Verb.STOP, "rmdir")}
"""The job that is to be settled, and the call at which it was killed."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a console is to do."""

    verb: Verb
    """What becomes of the subhost."""
    settling: Settling | None = None
    """Of a job of that verb that was killed."""

    def words(self, lab: Lab, job: str) -> Iterator[str]:
        """Return what a console is called with."""
        if self.settling:
            yield from ("jobs", f"--{self.settling}", job, "server")
            return
        yield from (self.verb, "--yes", "--json")
        if self.verb in {Verb.STOP, Verb.RESTART}:
            yield from ("--patience", "2")
        if self.verb in {Verb.SHARE, Verb.UNSHARE}:
            yield f"{lab.subhost.folder.parent}/more:/srv/more"
        if self.verb is Verb.GROW:
            yield from ("--level", RUN, "--to", str(GROWN))
        if self.verb in ON_FILES:
            yield GOING
        if self.verb is Verb.UPGRADE:
            yield from ("--lower", f"{lab.subhost.folder.parent}/lower")
        yield f"server/{NAME}"
        if self.verb is Verb.CABLE:
            yield from ("eth0", "--no-bridge")


async def struck(consoles: Consoles, deed: Deed, strike: Callable[[], Strike]) -> list[str]:
    """Strike once; return what happened and, if anything is wrong, what at the end."""
    lab = consoles.lab
    shutil.rmtree(JOBS, ignore_errors=True)
    killed = await _killed(lab, deed)
    if not killed:
        await lab.prepared(deed.verb)
    before = await lab.seen()
    stores = _writer(before) if deed.verb in RELIEF else nullcontext()
    known = {job.id for job in await _HANDS.jobs()} - {killed}
    blow = strike()
    words = [*deed.words(lab, killed), "--timeout", "5" if blow.victim == "host" else "30"]
    with stores as writer:
        ended = await asyncio.to_thread(consoles.run, words, blow)
        torn = [*writer.torn()] if writer else []
    job = next((each for each in await _HANDS.jobs() if each.id not in known), None)
    told = [blow.struck, f"console {ended.status}", f"job {job.state if job else 'none'}"]
    found = await lab.seen()
    wrong = [*_wrong(deed, ended, blow, job), *torn]
    if job is None and (found.state, found.pid) != (before.state, before.pid):
        wrong.append(f"no job, and yet {before.state} became {found.state}")
    if job and job.state is JobState.DONE and (lacks := await _lacks(lab, deed, before)):
        wrong.append(lacks)
    if job and job.state is JobState.KILLED:
        state = await settled(job, Settling.ROLL_BACK)
        told.append(f"then {state}")
        if state not in {JobState.UNDONE, JobState.LEFT}:
            wrong.append("it was not taken back")
    lab.outcomes = []
    await lab.cleared()
    # The shells that our own hands followed a job with end meanwhile.
    if left := await asyncio.to_thread(lab.left):
        wrong.append(f"and yet {left}")
    return [", ".join([*told, *lab.outcomes]), *wrong]


def _writer(running: Subhost) -> Writer:
    return Writer(Path(f"/proc/{running.pid}/root/run"))


async def _killed(lab: Lab, deed: Deed) -> str:
    """Leave a job that was killed, if the deed is to settle one; return its id."""
    if deed.settling is None:
        return ""
    verb, fatal = _KILLED[deed.settling]
    if verb in OF_RUNNING:
        await lab.do(Verb.START)
    plan = await lab.plan(verb)

    order = Order(Clean(f"{time.time_ns()}-killed"), plan, Clean("tester@lab"))

    def strike(call: Call) -> Verdict:
        if call.name == fatal:
            pid = (JOBS / order.id / "pid").read_text().split()[-2]
            os.kill(int(pid), signal.SIGKILL)
        return Verdict.GO

    lab.wire.tripped = strike
    await _HANDS.launch(order)
    state = [job.state async for job in _HANDS.follow(order.id)][-1]
    lab.wire.tripped = go
    await asyncio.to_thread(lab.rest)
    assert state is JobState.KILLED, state
    return order.id


async def settled(job: Job, how: Settling) -> JobState:
    """Finish a job that was killed, or take it back; return what became of it."""
    await _HANDS.settle(job.id, how)
    return [now.state async for now in _HANDS.follow(job.id)][-1]


def _wrong(deed: Deed, ended: Ended, blow: Strike, job: Job | None) -> Iterator[str]:
    """Yield what is wrong with what the console said of it."""
    if blow.busy:
        yield f"it does not come to rest: {blow.busy}"
    if "Traceback" in ended.trouble or "internal" in ended.trouble:
        yield f"the console said {ended.trouble}"
    wanted = JobState.UNDONE if deed.settling is Settling.ROLL_BACK else JobState.DONE
    happened = job is not None and job.state is wanted
    if blow.struck.startswith("nothing") and (ended.status or not happened):
        yield f"undisturbed: {ended}"
    elif not ended.status and not happened:
        yield f"the console found it {wanted}: {ended.said}"
    if job and job.state in {JobState.RUNNING, JobState.MISSED, JobState.UNKNOWN}:
        yield f"it did not come to its end: {job}"


async def _lacks(lab: Lab, deed: Deed, before: Subhost) -> str | None:
    """Return what a job that is done was to bring about, and is not so."""
    if deed.settling is Settling.ROLL_BACK:
        return None
    host = await lab.operator.host()
    lacks = missing(deed.verb, Clean(NAME), host, before=before.pid)
    copy = lab.subhost.folder / "root/usr/lib/os-release"
    if deed.verb is Verb.CLEAN and copy.exists():
        return f"{copy} is still there"
    if deed.verb is Verb.CABLE:
        return lab.miscabled("done")
    if deed.verb in RELIEF:
        return _unrelieved(deed.verb, before)
    if deed.verb in {Verb.SHARE, Verb.UNSHARE}:
        there = _mounted((await lab.seen()).pid, "/srv/more")
        if there is not (deed.verb is Verb.SHARE):
            return f"/srv/more is {'' if there else 'not '}there"
    return lacks


def _unrelieved(verb: Verb, running: Subhost) -> str | None:
    root = Path(f"/proc/{running.pid}/root")
    if verb is Verb.GROW:
        seen = os.statvfs(root / "run")
        return None if seen.f_blocks * seen.f_frsize == GROWN else "its /run did not grow"
    left = [each for each in (root / "srv").glob("going*") if each.stat().st_size]
    beside = [root / f"{GOING}.beside".lstrip("/")]
    return None if left == beside else f"there is {left}"


def _mounted(pid: int | None, place: str) -> bool:
    return place in Path(f"/proc/{pid}/mounts").read_text().split()


async def matrix(consoles: Consoles, deed: Deed, victim: str, most: int) -> Report:
    """Strike at each moment in turn."""
    blows: list[Strike] = []

    def strike(at: Moment | None) -> Strike:
        blows.append(Strike(victim, at, consoles.server))
        return blows[-1]

    outcome, *faults = await struck(consoles, deed, partial(strike, None))
    first, told = blows[0], [outcome]
    moments = distinct(first.clock.passed, most)
    for moment in moments:
        wrong: list[str] = []
        try:
            what, *wrong = await struck(consoles, deed, partial(strike, moment))
            told.append(what)
        except (AssertionError, TimeoutError, OSError, StopIteration) as error:
            told.append(f"{moment}")
            wrong = [f"{type(error).__name__} {error}"]
        if wrong:
            faults.append(f"{deed} {victim} {told[-1]}: {'; '.join(wrong)}")
            consoles.lab.wire.tripped = go
            sweep(consoles.lab.stopped)
        sys.stderr.write(f"{deed.settling or deed.verb} {victim} {told[-1]} {wrong or ''}\n")
    return Report([text(call) for call in first.calls], told, faults)


async def both(lab: Lab, first: Consoles, second: Consoles) -> Report:
    """Hold the job of one console until another one has tried the same."""
    held, go_on = threading.Event(), threading.Event()

    def hold(call: Call) -> Verdict:
        if call.name == "unshare" and b"-m" in call.argv and not held.is_set():
            held.set()
            go_on.wait(PATIENCE)
        return Verdict.GO

    lab.wire.tripped = hold
    words = ("start", f"server/{NAME}", "--yes")
    first.begin(*words)
    await asyncio.to_thread(held.wait, PATIENCE)
    second.begin(*words)
    lost = await asyncio.to_thread(second.console.ended)
    go_on.set()
    won = await asyncio.to_thread(first.console.ended)
    lab.wire.tripped = go
    await lab.do(Verb.STOP)
    left = lab.left()
    faults = [f"the first: {won}"] if won.status else []
    faults += [] if "refused: busy: " in lost.trouble else [f"the second: {lost}"]
    return Report([], [f"{won}", f"{lost}"], faults + ([f"there is {left}"] if left else []))


@contextmanager
def operators(count: int) -> Iterator[list[Consoles]]:
    """Make a lab, a server in it, and so many operators."""
    with (
        laboratory() as lab,
        sshd(FOLDERS / "server", alias="server") as server,
        ExitStack() as own,
    ):
        folders = [FOLDERS / f"operator{number}" for number in range(count)]
        yield [Consoles(lab, own.enter_context(warm(each)), server) for each in folders]


async def main(deed: str, victim: str, most: int) -> Report:
    """Do what the command line says."""
    with operators(2 if deed == "both" else 1) as consoles:
        lab = consoles[0].lab
        await lab.seen()
        lab.stopped = calm()
        try:
            if deed == "both":
                return await both(lab, *consoles)
            killed = next((each for each in Settling if each == deed), None)
            verb = _KILLED[killed][0] if killed else Verb(deed)
            return await matrix(consoles[0], Deed(verb, killed), victim, most)
        finally:
            await lab.operator.close()


if __name__ == "__main__":
    report = asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    sys.stdout.write(json.dumps(report._asdict(), indent=1))

"""One subhost where nothing else is, and all that can be done to it: ``with laboratory() as lab``.

Only for what runs ``apart``.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import kill
from pathlib import Path
from subprocess import run

from console import model
from console.clean import Clean
from console.model import Running
from console.plan import ON_FILES, Plan, Verb, Wish
from console.recabling import recabling
from tests.lab.apart import NAME, settle
from tests.lab.inventory import FOLDERS, until
from tests.lab.planning import Begun, Operator, begun
from tests.lab.subhost import Subhost
from tests.lab.traces import Traces, traces
from tests.lab.tripwire import Tripwire

CONF = """\
START=none
RAM_SIZE=8M
CABLES=br0=02:00:00:00:00:07 =
SHARE={folder}/shared:/srv/shared
"""
QUIET = 10.0
"""Seconds until what a kill leaves must have come to rest."""


@dataclass
class Lab:
    """One subhost, and what there is while it does not run."""

    wire: Tripwire
    operator: Operator
    subhost: Subhost
    stopped: Traces
    outcomes: list[str] = field(default_factory=list)
    """Of the case under way."""

    async def do(self, verb: Verb) -> None:
        """Do what must succeed."""
        self._done(await self.plan(verb))

    def _done(self, plan: Plan) -> None:
        job = begun(plan)
        word = job.ended()
        assert word == "done", f"{plan.title}: {word}: {job.journal} {job.log}"

    async def seen(self) -> model.Subhost:
        """Return the subhost as a console sees it, once it neither comes nor goes."""
        for _ in range(100):
            found = await self.operator.subhost(NAME)
            if found.state is not Running.STARTING and found.state is not Running.STOPPING:
                break
            await asyncio.sleep(0.02)
        return found

    async def plan(self, verb: Verb) -> Plan:
        """Return the plan for a verb, which nothing may stand in the way of."""
        self.operator.way = Clean("br0") if verb is Verb.CABLE else None
        plan = await self.operator.planned(wish(verb, self.subhost))
        assert not plan.obstacles, f"{plan.title}: {plan.obstacles}"
        return plan

    async def prepared(self, verb: Verb) -> Plan:
        """Bring about what the verb is for, and return its plan."""
        if verb is Verb.UPGRADE:
            self._as_it_was()
        if verb in OF_RUNNING:
            await self.do(Verb.START)
        if verb is Verb.UNSHARE:
            await self.do(Verb.SHARE)
        if verb is Verb.DISABLE:
            await self.do(Verb.ENABLE)
        if verb is Verb.CLEAN:
            self._copied_up()
        if verb in ON_FILES:
            _laid(Path(f"/proc/{(await self.seen()).pid}/root"))
        if verb is Verb.REPAIR:
            await asyncio.to_thread(self._dead)
        return await self.plan(verb)

    def _as_it_was(self) -> None:
        """Have it stand on the tree of this machine again."""
        conf = self.subhost.conf
        lines = conf.read_text().splitlines(keepends=True)
        conf.write_text("".join(line for line in lines if not line.startswith("LOWER=")))

    def _copied_up(self) -> None:
        """Leave a file in its upper layer that says no more than the lower one's."""
        copy = self.subhost.folder / "root/usr/lib/os-release"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2("/usr/lib/os-release", copy)

    def _dead(self) -> None:
        """Leave what overlay-boot does when its first process is killed."""
        self.subhost.start()
        self.subhost.abandon()

    async def put_right(self, job: Begun) -> None:
        """Take back a job that was killed, and see to all that there is then."""
        if job.word is None:
            again = job.again("roll-back")
            word = again.ended()
            self.outcomes.append(f"rolled back: {word}")
        await self.cleared()

    async def cleared(self) -> None:
        """Do what is offered for what is left, and stop what runs, until nothing is."""
        deadline = time.monotonic() + 2 * QUIET
        while verb := _offered(found := await self.seen()):
            plan = await self.operator.planned(wish(verb, self.subhost))
            if plan.obstacles:  # what had not died yet may be gone by itself since it was seen
                assert time.monotonic() < deadline, f"{found}: {plan.title}: {plan.obstacles}"
                await asyncio.sleep(0.1)
                continue
            self.outcomes.append(f"then {verb}")
            self._done(plan)

    def rest(self) -> list[str]:
        """Wait until nothing works on any job any more; return what does not come to its end.

        What goes on as the supervisor of a subhost does not count.
        """
        with suppress(TimeoutError):
            until(lambda: not _at_work(), QUIET, "all jobs to end")
        return _at_work()

    def left(self) -> dict[str, list[str]]:
        """Return what there is beyond what there was, once that stays so."""
        deadline = time.monotonic() + QUIET
        while (left := traces().against(self.stopped)) and time.monotonic() < deadline:
            time.sleep(0.01)
        if torn := self._torn():
            left["files"] = torn
        return left

    def miscabled(self, word: str) -> str | None:
        """Return how its cable is not as a job that ended so has to leave it."""
        if word.startswith("left") or not self.outer.exists():
            return None
        plugged = Path(self.outer, "master").exists()
        return f"{word}, and yet {'' if plugged else 'not '}in br0" * (plugged is (word == "done"))

    @property
    def outer(self) -> Path:
        """The host's end of its first cable."""
        return Path("/sys/class/net", f"{NAME}0")

    def _torn(self) -> list[str]:
        """Return files that are half of what they are to be, or that nobody knows of."""
        folder, conf = self.subhost.folder, self.subhost.conf
        strays = [path.name for path in folder.iterdir() if path.name.startswith(".")]
        text = conf.read_text()
        whole = text.endswith(CONF.format(folder=folder.parent).splitlines()[-1] + "\n")
        return strays if whole and text.count("BASE=.\n") == 1 else [*strays, text]


RELIEF = (Verb.GROW, Verb.DELETE, Verb.TRUNCATE)
"""What is done to a store of it."""
OF_RUNNING = {
    *(Verb.STOP, Verb.RESTART, Verb.SHARE, Verb.UNSHARE, Verb.KILL, Verb.UPGRADE, Verb.CABLE),
    *RELIEF,
}
RUN = Clean("tmpfs:/run")
GROWN = 12 << 20
"""Bytes that its ``/run`` is to hold, in place of 8 MiB."""
GOING = "/srv/going"
"""A file of it that is to go, or to become empty, and holds so many bytes:"""
GONE = 1 << 20


def _laid(root: Path) -> None:
    for each in (GOING, f"{GOING}.beside"):
        (root / each.lstrip("/")).write_bytes(b"x" * GONE)


def wish(verb: Verb, subhost: Subhost) -> Wish:
    folder = subhost.folder.parent
    share = (Clean(f"{folder}/more"), Clean("/srv/more"))
    return Wish(
        verb,
        Clean(NAME),
        share=share if verb in {Verb.SHARE, Verb.UNSHARE} else None,
        signal=Clean("TERM") if verb is Verb.KILL else None,
        patience=2.0,
        level=RUN if verb is Verb.GROW else None,
        size=GROWN if verb is Verb.GROW else None,
        paths=(Clean(GOING),) if verb in ON_FILES else (),
        lower=Clean(f"{folder}/lower") if verb is Verb.UPGRADE else None,
        recabling=recabling("eth0", ("no-bridge",), 1) if verb is Verb.CABLE else None,
    )


def _offered(found: model.Subhost) -> Verb | None:
    """Return what there is to be done about it; ``None``: nothing."""
    if found.residue or found.state is Running.BROKEN:
        return Verb.REPAIR
    if found.state is not Running.STOPPED:
        return Verb.STOP
    return Verb.DISABLE if found.autostart else None


def _at_work() -> list[str]:
    """What jobs have not come to their end: processes, shells that are told what to do, locks."""
    now = traces()
    found = [each for each in now.processes if not each.endswith((" private", " back"))]
    found = [each for each in found if "/run/subdeck/jobs/" in each or " /bin/sh -s" in each]
    return found + [each for each in now.locks if each.startswith("/run/subdeck/locks/")]


def _tree(place: Path) -> None:
    """Make another lower layer, which has what a reaper needs."""
    (place / "bin").mkdir(parents=True)
    shutil.copy("/bin/busybox", place / "bin")
    for name in ("sh", "sleep"):
        (place / "bin" / name).symlink_to("busybox")


def calm() -> Traces:
    """Return what there is once that stays so."""
    found = traces()
    while (now := _later()) != found:
        found = now
    return found


def _later() -> Traces:
    time.sleep(0.2)
    return traces()


def sweep(stopped: Traces) -> None:
    """Begin anew after a fault, so that the next is one of its own."""
    for each in set(traces().processes) - set(stopped.processes):
        with suppress(ProcessLookupError):
            kill(int(each.split()[0]), signal.SIGKILL)
    until(lambda: set(traces().processes) <= set(stopped.processes), QUIET, "all to end")
    now = traces()
    ip = "/usr/sbin/ip"  # not the one that is listened to
    for name in set(now.netns) - set(stopped.netns):
        run([ip, "netns", "del", name], check=False, capture_output=True)
    for name in set(now.links) - set(stopped.links):
        run([ip, "link", "del", name], check=False, capture_output=True)
    for name in set(now.groups) - set(stopped.groups):
        with suppress(OSError):
            Path(name).rmdir()


@contextmanager
def laboratory() -> Iterator[Lab]:
    """Make one subhost, where all that there is otherwise is known."""
    settle()
    folder = FOLDERS / f"{NAME}-kills"
    for name in ("shared", "more"):
        (folder / name).mkdir(parents=True)
    _tree(folder / "lower")
    subhost = Subhost(NAME, folder / NAME, CONF.format(folder=folder))
    subhost.program()  # which takes a gcc that nobody listens to
    with Tripwire() as wire:
        yield Lab(wire, Operator([f"{folder}/*/*.conf"]), subhost, traces())

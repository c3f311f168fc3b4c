"""Made-up doing for pictures and screen tests: plans of one shape, jobs that run when told to.

It has the shape of ``console.deeds.Deeds``; nothing is done anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from console.clean import Clean
from console.contact import Contact
from console.entering import Entering
from console.errors import ConsoleError
from console.jobs import Job, JobState, Settling
from console.operations import Operation, Variable
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Wish
from console.shell import digest
from console.terminal import Size, Terminal
from screenshots import incident
from screenshots.world import START

WHO = Clean("alice@bastion")
_TIERS = {
    Verb.START: Tier.REVERSIBLE,
    Verb.ENABLE: Tier.REVERSIBLE,
    Verb.DISABLE: Tier.REVERSIBLE,
    Verb.SHARE: Tier.REVERSIBLE,
    Verb.CLEAN: Tier.LOSES,
}


class StillDeeds:
    """Does nothing, and remembers what it was asked to do."""

    def __init__(self, contacts: tuple[Contact, ...], *jobs: Job) -> None:
        self.contacts = {contact.name: contact for contact in contacts}
        self.jobs = jobs
        self.read_only = False
        self.unlocked: Clean | None = None
        self.begun: list[Plan] = []
        self.settled: list[tuple[Clean, Settling]] = []
        self.looked: list[Clean] = []
        self.wished: list[tuple[Clean, Wish]] = []
        self.lines: tuple[Clean, ...] = ()
        self.obstacles: dict[Clean, Obstacle] = {}
        """By subhost, what its plans meet."""
        self.changed: Callable[[], None] = lambda: None
        self.go_on = asyncio.Event()
        """Unset, planning takes for ever."""
        self.go_on.set()
        self._ends: dict[Clean, asyncio.Future[Job]] = {}

    def unlock(self, reason: str) -> None:
        """Unlock."""
        if not reason.strip():
            raise ConsoleError("no reason given")
        self.unlocked, self.read_only = Clean(reason), False

    def lock(self) -> None:
        """Lock."""
        self.unlocked, self.read_only = None, True

    def refusal(self, host: Clean, verb: Verb | None = None) -> Obstacle | None:
        """Return why a host may not be changed."""
        contact = self.contacts[host]
        if self.read_only:
            return Obstacle(Clean("this console was made read-only"), Clean(":rw REASON"))
        if contact.protected and self.unlocked is None:
            return Obstacle(Clean(f"{host} is protected"), Clean(":rw REASON"))
        if contact.failed is not None:
            return Obstacle(Clean(f"{host} does not answer: {contact.trouble}"), contact.remedy)
        return None

    async def planned(self, host: Clean, wish: Wish) -> Plan:
        """Return a plan of the verb's shape."""
        self.wished.append((host, wish))
        await self.go_on.wait()
        contact = self.contacts[host]
        if contact.host is None:
            raise ConsoleError(f"{host} has not answered yet", "look again")
        hindered = (self.refusal(host), self.obstacles.get(wish.subhost))
        obstacles = tuple(filter(None, hindered))
        if wish.verb is Verb.GROW:
            plan = incident.plan(contact.host, wish)
            plan = replace(plan, obstacles=(*obstacles, *plan.obstacles))
        else:
            plan = made(host, wish, obstacles)
        return replace(plan, tier=Tier.LOSES) if contact.protected else plan

    async def begin(self, plan: Plan) -> Clean:
        """Have a job that runs from now on."""
        if refused := self.refusal(plan.host):
            raise ConsoleError(refused.text, refused.remedy or "")
        self.begun.append(plan)
        number = len(self.begun)
        job = Job(
            id=Clean(f"20260921T141330Z-{number:06x}"),
            host=plan.host,
            verb=Clean(plan.verb),
            subhost=plan.subhost,
            who=WHO,
            state=JobState.RUNNING,
            started=START + 478,
            seconds=0.0,
            step=0,
            steps=len(plan.steps),
            digest=Clean(digest(plan)),
            whys=tuple(step.why for step in plan.steps),
            level=plan.level,
        )
        self._ends[job.id] = asyncio.get_running_loop().create_future()
        self._put(job)
        return job.id

    def tell(self, job: Job) -> None:
        """Let a job be as it is told; where it runs no more it has ended."""
        self._put(job)
        if job.state is not JobState.RUNNING and job.id in self._ends:
            self._ends.pop(job.id).set_result(job)

    def job(self, name: Clean) -> Job:
        """Return a job."""
        return next(job for job in self.jobs if job.id == name)

    async def ended(self, job: Clean, /) -> Job:
        """Return a job when it was told to have ended."""
        return await self._ends[job]

    async def settle(self, host: Clean, job: Clean, how: Settling, /) -> None:
        """Have a killed job run again."""
        self.settled.append((job, how))
        self._ends[job] = asyncio.get_running_loop().create_future()
        self._put(replace(self.job(job), state=JobState.RUNNING))

    async def look(self, host: Clean) -> None:
        """Note who was asked."""
        self.looked.append(host)

    async def output(self, host: Clean, job: Clean, lines: int, /) -> tuple[Clean, ...]:
        """Return what a job has said."""
        return (self.lines or self.job(job).output)[-lines:]

    async def terminal(self, host: Clean, entry: Entering, size: Size | None) -> Terminal:
        """Refuse: there is nothing to enter."""
        raise ConsoleError(f"{entry.subhost or host} cannot be entered in a picture")

    def _put(self, job: Job) -> None:
        self.jobs = (job, *(each for each in self.jobs if each.id != job.id))
        self.changed()


def made(host: Clean, wish: Wish, obstacles: tuple[Obstacle, ...] = ()) -> Plan:
    """Return the plan of a wish."""
    name = wish.subhost
    steps = _stop(name) if wish.verb in {Verb.STOP, Verb.RESTART} else _start(name)
    consequences = {
        Verb.STOP: (
            Clean("dns and web resolve names through it: 2 cables share the bridge br-lan"),
            Clean("1 session is open inside: pts/3 of alice, idle 4 min"),
        )
    }.get(wish.verb, ())
    return Plan(
        verb=wish.verb,
        host=host,
        subhost=name,
        tier=_TIERS.get(wish.verb, Tier.INTERRUPTS),
        boot_id=Clean("0f8fad5b-d9cb-469f-a165-70867728950e"),
        config=Clean(f"/srv/subhost/{name}/{name}.conf"),
        checks=(
            Check(Operation(("test", "-e", f"/run/netns/{name}")), Clean(f"{name} does not run")),
        ),
        steps=steps,
        consequences=consequences,
        notes=(Clean("started by overlay-boot 1.6: its own overlay-stop would do the same"),),
        obstacles=obstacles,
    )


def _step(why: str, *lines: tuple[str | Variable, ...]) -> Step:
    return Step(Clean(why), tuple(Operation(line) for line in lines))


def _stop(name: str) -> tuple[Step, ...]:
    inside = ("nsenter", "-t", Variable("pid"), "-m", "-n", "-p", "-i", "-u")
    service = (*inside, "timeout", "10", "service")
    upper = f"/srv/subhost/{name}"
    return (
        _step("stop the service postfix", (*service, "postfix", "stop")),
        _step(
            "stop the service networking",
            (*service, "networking", "stop"),
        ),
        _step("ask what is left inside to end", (*inside, "kill", "-TERM", "-1")),
        _step("end its first process", ("kill_checked", Variable("pid"), Variable("started"))),
        _step("take its mounts down", ("umount", "-R", f"{upper}/live")),
        _step(
            "remove its names from the host",
            ("ip", "netns", "delete", name),
            ("ip", "link", "delete", f"{name}0"),
        ),
    )


def _start(name: str) -> tuple[Step, ...]:
    base = f"/srv/subhost/{name}"
    layers = f"lowerdir=/,upperdir={base}/root,workdir={base}/work"
    return (
        _step("make its network namespace", ("ip", "netns", "add", name)),
        _step(
            "lay its cable to br-lan",
            ("ip", "link", "add", f"{name}0", "type", "veth", "peer", "eth0", "netns", name),
            ("ip", "link", "set", f"{name}0", "master", "br-lan", "up"),
        ),
        _step(
            "mount its root",
            ("mount", "-t", "overlay", "-o", layers, name, f"{base}/live"),
        ),
        _step("start its services", ("chroot", f"{base}/live", "/.reaper", name)),
    )


def jobs() -> tuple[Job, ...]:
    """Return jobs of every state, the newest first."""
    told: tuple[tuple[str, str, JobState, float, int, str], ...] = (
        ("restart", "web", JobState.RUNNING, 21, 4, ""),
        ("stop", "mta", JobState.UNKNOWN, 95, 3, "the link was lost: no frame for 6 s"),
        ("start", "dns", JobState.KILLED, 260, 2, ""),
        ("start", "old", JobState.UNDONE, 330, 3, "step 3 failed: mount: o.img: no such file"),
        ("share", "web", JobState.REFUSED, 1400, 0, "/srv/www is not there"),
        ("clean", "dns", JobState.DONE, 5200, 6, ""),
        ("repair", "old", JobState.LEFT, 9100, 4, "umount /srv/subhost/old/live: target is busy"),
        ("start", "mta", JobState.MISSED, 86_000, 6, "mta is stopped; its log ends with: panic"),
    )
    return tuple(
        _job(number, Clean(verb), Clean(name), state, ago, step, Clean(said))
        for number, (verb, name, state, ago, step, said) in enumerate(told)
    )


def _job(
    number: int, verb: Clean, name: Clean, state: JobState, ago: float, step: int, said: Clean
) -> Job:
    plan = made(Clean("local"), Wish(Verb(verb), name))
    who = WHO if number % 3 else Clean("bob@bastion-2")
    return Job(
        id=Clean(f"20260921T14{20 - number:02}00Z-{number:06x}"),
        host=plan.host,
        verb=verb,
        subhost=name,
        who=who,
        state=state,
        started=START + 480 - ago,
        seconds=None if state is JobState.UNKNOWN else min(ago, 2.5 + number),
        step=min(step, len(plan.steps)),
        steps=len(plan.steps),
        told=said or None,
        output=_OUTPUT,
        digest=Clean(digest(plan)),
        finishable=state is JobState.KILLED,
        whys=tuple(each.why for each in plan.steps),
    )


_OUTPUT = tuple(
    map(
        Clean,
        (
            "+ service postfix stop",
            "Stopping Postfix Mail Transport Agent: postfix.",
            "+ service networking stop",
            "Deconfiguring network interfaces...done.",
            "+ kill -TERM -1",
        ),
    )
)

"""Cables of running subhosts changed by jobs on real links, and taken back where they cut us."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from backends.local_hands import hands
from console.cables.faults import Break, Fault
from console.cables.trace import trace
from console.clean import Clean
from console.cli.arguments import parse
from console.cli.cable import change
from console.model import Cable
from console.observed import miscabled
from console.plan import Plan, Tier, Verb, Wish
from console.recabling import recabling
from tests.lab.inventory import until
from tests.lab.planning import Begun, Operator, begun, done, ended, start
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]

MAC, OTHER = "02:aa:00:00:00:01", "02:aa:00:00:00:02"


class Site:
    """A running subhost with two cables, the first in a bridge, and another bridge."""

    def __init__(self, world: World, ours: Operator) -> None:
        self.ours = ours
        self.bridge, self.other = world.bridge(), world.bridge()
        self.guest = world.subhost(f"START=none\nRAM_SIZE=8M\nCABLES={self.bridge}={MAC} =\n")
        self.name = self.guest.name
        self.outer = f"{self.name}0"

    async def start(self) -> None:
        """Start it by a job of ours."""
        await start(self.ours, self.guest)
        self.ip("-n NAME link set eth0 up")

    async def plan(self, words: str, end: str = "eth0", way: str | None = None) -> Plan:
        """Return the plan of a change, as if we came in by that link."""
        wanted = recabling(end, words.replace("OTHER", self.other).split(), 1)
        wish = Wish(Verb.CABLE, Clean(self.name), recabling=wanted)
        self.ours.way = Clean(way) if way else None
        plan = await self.ours.planned(wish)
        assert not plan.obstacles, plan.obstacles
        return plan

    async def do(self, words: str, end: str = "eth0") -> Plan:
        """Change it, and see that it is so."""
        plan = await self.plan(words, end)
        done(plan)
        assert miscabled(Clean(self.name), plan.recabling, await self.ours.host()) is None
        return plan

    async def breaks(self) -> Sequence[Break]:
        """What a trace finds broken."""
        found = trace(await self.ours.host(), self.name, "eth0")
        assert found
        return found.breaks

    async def cable(self, number: int = 0) -> Cable:
        """Return one of its cables as it is seen."""
        return (await self.ours.subhost(self.name)).cables[number]

    def ip(self, words: str) -> str:
        names = {"OUTER": self.outer, "NAME": self.name, "BRIDGE": self.bridge}
        argv = [names.get(word, word) for word in words.replace("OTHER", self.other).split()]
        return subprocess.run(["ip", *argv], check=True, capture_output=True, text=True).stdout

    @property
    def plugged(self) -> str:
        """The bridge that the kernel has its first cable in."""
        return self.master(self.outer)

    @staticmethod
    def master(name: str) -> str:
        """The bridge that the kernel has an interface in."""
        master = Path("/sys/class/net", name, "master")
        return master.readlink().name if master.exists() else ""


def at_work(job: Begun) -> bool:
    """Whether any process of a job is there."""
    told = subprocess.run(["pgrep", "-f", str(job.folder)], check=False, capture_output=True)
    return told.returncode == 0


@pytest.fixture
async def site(world: World, ours: Operator) -> AsyncIterator[Site]:
    site = Site(world, ours)
    await site.start()
    yield site
    done(await ours.plan(Verb.STOP, site.name))


async def test_a_cable_from_bridge_to_bridge_and_what_is_inside(site: Site) -> None:
    plan = await site.do("bridge OTHER")
    assert plan.tier is Tier.INTERRUPTS
    assert (await site.cable()).bridge == site.other
    assert [note for note in plan.notes if "the next start cables it so" in note]
    await site.do("no-bridge", end=site.outer)
    assert (await site.cable()).bridge is None
    plan = await site.do(f"bridge {site.bridge}")
    assert plan.tier is Tier.REVERSIBLE
    assert [note for note in plan.notes if "it is so after the next start, too" in note]
    assert (await site.cable()).fault is None
    await site.do(f"mac {OTHER}")
    assert (await site.cable()).mac == OTHER
    assert OTHER in site.ip("-n NAME link show eth0")
    assert "-> " not in (await site.do("bridge OTHER", end="eth1")).title
    assert (await site.cable(1)).bridge == site.other


BREAKS = {
    "link set OUTER nomaster": Fault.NOT_IN_BRIDGE,
    "link set OUTER master OTHER": Fault.OTHER_BRIDGE,
    f"-n NAME link set eth0 address {OTHER}": Fault.OTHER_MAC,
    f"link set OUTER address {MAC}": Fault.DUPLICATE_MAC,
    "-n NAME link set eth0 down": Fault.DOWN,
    "link set OUTER down": Fault.DOWN,
    "link set BRIDGE down": Fault.DOWN,
}
"""What is done to a cable, and what a trace finds then; the last three at once."""


async def test_what_a_trace_finds_broken_is_mended_as_it_says(site: Site) -> None:
    for number, (words, fault) in enumerate(BREAKS.items()):
        site.ip(words)
        if fault is Fault.DOWN and number < len(BREAKS) - 1:
            continue
        remedies = [each.remedy for each in await site.breaks() if each.fault is fault]
        assert remedies
        assert remedies[0], words
        mac = MAC if fault is Fault.OTHER_MAC else "02:aa:00:00:00:03"
        command = parse(remedies[0].replace("ADDRESS", mac).split()[1:])
        assert (command.targets, command.interface) == ([f"local/{site.name}"], "eth0")
        wanted = change(command)
        plan = await site.do(wanted.words)
        assert len(plan.steps) == (3 if fault is Fault.DOWN else 1)
        assert fault not in [each.fault for each in await site.breaks()]
    assert "state UP" in site.ip("link show BRIDGE")


async def test_a_vlan_is_made_where_the_kernel_can_else_nothing_is_left(site: Site) -> None:
    name = f"{site.outer}.7"
    plan = await site.plan("vlan 7 OTHER")
    job = ended(plan)
    if job.word == "undone":
        assert "Unknown device type" in job.log or "not supported" in job.log, job.log
    else:
        assert site.master(name) == site.other
        await site.do("no-bridge", end=name)
        site.ip(f"addr add 192.0.2.7/24 dev {name}")
        site.ip(f"route add 198.51.100.0/24 via 192.0.2.1 dev {name}")
        assert ended(await site.plan("no-vlan 7", way=name)).word == "undone"
        assert "198.51.100.0/24 via 192.0.2.1" in site.ip(f"route show dev {name}")
        struck = await site.plan("no-vlan 7")
        await site.do("no-vlan 7")
        assert struck.tier is Tier.INTERRUPTS
    assert not any(link.name == name for link in (await site.ours.host()).links)


async def test_what_has_changed_since_it_was_planned_is_left_alone(site: Site) -> None:
    moved, swapped, taken, bridged = [
        await site.plan(words)
        for words in ("no-bridge", "bridge OTHER", f"mac {OTHER}", "bridge OTHER")
    ]
    site.ip("link set OUTER nomaster")
    assert "not in" in str(ended(moved).word)
    site.ip("link set OUTER master BRIDGE")
    site.ip("link del OTHER")
    assert "no bridge by now" in str(ended(swapped).word)
    site.ip("link add OTHER type bridge")
    assert "no bridge by now" in str(ended(bridged).word), "another of that name"
    site.ip(f"link add OTHERx address {OTHER} type veth peer name OTHERy")
    assert "in use by now" in str(ended(taken).word)
    site.ip("link del OTHERx")
    wanted = await site.plan("no-bridge")
    site.ip("link set OUTER name OTHERz")
    assert "another interface" in str(ended(wanted).word)
    site.ip("link set OTHERz name OUTER")
    assert site.plugged == site.bridge


async def test_one_that_cuts_us_off_is_taken_back_unless_we_are_heard_of(site: Site) -> None:
    plan = await site.plan("no-bridge", way=site.bridge)
    assert (plan.tier, plan.awaited) == (Tier.LOSES, 1)
    job = begun(plan)
    until(lambda: job.journal[-1:] == ["await 1"], 10, "it to wait for us")
    assert site.plugged == ""
    assert job.ended() == "undone"
    assert site.plugged == site.bridge
    assert "warn 2 nobody has reached this host anew for 1 s" in job.journal
    job = begun(plan)
    until(lambda: job.journal[-1:] == ["await 1"], 10, "it to wait for us")
    here = hands(Clean("local"), "")
    assert await here.confirm(Clean(job.folder.name)), "it waits no more"
    assert job.ended() == "done"
    assert await here.confirm(Clean(job.folder.name)), "nor after its end"
    until(lambda: not at_work(job), 10, "who watches over it to end")
    assert job.word == "done"
    (job.folder / "journal").write_text("1.00 begun\n1.01 step 1\n")
    assert not await here.confirm(Clean(job.folder.name)), "it does not wait yet"
    assert site.plugged == ""
    site.ip("link set OUTER master BRIDGE")
    for way in (site.other, "lo", f"{site.name}1"):
        assert (await site.plan("no-bridge", way=way)).awaited is None


async def test_killed_while_it_waits_it_is_taken_back_all_the_same(site: Site) -> None:
    job = begun(await site.plan("no-bridge", way=site.outer))
    until(lambda: job.journal[-1:] == ["await 1"], 10, "it to wait for us")
    os.kill(job.process.pid, signal.SIGKILL)
    until(lambda: job.word, 10, "another shell to take it back")
    assert job.word == "undone"
    assert site.plugged == site.bridge
    job.process.wait(5)


async def test_what_overlay_boot_started_can_be_recabled_too(world: World, ours: Operator) -> None:
    bridge, other = world.bridge(), world.bridge()
    guest: Subhost = world.subhost(f"START=none\nCABLES={bridge}=\n").start()
    wanted = recabling("eth0", ("bridge", other))
    wish = Wish(Verb.CABLE, Clean(guest.name), recabling=wanted)
    done(await ours.planned(wish))
    assert (await ours.subhost(guest.name)).cables[0].bridge == other
    guest.stop()

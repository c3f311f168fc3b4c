"""What crashes leave is removed, and nothing else; signals reach those inside alone."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from console.clean import Clean
from console.model import Running
from console.plan import Verb, Wish
from tests.lab.bystanders import running
from tests.lab.inventory import end, until
from tests.lab.planning import Operator, done, ended, start
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def inode(netns: str) -> int:
    return Path("/run/netns", netns).stat().st_ino


async def test_what_overlay_boot_leaves(world: World, ours: Operator) -> None:
    subhost = world.subhost(f"START=none\nCABLES={world.bridge()}= = =.7\n")
    before = world.inventory()
    subhost.start()
    subhost.abandon()
    found = await ours.subhost(subhost.name)
    assert found.state is Running.BROKEN
    assert f"netns {subhost.name}" in found.residue
    done(await ours.plan(Verb.REPAIR, subhost.name))
    # The kernel takes cables away in its own time, however long a job waits for that.
    until(lambda: world.inventory() == before, 30, "its cables to go")
    assert (await ours.subhost(subhost.name)).state is Running.STOPPED


async def test_what_a_killed_supervisor_leaves(world: World, ours: Operator) -> None:
    subhost = world.subhost(f"START=none\nRAM_SIZE=8M\nCABLES={world.bridge()}=\n")
    before = world.inventory()
    job = await start(ours, subhost)
    end(job.process.pid)
    subhost.reap()
    until(lambda: not world.inventory().processes, 10, "all of it to die with its supervisor")
    plan = await ours.plan(Verb.REPAIR, subhost.name)
    if not plan.obstacles:
        done(plan)
    assert world.inventory() == before


async def test_nothing_goes_while_somebody_is_in_it(world: World, ours: Operator) -> None:
    subhost = world.subhost(f"START=none\nCABLES={world.bridge()}=\n").start()
    subhost.abandon()
    left = world.inventory()
    with running("ip", "netns", "exec", subhost.name, "sleep", "60") as user:
        until(lambda: user.pid in world.inventory().processes, 10, "somebody")
        job = ended(await ours.plan(Verb.REPAIR, subhost.name))
        assert job.word
        assert job.word.startswith("left")
        assert f"(sleep) is in network namespace {subhost.name}" in job.log
        now = world.inventory()
        assert (now.netns, now.links) == (left.netns, left.links)
        user.kill()


async def test_another_of_that_name_is_left_alone(world: World, ours: Operator) -> None:
    subhost = world.subhost(f"START=none\nCABLES={world.bridge()}=\n").start()
    subhost.abandon()
    plan = await ours.plan(Verb.REPAIR, subhost.name)
    before = inode(subhost.name)
    ip("netns", "delete", subhost.name)
    until(lambda: len(world.inventory().links) == 1, 10, "the cable to go")
    ip("netns", "add", subhost.name)
    while inode(subhost.name) == before:  # the number became free
        ip("netns", "delete", subhost.name)
        world.netns()
        ip("netns", "add", subhost.name)
    ip("link", "add", f"{subhost.name}0", "type", "bridge")
    job = ended(plan)
    assert any(f"{subhost.name} is another than before" in line for line in job.journal)
    now = world.inventory()
    assert subhost.name in now.netns
    assert f"{subhost.name}0" in now.links


async def test_leaked_mounts(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n")
    live = subhost.folder / "live"
    world.tmpfs(place=live)
    (live / "dev").mkdir()
    world.tmpfs(place=live / "dev")
    world.tmpfs(place=live / "dev")
    done(await ours.plan(Verb.REPAIR, subhost.name))
    assert world.inventory().mounts == ()


async def test_there_is_nothing_to_repair(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n")
    plan = await ours.plan(Verb.REPAIR, subhost.name)
    assert [each.text for each in plan.obstacles] == [f"nothing is left of {subhost.name}"]
    subhost.start()
    plan = await ours.plan(Verb.REPAIR, subhost.name)
    assert [each.remedy for each in plan.obstacles] == ["stop it"]


async def test_a_signal_reaches_those_inside_alone(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n").start()
    root = subhost.folder / "root"
    loop = "(trap 'echo >/told' USR1; trap '' TERM; touch /ready; while :; do sleep 0.05; done) &"
    subhost.spawn("sh", "-c", loop).wait(10)
    until((root / "ready").exists, 10, "its trap")
    os.kill(subhost.pids.init, 0)
    wish = Wish(Verb.KILL, Clean(subhost.name), signal=Clean("USR1"))
    with running("sleep", "60") as bystander:
        job = ended(await ours.planned(wish))
        assert job.word == "done"
        until((root / "told").exists, 10, "what it was told")
        assert bystander.poll() is None
        bystander.send_signal(signal.SIGKILL)
    assert (await ours.subhost(subhost.name)).pid == subhost.pids.init


async def test_whoever_is_left_alone_ends(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n").start()
    first = subhost.pids.init
    wish = Wish(Verb.KILL, Clean(subhost.name), signal=Clean("KILL"))
    assert ended(await ours.planned(wish)).word == "done"
    subhost.reap()
    until(lambda: first not in world.inventory().processes, 10, "its end")

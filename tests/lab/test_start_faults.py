"""Starts that fail, or are killed, leave nothing: whatever step it happens at."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from console.operations import Operation
from console.plan import Plan, Verb, Where
from tests.lab.inventory import until
from tests.lab.started import Starter
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "ip")]

KILL = Operation(("sh", "-c", "kill -KILL $PPID"))
FAIL = Operation(("false",))


def once(subhost: Subhost) -> Operation:
    """Return what kills the job the first time, and lets it pass the second."""
    flag = subhost.folder / "struck"
    return Operation(("sh", "-c", 'mkdir "$1" && kill -KILL $PPID; :', "sh", str(flag)))


def cabled(starter: Starter) -> Subhost:
    bridge = starter.world.bridge()
    shown = starter.world.place()
    return starter.made(
        f"START=/bin/true\nRAM_SIZE=8M\nCABLES={bridge}=02:00:00:00:00:29 =\nSHARE={shown}\n"
    )


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def broken(plan: Plan, number: int, operation: Operation) -> Plan:
    """Return the plan with one more operation at the end of a step."""
    steps = list(plan.steps)
    step = steps[number - 1]
    steps[number - 1] = replace(step, operations=(*step.operations, operation))
    return replace(plan, steps=tuple(steps))


async def test_a_step_that_fails_takes_all_back(world: World, starter: Starter) -> None:
    subhost = cabled(starter)
    plan = await starter.plan(subhost)
    before = world.inventory()
    failed = [step for step in range(1, len(plan.steps) + 1) if step < len(plan.steps)]
    for number in failed:
        job = starter.begun(broken(plan, number, FAIL))
        assert job.ended() == "undone", f"{number}: {job.journal} {job.log}"
        assert f"failed {number} 1" in job.journal
        job.process.wait(10)
        # A program that was begun beside may outlive it by a moment.
        await asyncio.sleep(0.3)
        assert until(lambda: world.inventory() == before, 5, f"nothing of {number} to be left")
    await starter.up(subhost)


async def test_a_supervisor_killed_while_it_builds_leaves_nothing(
    world: World, starter: Starter
) -> None:
    subhost = cabled(starter)
    plan = await starter.plan(subhost)
    before = world.inventory()
    private = [n for n, step in enumerate(plan.steps, 1) if step.where is Where.PRIVATE]
    for number in private:
        job = starter.begun(broken(plan, number, KILL))
        assert job.ended() == "killed", job.journal
        assert until(lambda: world.inventory() == before, 5, f"nothing of {number} to be left")
        starter.await_free(subhost)
    await starter.up(subhost)


async def test_a_killed_supervisor_takes_its_subhost_along(world: World, starter: Starter) -> None:
    subhost = cabled(starter)
    before = world.inventory()
    up = await starter.up(subhost)
    up.job.process.kill()
    up.job.process.wait(10)
    until(lambda: not runs(up.pid), 5, "its first process to end")
    left = world.inventory()
    assert left.processes == before.processes
    assert left.netns == (subhost.name,)  # its names are left, to be repaired

    # Rolling back its job does that too.
    again = starter.again(up.job, "roll-back")
    again.process.wait(10)
    assert again.journal[-1] == "end undone", again.log
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")


@contextmanager
def in_network_of(pid: int) -> Iterator[None]:
    enter = ("nsenter", f"--net=/proc/{pid}/ns/net", "sh", "-c", "echo in; read -r _")
    pipe = subprocess.PIPE
    with subprocess.Popen(enter, stdin=pipe, stdout=pipe) as guest:
        assert guest.stdout
        assert guest.stdout.readline() == b"in\n"
        yield
        guest.communicate(b"\n")


async def test_its_cables_go_though_somebody_is_in_its_network(
    world: World, starter: Starter
) -> None:
    subhost = cabled(starter)
    before = world.inventory()
    up = await starter.up(subhost)
    with in_network_of(up.pid):
        os.kill(up.pid, signal.SIGKILL)
        up.job.process.wait(10)
        left = world.inventory()
        assert (left.links, left.netns) == (before.links, before.netns)
    assert world.inventory() == before


async def test_a_roll_back_spares_the_one_that_runs_by_now(world: World, starter: Starter) -> None:
    subhost = cabled(starter)
    plan = await starter.plan(subhost)
    number = next(n for n, step in enumerate(plan.steps, 1) if step.where is Where.PRIVATE)
    before = world.inventory()
    killed = starter.begun(broken(plan, number, KILL))
    assert killed.ended() == "killed"
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")
    up = await starter.up(subhost)
    again = starter.again(killed, "roll-back")
    again.process.wait(10)
    assert again.journal[-1] == "end undone"
    assert world.inventory().netns == (subhost.name,)
    assert runs(up.pid)


async def test_the_second_of_two_is_told_who(starter: Starter) -> None:
    subhost = starter.made("START=none\nRAM_SIZE=8M\n")
    plan = await starter.plan(subhost)
    slow = Operation(("sleep", "1.5"))
    first = starter.begun(broken(plan, 1, slow))
    until(lambda: "step 1" in first.journal, 5, "the first to be at work")
    second = starter.begun(plan)
    assert second.ended() == "refused busy: tester@lab (root) 1 test"
    assert first.ended() == "done", first.log
    third = starter.begun(plan)
    assert third.ended().startswith(f"refused {subhost.name} is running already")


async def test_what_changed_since_it_was_planned_is_refused(starter: Starter) -> None:
    subhost = starter.made("START=none\nRAM_SIZE=8M\n")
    plan = await starter.plan(subhost)
    subhost.conf.write_text(subhost.conf.read_text() + "LOWER=!touch /tmp/gotcha\n")
    job = starter.begun(plan)
    assert job.ended() == f"refused {subhost.conf} was changed since this was planned"


async def test_a_restart_is_a_stop_and_a_start(world: World, starter: Starter) -> None:
    subhost = cabled(starter)
    up = await starter.up(subhost)
    plan = await starter.plan(subhost, Verb.RESTART)
    assert not plan.obstacles
    job = starter.begun(plan)
    assert job.ended() == "done", f"{job.journal} {job.log}"
    up.job.process.wait(10)
    found = await starter.operator.subhost(subhost.name)
    assert found.pid not in {None, up.pid}
    assert [cable.outer for cable in found.cables] == [f"{subhost.name}0", f"{subhost.name}1"]
    assert world.inventory().netns == (subhost.name,)


@pytest.mark.parametrize("where", [Where.HOST, Where.PRIVATE])
async def test_a_restart_that_was_killed_goes_on(starter: Starter, where: Where) -> None:
    subhost = cabled(starter)
    up = await starter.up(subhost)
    plan = await starter.plan(subhost, Verb.RESTART)
    last = [n for n, step in enumerate(plan.steps, 1) if step.where is where][-1]
    killed = starter.begun(broken(plan, last, once(subhost)))
    assert killed.ended() == "killed"
    up.job.process.wait(10)
    await asyncio.sleep(0.5)  # a program that was begun beside may outlive it by a moment
    job = starter.again(killed, "finish")
    assert job.ended() == "done", job.log
    found = await starter.operator.subhost(subhost.name)
    assert found.pid not in {None, up.pid}


async def test_a_disk_file_is_a_layer(world: World, starter: Starter) -> None:
    subhost = starter.made(
        "START=none\nRAM_SIZE=none\nLOWER=!overlay-diskfile mnt/deep/tree disk.img\n"
        "UPPER=!overlay-diskfile two/up parts.img 2\nWORK=!overlay-diskfile two/work\n"
    )
    folder, tree = subhost.folder, world.busybox()
    for place in ("mnt", "two", "in/deep", "empty"):
        (folder / place).mkdir(parents=True)
    tree.rename(folder / "in/deep/tree")
    image(folder / "disk.img", folder / "in")
    partitioned(folder / "parts.img", folder / "empty")
    before = world.inventory()
    assert not before.loops
    up = await starter.up(subhost)
    assert len(world.inventory().loops) == 2
    assert up.say("/bin/sh", "-c", "echo new >/new; echo /bin/d*").strip() == "/bin/dd"
    assert not list((folder / "mnt").iterdir())  # nothing of it is seen outside
    up.end()
    assert until(lambda: world.inventory() == before, 5, "the loop devices to be gone")


def image(path: Path, tree: Path) -> None:
    """Make an ext4 image of a tree."""
    command = ["mkfs.ext4", "-q", "-d", str(tree), str(path), "16M"]
    subprocess.run(command, check=True, capture_output=True)


def partitioned(path: Path, tree: Path) -> None:
    """Make a disk whose second partition is an ext4 with folders ``up`` and ``work``."""
    for name in ("up", "work"):
        (tree / name).mkdir()
    part = path.with_suffix(".part")
    image(part, tree)
    table = b"".join(
        struct.pack("<B3xB3xII", 0, 0x83, first, sectors)
        for first, sectors in ((2048, 2048), (4096, 32768))
    )
    path.write_bytes((b"\0" * 446 + table).ljust(510, b"\0") + b"\x55\xaa")
    with path.open("r+b") as disk:
        disk.seek(4096 * 512)
        disk.write(part.read_bytes())
    part.unlink()

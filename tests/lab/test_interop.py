"""What overlay-boot's tools started is ours to act on, and what we started theirs."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from console.model import Running
from console.plan import Verb
from tests.lab.inventory import until
from tests.lab.planning import Begun, Operator, begun
from tests.lab.subhost import Subhost
from tests.lab.tools import Tools, tools
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("pgrep", "ps", "bash", "flock", "setpriv")]


@pytest.fixture
def theirs(world: World) -> Tools:
    return tools(world)


def cabled(world: World) -> Subhost:
    return world.subhost(f"START=none\nRAM_SIZE=8M\nCABLES={world.bridge()}=02:00:00:00:00:07 =\n")


def free(lock: str, subhost: Subhost) -> bool:
    with Path("/run/subdeck", lock, subhost.name).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


async def state(operator: Operator, subhost: Subhost) -> Running:
    return (await operator.subhost(subhost.name)).state


async def started_by_us(operator: Operator, subhost: Subhost) -> Begun:
    job = begun(await operator.plan(Verb.START, subhost.name))
    assert job.ended() == "done", f"{job.journal} {job.log}"
    return job


async def started_by_them(theirs: Tools, operator: Operator, subhost: Subhost) -> None:
    theirs.run("overlay-boot", subhost.conf)
    for _ in range(100):
        found = await operator.subhost(subhost.name)
        if found.state is Running.RUNNING:
            return
    raise AssertionError(f"it does not run: {subhost.log.read_text()[-2000:]}")


def stopped_by_them(theirs: Tools, subhost: Subhost, job: Begun | None = None) -> None:
    """Stop it; where its supervisor is the first to remove its name, their tool says so."""
    ran = theirs.ran("overlay-stop", subhost.conf)
    assert ran.returncode == 0 or "Cannot remove namespace" in ran.stderr, ran.stderr
    if job:
        job.process.wait(20)


async def test_we_stop_what_they_started(world: World, theirs: Tools, ours: Operator) -> None:
    subhost = cabled(world)
    before = world.inventory()
    await started_by_them(theirs, ours, subhost)
    job = begun(await ours.plan(Verb.STOP, subhost.name))
    assert job.ended() == "done", f"{job.journal} {job.log}"
    # The kernel takes cables away in its own time, however long a job waits for that.
    until(lambda: world.inventory() == before, 30, "its cables to go")
    assert await state(ours, subhost) is Running.STOPPED


async def test_we_do_not_start_what_they_did(world: World, theirs: Tools, ours: Operator) -> None:
    subhost = cabled(world)
    await started_by_them(theirs, ours, subhost)
    plan = await ours.plan(Verb.START, subhost.name)
    assert plan.obstacles, "it runs, whoever started it"


async def test_they_stop_what_we_started(world: World, theirs: Tools, ours: Operator) -> None:
    subhost = cabled(world)
    before = world.inventory()
    job = await started_by_us(ours, subhost)
    stopped_by_them(theirs, subhost, job)
    assert world.inventory() == before
    assert await state(ours, subhost) is Running.STOPPED
    assert free("locks", subhost) and free("alive", subhost)
    again = await started_by_us(ours, subhost)
    stopped_by_them(theirs, subhost, again)
    assert world.inventory() == before


async def test_they_enter_what_we_started(world: World, theirs: Tools, ours: Operator) -> None:
    subhost = cabled(world)
    job = await started_by_us(ours, subhost)
    said = theirs.run(
        "overlay-go",
        subhost.name,
        stdin="hostname; cat /proc/1/comm; ls /sys/class/net; pwd; test -w /run && echo /run",
    ).split()
    assert said == [subhost.name, ".reaper", "eth0", "eth1", "lo", "/", "/run"]
    stopped_by_them(theirs, subhost, job)


async def test_they_list_what_we_started(world: World, theirs: Tools, ours: Operator) -> None:
    mine, other = cabled(world), world.subhost("START=none\n")
    job = await started_by_us(ours, mine)
    await started_by_them(theirs, ours, other)
    status = theirs.run("subhosts", "status").splitlines()
    assert status.count(str(mine.conf)) == status.count(str(other.conf)) == 1
    names = theirs.run("overlay-go").splitlines()
    assert names.count(mine.name) == names.count(other.name) == 1
    stopped_by_them(theirs, mine, job)
    stopped_by_them(theirs, other)
    until(lambda: not world.inventory().processes, 10, "all to end")

"""Tmpfs, what lies on them, and a subhost's own grow on this kernel, while they are in use."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from console.clean import Clean
from console.observed import level
from console.plan import Plan, Verb, Wish, named
from tests.lab.planning import Operator, ended
from tests.lab.started import Starter, mounts
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]

MIB = 1 << 20


def mount(kind: str, options: str, place: Path) -> None:
    subprocess.run(["mount", "-t", kind, "-o", options, kind, place], check=True)


@pytest.fixture
def ours(starter: Starter) -> Operator:
    return starter.operator


@pytest.fixture
def store(world: World) -> Path:
    """Return where a tmpfs of 4 MiB and 100 inodes is mounted."""
    place = world.place("store")
    mount("tmpfs", "size=4M,nr_inodes=100,nosuid,mode=700", place)
    return place


async def plan(
    ours: Operator, id_: str, size: int | None = None, inodes: int | None = None, of: str = ""
) -> Plan:
    return await ours.planned(
        Wish(Verb.GROW, Clean(of), level=Clean(id_), size=size, inodes=inodes)
    )


async def done(ours: Operator, plan: Plan) -> None:
    job = ended(plan)
    assert job.word == "done", f"{plan.obstacles} {job.journal} {job.log}"
    assert plan.level
    found = level(await ours.host(), plan.subhost, plan.level)
    assert found
    assert plan.total is not None
    assert (found.total or 0) >= plan.total
    assert (found.inodes_total or 0) >= (plan.inodes or 0)


def table() -> list[str]:
    return Path("/proc/self/mounts").read_text().splitlines()


def fill(path: Path, megabytes: int) -> None:
    with path.open("wb") as file:
        for _ in range(megabytes * 16):
            file.write(os.urandom(1 << 16))


async def test_a_full_tmpfs_takes_more_and_keeps_all_else(ours: Operator, store: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        fill(store / "a", 5)
    before = (store / "a").read_bytes()
    await done(ours, await plan(ours, f"tmpfs:{store}", 8 * MIB))
    fill(store / "b", 3)
    assert (store / "a").read_bytes() == before
    (line,) = (each for each in table() if f" {store} " in each)
    assert "nosuid" in line
    assert "mode=700" in line


async def test_inodes_grow_alone(ours: Operator, store: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        for number in range(200):
            (store / str(number)).touch()
    made = await plan(ours, f"tmpfs:{store}", inodes=300)
    await done(ours, made)
    assert os.statvfs(store).f_blocks * os.statvfs(store).f_frsize == 4 * MIB
    for number in range(200):
        (store / str(number)).touch()


async def test_an_overlay_grows_by_the_tmpfs_that_its_upper_is_on(
    world: World, ours: Operator, store: Path
) -> None:
    for each in ("upper", "work"):
        (store / each).mkdir()
    place = world.place("merged")
    layers = f"lowerdir={world.place('lower')},upperdir={store}/upper,workdir={store}/work"
    mount("overlay", layers, place)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        fill(place / "a", 5)
    (place / "a").unlink()
    made = await plan(ours, f"overlay:{place}", 8 * MIB)
    assert f"at {store} hold 8 MiB" in made.steps[0].why
    await done(ours, made)
    fill(place / "a", 5)


async def test_it_can_be_taken_back_while_it_is_not_used(ours: Operator, store: Path) -> None:
    await done(ours, await plan(ours, f"tmpfs:{store}", 8 * MIB))
    back = await plan(ours, f"tmpfs:{store}", 4 * MIB)
    await done(ours, back)
    assert os.statvfs(store).f_blocks * os.statvfs(store).f_frsize == 4 * MIB
    fill(store / "a", 3)
    (told,) = (await plan(ours, f"tmpfs:{store}", 2 * MIB)).obstacles
    assert "holds 3 MiB already" in told.text


async def test_one_that_was_mounted_over_is_left_alone(ours: Operator, store: Path) -> None:
    made = await plan(ours, f"tmpfs:{store}", 8 * MIB)
    mount("tmpfs", "size=1M", store)
    assert ended(made).word == f"refused {store} is another filesystem than it was"
    assert os.statvfs(store).f_blocks * os.statvfs(store).f_frsize == MIB


async def test_what_does_not_grow_is_refused_with_the_reason(
    world: World, ours: Operator, store: Path
) -> None:
    ram = world.place("ram")
    mount("ramfs", "mode=700", ram)
    wanted = {
        f"tmpfs:{ram}": "has no size: memory is what runs out",
        "mem": "memory cannot be made larger",
    }
    for id_, said in wanted.items():
        (told,) = (await plan(ours, id_, 8 * MIB)).obstacles
        assert said in told.text, id_
    (told,) = (await plan(ours, f"tmpfs:{store}", 1 << 50)).obstacles
    assert "of memory are available" in told.text
    (told,) = (await plan(ours, "tmpfs:/nowhere", MIB)).obstacles
    assert told.text == "there is no level tmpfs:/nowhere on local"


async def test_the_run_of_a_subhost_grows_inside_it(starter: Starter, ours: Operator) -> None:
    up = await starter.up("START=none\nRAM_SIZE=4M\n")
    made = await plan(ours, "tmpfs:/run", 8 * MIB, of=up.subhost.name)
    assert named(Clean(up.subhost.name), Clean("tmpfs:/run")) in made.title
    assert made.lock == up.subhost.name
    await done(ours, made)
    assert any(line[1] == "/run" and "size=8192k" in line[3] for line in mounts(up))
    fill(up.path("/run/a"), 6)
    up.end()
    assert (ended(made).word or "").startswith("refused ")

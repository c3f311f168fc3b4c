"""A ballast takes room and inodes of a store, and gives them back when it is full of all else."""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.ballast import FOLDER
from console.clean import Clean
from console.plan import Plan, Verb, Wish
from tests.lab.planning import ended
from tests.lab.started import Starter
from tests.lab.world import NEEDS_WORLD, World, mount

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "mkfs.ext4")]

MIB = 1 << 20
INODES = 32


def tmpfs(world: World) -> Path:
    return world.tmpfs("size=16M,nr_inodes=300")


def ext4(world: World) -> Path:
    image, place = world.place() / "image", world.place()
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-N", "300", image], check=True)
    attach = ["losetup", "--find", "--show", str(image)]
    device = subprocess.run(attach, check=True, capture_output=True, text=True).stdout.strip()
    mount(device, place, "ext4")
    return place


async def planned(starter: Starter, verb: Verb, level: str, of: str = "") -> Plan:
    wish = Wish(verb, Clean(of), level=Clean(level))
    held = replace(wish, size=MIB, inodes=INODES) if verb is Verb.HOLD else wish
    return await starter.operator.planned(held)


async def done(starter: Starter, verb: Verb, level: str, of: str = "") -> None:
    plan = await planned(starter, verb, level, of)
    assert not plan.obstacles, plan.obstacles
    job = ended(plan)
    assert job.word == "done", (job.journal, job.log)


def left(place: Path) -> tuple[int, int]:
    seen = os.statvfs(place)
    return seen.f_bavail * seen.f_frsize, seen.f_ffree


def fill(place: Path) -> None:
    """Leave neither room nor an inode."""
    with suppress(OSError), (place / "filling").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    with suppress(OSError):
        for number in range(1000):
            (place / f"entry.{number}").touch()


def unfill(place: Path) -> None:
    """Take that away."""
    for each in (place / "filling", *place.glob("entry.*")):
        each.unlink()


@pytest.mark.parametrize("made", [tmpfs, ext4])
async def test_it_is_given_back_when_there_is_nothing_else(
    world: World, starter: Starter, made: object
) -> None:
    assert callable(made)
    place: Path = made(world)
    id_ = f"{'tmpfs' if made is tmpfs else 'fs'}:{place}"
    before = left(place)
    await done(starter, Verb.HOLD, id_)
    assert left(place)[0] <= before[0] - MIB
    assert left(place)[1] <= before[1] - INODES
    await done(starter, Verb.HOLD, id_)  # once more is no more
    fill(place)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        (place / "note").write_bytes(b"x" * 4096)
    (told, *_) = (await planned(starter, Verb.HOLD, id_)).obstacles
    assert "make room first" in told.text
    await done(starter, Verb.RELEASE, id_)
    assert not (place / FOLDER).exists()
    (place / "note").write_bytes(b"x" * (MIB - 65536))
    for number in range(INODES):
        (place / f"more.{number}").touch()
    (told,) = (await planned(starter, Verb.RELEASE, id_)).obstacles
    assert "no ballast is held" in told.text
    unfill(place)
    await done(starter, Verb.HOLD, id_)


async def test_what_a_lower_layer_has_can_be_deleted_again(world: World, starter: Starter) -> None:
    """Of a subhost whose upper layer has no inode left, it takes one to delete that."""
    store = world.tmpfs("size=16M,nr_inodes=300")
    for each in ("upper", "work"):
        (store / each).mkdir()
    up = await starter.up(f"START=none\nUPPER={store}/upper\nWORK={store}/work\n")
    name = up.subhost.name
    root = next(
        each.id
        for each in (await starter.operator.subhost(name)).levels
        if each.id.startswith("overlay:")
    )
    await done(starter, Verb.HOLD, root, name)
    assert not up.path(f"/{FOLDER}/room").is_symlink()
    with suppress(OSError):
        for number in range(1000):
            (store / f"entry.{number}").touch()
    lower = up.path("/etc/hostname")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        lower.unlink()
    await done(starter, Verb.RELEASE, root, name)
    lower.unlink()
    assert not up.path(f"/{FOLDER}").exists()


async def test_nothing_is_touched_that_another_has_put_there(
    world: World, starter: Starter
) -> None:
    place, outside = tmpfs(world), world.place()
    (outside / "room").write_text("precious")
    (place / FOLDER).symlink_to(outside)
    for verb in (Verb.HOLD, Verb.RELEASE):
        job = ended(await planned(starter, verb, f"tmpfs:{place}"))
        assert "is a way to another folder" in job.log
    assert (outside / "room").read_text() == "precious"
    (place / FOLDER).unlink()
    (place / FOLDER).mkdir(mode=0o777)
    (place / FOLDER).chmod(0o777)
    job = ended(await planned(starter, Verb.HOLD, f"tmpfs:{place}"))
    assert "is not what was made for this" in job.log
    assert not [*(place / FOLDER).iterdir()]

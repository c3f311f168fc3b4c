"""What takes room goes: inside subhosts, on the host, and from who holds it without a name."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from console.clean import Clean
from console.plan import Verb, Wish
from tests.lab.inventory import end, until
from tests.lab.planning import Operator, begun
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setsid")]

MIB = 1 << 20
HOST = ""


@pytest.fixture
def store(world: World) -> Path:
    return world.tmpfs("size=64M")


@pytest.fixture
def subhost(world: World, store: Path) -> Subhost:
    """One whose upper layer is in a store of its own."""
    upper, work = store / "upper", store / "work"
    upper.mkdir()
    work.mkdir()
    return world.subhost(f"START=none\nUPPER={upper}\nWORK={work}\n").start()


def wish(verb: Verb, *paths: Path | str, subhost: str = HOST) -> Wish:
    return Wish(verb, Clean(subhost), paths=tuple(Clean(str(path)) for path in paths))


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def used(store: Path) -> int:
    found = os.statvfs(store)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


async def do(ours: Operator, wished: Wish) -> str:
    """Return the last word of the job, and what its commands said where it is not done."""
    plan = await ours.planned(wished)
    assert not plan.obstacles, plan.obstacles
    job = begun(plan)
    word = job.ended()
    assert word is not None
    return word if word == "done" else f"{word}: {job.log}"


def holding(path: Path) -> subprocess.Popen[bytes]:
    """Return a process that holds a file open."""
    with path.open("ab") as file:
        return subprocess.Popen(["sleep", "600"], stdout=file)


def held(target: str) -> int | None:
    """Return who holds that as descriptor 5."""
    for link in Path("/proc").glob("[0-9]*/fd/5"):
        with suppress(OSError):
            if str(link.readlink()) == target:
                return int(link.parts[2])
    return None


async def test_files_of_a_subhost_go_through_its_merged_tree(
    ours: Operator, subhost: Subhost, store: Path
) -> None:
    odd = "it's $(id) a"
    for name in ("var/blob", odd):
        subhost.inside(f"/{name}").write_bytes(b"x" * 3 * MIB)
    full = used(store)
    paths = ("/var/blob", f"/{odd}")
    assert await do(ours, wish(Verb.DELETE, *paths, subhost=subhost.name)) == "done"
    assert not (store / "upper/var/blob").exists()
    assert not subhost.inside(f"/{odd}").exists()
    assert used(store) <= full - 6 * MIB
    # Finished once more, what is gone already is no failure.
    assert await do(ours, wish(Verb.DELETE, *paths, subhost=subhost.name)) == "done"


async def test_a_file_that_is_written_becomes_empty_and_goes_on(
    ours: Operator, subhost: Subhost, store: Path
) -> None:
    fill = "exec 3>>/var/filling; while :; do echo more >&3; sleep 0.02; done"
    filling = store / "upper/var/filling"
    subhost.inside("/var/filling").write_bytes(b"x" * 4 * MIB)
    subhost.spawn("sh", "-c", fill)
    until(lambda: filling.stat().st_size > 4 * MIB, 10, "a writer")
    full = used(store)
    assert await do(ours, wish(Verb.TRUNCATE, "/var/filling", subhost=subhost.name)) == "done"
    assert used(store) <= full - 4 * MIB + 65536
    size = filling.stat().st_size
    until(lambda: filling.stat().st_size > size, 10, "it to be written on")
    assert filling.read_bytes()[:5] == b"more\n"


async def test_no_symlink_leads_anywhere_else(
    ours: Operator, subhost: Subhost, world: World
) -> None:
    """Whoever is root inside may turn anything into a symlink until it is done."""
    outside = world.place() / "precious"
    outside.write_text("keep")
    subhost.inside("/srv/x").mkdir()
    for name, target in (("file", str(outside)), ("way", str(outside.parent))):
        subhost.inside(f"/srv/x/{name}").symlink_to(target)
    for verb in (Verb.DELETE, Verb.TRUNCATE):
        for path in ("/srv/x/file", "/srv/x/way/precious"):
            word = await do(ours, wish(verb, path, subhost=subhost.name))
            assert word.startswith(("left", "undone")), word
    assert outside.read_text() == "keep"
    assert subhost.inside("/srv/x/file").is_symlink()


async def test_a_file_without_a_name_becomes_empty(
    ours: Operator, subhost: Subhost, store: Path
) -> None:
    hold = "exec 5>/var/gone; head -c 3145728 /dev/zero >&5; rm /var/gone; exec sleep 600 5>&5"
    subhost.spawn("sh", "-c", hold)
    holder = until(lambda: held("/var/gone (deleted)"), 10, "a file without a name")
    full = used(store)
    assert await do(ours, wish(Verb.TRUNCATE, f"/proc/{holder}/fd/5")) == "done"
    assert used(store) <= full - 3 * MIB
    word = await do(ours, wish(Verb.TRUNCATE, f"/proc/{holder}/fd/0"))
    assert "no deleted file" in word


async def test_files_of_the_host(ours: Operator, store: Path) -> None:
    (store / "log").write_bytes(b"x" * 2 * MIB)
    (store / "old").write_bytes(b"x" * MIB)
    writer = holding(store / "log")
    assert await do(ours, wish(Verb.TRUNCATE, store / "log")) == "done"
    assert await do(ours, wish(Verb.DELETE, store / "old")) == "done"
    assert used(store) < 65536
    assert names(store) == ["log"]
    end(writer.pid)
    writer.wait()


async def test_never_in_the_upper_layer_of_what_is_mounted(
    ours: Operator, subhost: Subhost, store: Path
) -> None:
    (subhost.inside("/var") / "blob").write_bytes(b"x")
    plan = await ours.planned(wish(Verb.DELETE, store / "upper/var/blob"))
    assert f"lies in a layer of {subhost.name}" in plan.obstacles[0].text

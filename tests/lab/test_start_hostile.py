"""Whatever the tree of a subhost holds, its start touches nothing outside of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab.inventory import until
from tests.lab.started import Starter
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "ip")]


def seen(folder: Path) -> list[tuple[str, bytes]]:
    return sorted(
        (str(path), path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")
    )


def astray(goal: Path, link: Path) -> str:
    """Return the relative way that leads from a link to a goal outside."""
    return os.path.relpath(goal, link.parent)


@pytest.mark.parametrize("planted", ["run", "dev", "proc", "sys", "srv", "etc", "etc/network"])
async def test_a_symlink_in_the_tree_is_not_followed(
    world: World, starter: Starter, planted: str
) -> None:
    outside, shown = world.place("outside"), world.place()
    (outside / "keep").write_text("precious")
    subhost = starter.made(f"START=none\nRAM_SIZE=8M\nSHARE={shown}:/srv/in\n")
    link = subhost.folder / "root" / planted
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(astray(outside, subhost.folder / "live" / planted))
    kept, before = seen(outside), world.inventory()
    job = starter.begun(await starter.plan(subhost))
    assert job.ended() == "undone", job.journal
    assert "is a symlink" in job.log
    job.process.wait(10)
    assert seen(outside) == kept
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")


async def test_files_it_would_write_are_not_written_through(
    world: World, starter: Starter
) -> None:
    outside = world.place("outside")
    subhost = starter.made("START=none\nRAM_SIZE=none\n")
    root = subhost.folder / "root"
    for name in ("etc/network/interfaces", "run/dummy_service"):
        (root / name).parent.mkdir(parents=True)
        (root / name).symlink_to(outside / "made")
    await starter.up(subhost)
    assert not list(outside.iterdir())


@pytest.mark.parametrize("kind", ["fifo", "dangling", "folder", "text"])
async def test_a_reaper_that_is_none_starts_nothing(
    world: World, starter: Starter, kind: str
) -> None:
    subhost = starter.made("START=none\nRAM_SIZE=8M\n")
    reaper = subhost.folder / "root/.reaper"
    match kind:
        case "fifo":
            os.mkfifo(reaper, 0o755)
        case "dangling":
            reaper.symlink_to("/nowhere")
        case "folder":
            reaper.mkdir()
        case _:
            reaper.write_text("text\n")
    before = world.inventory()
    job = starter.begun(await starter.plan(subhost))
    assert job.ended() == "undone", job.journal
    assert "the first process of the subhost ended" in job.log
    job.process.wait(10)
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")


async def test_names_with_blanks_and_quotes_are_names(world: World, starter: Starter) -> None:
    subhost = starter.made("")
    odd = world.place("it's $(touch X) `touch X` ;&|*?[a] #~!")
    for part in ("up r", "wo'rk", "-live"):
        (odd / part).mkdir()
    subhost.conf.write_text(
        f"BASE={odd}\nLOWER=/\nUPPER=up r\nWORK=wo'rk\nLIVE=-live\nLOG={odd}/lo g\n"
        f"START=none\nRAM_SIZE=8M\nSHARE={odd}:/a b/$(touch X)\n"
    )
    up = await starter.up(subhost)
    assert (up.path("/a b/$(touch X)") / "up r").is_dir()
    assert not list(odd.rglob("X"))

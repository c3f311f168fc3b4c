"""Cleaning an upper layer for real: what is seen through the overlay stays the same."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from console.clean import Clean
from console.plan import Plan, Verb, Wish
from tests.lab.planning import Begun, Operator, begun, done
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, ODD_NAMES, World, mount

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "cmp")]


class Layers:
    """A stopped subhost with a lower layer of its own."""

    def __init__(self, world: World) -> None:
        self.lower = world.place("the lower")
        self.subhost = world.subhost(f"START=none\nLOWER={self.lower}\n")
        self.upper, self.work, self.live = (
            self.subhost.folder / part for part in ("root", "work", "live")
        )

    def merged(self, options: str = "") -> Path:
        """Mount the overlay on LIVE."""
        layers = f"lowerdir={self.lower},upperdir={self.upper},workdir={self.work}{options}"
        mount("test", self.live, "overlay", layers)
        return self.live

    def unmounted(self) -> None:
        subprocess.run(["umount", str(self.live)], check=True)

    def seen(self, options: str = "") -> dict[bytes, tuple[object, ...]]:
        """Return all that the overlay shows: kind, mode, owner and content by path."""
        root = os.fsencode(self.merged(options))
        found: dict[bytes, tuple[object, ...]] = {}
        for folder, folders, files in os.walk(root):
            for name in (*folders, *files):
                path = os.path.join(folder, name)  # noqa: PTH118 (bytes)
                about = os.lstat(path)
                content: bytes | None = None
                if stat.S_ISLNK(about.st_mode):
                    content = os.readlink(path)  # noqa: PTH115
                elif stat.S_ISREG(about.st_mode):
                    with open(path, "rb") as file:  # noqa: PTH123
                        content = file.read()
                found[path[len(root) :]] = (about.st_mode, about.st_uid, about.st_gid, content)
        self.unmounted()
        return found


@pytest.fixture
def layers(world: World) -> Layers:
    return Layers(world)


async def cleaning(operator: Operator, subhost: Subhost) -> Plan:
    return await operator.planned(Wish(Verb.CLEAN, Clean(subhost.name)))


async def cleaned(operator: Operator, subhost: Subhost) -> Begun:
    return done(await cleaning(operator, subhost))


async def test_copies_go_and_changes_stay(layers: Layers, ours: Operator) -> None:
    lower = layers.lower
    names = ("same", "content", "mode", "owner", "gone", ".hidden", "..odd", "a", "$(id)", "-rf")
    for name in names:
        (lower / name).write_text(name)
    os.link(lower / "a", lower / "b")
    (lower / "deep/er").mkdir(parents=True)
    (lower / "deep/er/file").write_text("deep" * 5000)
    live = layers.merged()
    for name in (*names, "deep/er/file"):
        os.utime(live / name)  # copied up as it is
    (live / "content").write_text("other")
    (live / "mode").chmod(0o600)
    os.chown(live / "owner", 7, 7)
    (live / "gone").unlink()
    (live / "new").write_text("new")
    layers.unmounted()
    before = layers.seen()
    job = await cleaned(ours, layers.subhost)
    left = {path.name for path in layers.upper.iterdir()}
    assert left == {"content", "mode", "owner", "gone", "new", "deep"}
    assert not list((layers.upper / "deep/er").iterdir())
    assert layers.seen() == before
    assert re.search(r"freed 7 files, [1-9][0-9]+ KiB\n", job.log)
    assert "removed ./deep/er/file\n" in job.log


async def test_hostile_names_are_files_like_others(layers: Layers, ours: Operator) -> None:
    names = [*ODD_NAMES, "*", "?", "[a]", "x y", "\\", "'", '"', "%s", "-", "--help", "\\n"]
    for folder in (Path(), *map(Path, names)):
        (layers.lower / "in" / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            if not (layers.lower / "in" / folder / name).exists():
                (layers.lower / "in" / folder / name / "deep").mkdir(parents=True)
    for path in (layers.lower / "in").rglob("deep"):
        (path / "f").write_text("x")
    live = layers.merged()
    for path in (live / "in").rglob("f"):
        os.utime(path)
    layers.unmounted()
    before = layers.seen()
    await cleaned(ours, layers.subhost)
    # Below a name with a newline nothing is looked at.
    left = [path for path in layers.upper.rglob("f") if "\n" not in str(path)]
    assert not left
    assert layers.seen() == before


async def test_what_hides_or_moves_is_left_alone(layers: Layers, ours: Operator) -> None:
    lower = layers.lower
    for folder, content in (("opaque", "1"), ("moved", "1"), ("target", "2"), ("real", "3")):
        (lower / folder).mkdir()
        (lower / folder / "f").write_text(content)
    (lower / "link").symlink_to("real")
    live = layers.merged(",redirect_dir=on,metacopy=off")
    for folder in ("opaque", "target"):
        (live / folder / "f").unlink()
        (live / folder).rmdir()
    (live / "link").unlink()
    (live / "opaque").mkdir()
    (live / "opaque/f").write_text("1")
    (live / "moved").rename(live / "target")
    (live / "target/f").write_text("2")
    (live / "link").mkdir()
    (live / "link/f").write_text("3")
    layers.unmounted()
    before = layers.seen(",redirect_dir=on,metacopy=off")
    assert before[b"/target/f"][3] == b"2"
    job = await cleaned(ours, layers.subhost)
    assert "freed 0 files" in job.log, job.log
    assert layers.seen(",redirect_dir=on,metacopy=off") == before


async def test_copies_of_metadata_alone_are_left_alone(layers: Layers, ours: Operator) -> None:
    for name in ("zeros", "few"):
        (layers.lower / name).write_bytes(bytes(16384 if name == "zeros" else 100))
    live = layers.merged(",metacopy=on,redirect_dir=on")
    for name in ("zeros", "few"):
        (live / name).chmod(0o600)
        (live / name).chmod(0o644)
    layers.unmounted()
    await cleaned(ours, layers.subhost)
    assert {path.name for path in layers.upper.iterdir()} == {"zeros", "few"}


async def test_symlinks_are_not_followed(world: World, layers: Layers, ours: Operator) -> None:
    victim = world.place("victim")
    (victim / "f").write_text("x")
    (layers.lower / "d").mkdir()
    (layers.lower / "d/f").write_text("x")
    (layers.upper / "d").symlink_to(victim)
    (layers.lower / "g").symlink_to(victim / "f")
    (layers.upper / "g").write_text("x")
    job = await cleaned(ours, layers.subhost)
    assert "freed 0 files" in job.log
    assert (victim / "f").exists()
    assert (layers.upper / "g").exists()


async def test_a_running_one_is_refused(layers: Layers, ours: Operator) -> None:
    plan = await cleaning(ours, layers.subhost)
    layers.lower.rmdir()
    layers.subhost.conf.write_text("BASE=.\nSTART=none\n")
    again = await cleaning(ours, layers.subhost)
    layers.subhost.start()
    for made, why in ((plan, "has changed"), (again, "is running")):
        job = begun(made)
        assert job.ended().startswith("refused"), job.journal
        assert why in job.ended() or "is running" in job.ended()
        job.process.wait(10)
    made = await cleaning(ours, layers.subhost)
    assert [each.remedy for each in made.obstacles] == ["stop it first"]


async def test_nothing_of_it_stays_mounted(world: World, layers: Layers, ours: Operator) -> None:
    before = world.inventory()
    job = await cleaned(ours, layers.subhost)
    assert world.inventory() == before
    assert not (job.folder / "clean").exists()

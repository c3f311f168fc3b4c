"""Another LOWER beneath a subhost, on the real kernel: it comes up on it, or on the old one."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from console.clean import Clean
from console.images.staged import StagedFile, StagedImage
from console.model import Running
from console.operations import Operation
from console.plan import Plan, Verb, Wish
from tests.lab.inventory import until
from tests.lab.planning import Begun
from tests.lab.started import Starter, Up
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World, mount

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "busybox", "mksquashfs")]

CONF = """\
# of the lab
START=/srv/serve
RAM_SIZE=8M
CABLES==
LOWER={lower}
# the end"""
SERVE = "#!/bin/sh\n/bin/busybox httpd -p 2580\n"


@dataclass(frozen=True, slots=True)
class Trees:
    """An old tree and a new one, each with its release; what it runs listens on a port."""

    old: Path
    new: Path


@pytest.fixture
def trees(world: World) -> Trees:
    old = world.busybox()
    (old / "srv").mkdir()
    (old / "srv/serve").write_text(SERVE)
    (old / "srv/serve").chmod(0o755)
    (old / "etc").mkdir()
    new = world.place("new tree")
    shutil.copytree(old, new, symlinks=True, dirs_exist_ok=True)
    for number, tree in enumerate((old, new), 1):
        (tree / "etc/release").write_text(f"{number}\n")
    return Trees(old, new)


async def upgrading(
    starter: Starter, subhost: Subhost, lower: Path | str, patience: float = 10
) -> Plan:
    wish = Wish(Verb.UPGRADE, Clean(subhost.name), lower=Clean(str(lower)), patience=patience)
    return await starter.operator.planned(wish)


async def begun(starter: Starter, up: Up, lower: Path | str, patience: float = 10) -> Begun:
    plan = await upgrading(starter, up.subhost, lower, patience)
    assert not plan.obstacles, plan.obstacles
    return starter.begun(plan)


def run(*argv: str | Path) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def told(job: Begun) -> str:
    return f"{job.journal} {job.log}"


def release(starter: Starter, job: Begun) -> str:
    """Return what the subhost that a job supervises has as its release."""
    return Path(f"/proc/{starter.first(job)}/root/etc/release").read_text().strip()


async def test_it_comes_up_on_the_new_one(starter: Starter, trees: Trees) -> None:
    up = await starter.up(CONF.format(lower=trees.old))
    conf = up.subhost.conf
    text = conf.read_text()
    conf.chmod(0o640)
    up.path("/etc/mine").write_text("kept")
    job = await begun(starter, up, trees.new)
    assert job.ended() == "done", told(job)
    assert release(starter, job) == "2"
    assert conf.read_text() == text.replace(f"LOWER={trees.old}\n", f"LOWER={trees.new}\n")
    assert conf.stat().st_mode & 0o777 == 0o640
    found = await starter.operator.subhost(up.subhost.name)
    assert found.state is Running.RUNNING
    assert found.pid != up.pid
    assert found.overlay
    assert found.overlay.lower == (str(trees.new),)
    assert (up.subhost.folder / "root/etc/mine").read_text() == "kept"


async def test_an_archive_is_unpacked_while_the_old_one_runs(
    world: World, starter: Starter, trees: Trees
) -> None:
    folder = world.place("set")
    archive = folder / "root.tar.gz"
    run("tar", "-czf", archive, "-C", trees.new, ".")
    digest = Clean(sha256(archive.read_bytes()).hexdigest())
    path = Clean(str(archive))
    file = StagedFile(Clean("tree"), path, archive.stat().st_size, digest)
    image = StagedImage(Clean("web"), Clean("2"), (file,))
    up = await starter.up(CONF.format(lower=trees.old))
    wish = Wish(Verb.UPGRADE, Clean(up.subhost.name), image=image)
    plan = await starter.operator.planned(wish)
    assert not plan.obstacles, plan.obstacles
    good = archive.read_bytes()
    archive.write_bytes(good[:-1])
    refused = starter.begun(plan)
    assert (refused.ended() or "").startswith("refused "), told(refused)
    archive.write_bytes(good)
    job = starter.begun(plan)
    assert job.ended() == "done", told(job)
    assert release(starter, job) == "2"
    assert f"LOWER={path}.d\n" in up.subhost.conf.read_text()
    assert sorted(each.name for each in folder.iterdir()) == ["root.tar.gz", "root.tar.gz.d"]


@pytest.mark.parametrize("fault", ["no shell", "nobody listens"])
async def test_the_old_one_comes_back(
    world: World, starter: Starter, trees: Trees, fault: str
) -> None:
    if fault == "no shell":
        (trees.new / "bin/sh").unlink()
    else:
        (trees.new / "srv/serve").write_text("#!/bin/sh\n")
    up = await starter.up(CONF.format(lower=trees.old))
    text, before = up.subhost.conf.read_text(), world.inventory()
    job = await begun(starter, up, trees.new, patience=1)
    assert job.ended() == "undone", told(job)
    assert release(starter, job) == "1"
    assert up.subhost.conf.read_text() == text
    found = await starter.operator.subhost(up.subhost.name)
    assert found.state is Running.RUNNING
    assert not found.residue
    assert found.pid != up.pid
    if fault == "nobody listens":
        assert "port 2580 answered before, and does not now" in job.log

    def like_before() -> bool:
        now = world.inventory()
        return replace(now, processes=()) == replace(before, processes=())

    assert until(like_before, 5, "all to be as it was")


async def test_what_upper_hides_is_told(starter: Starter, trees: Trees) -> None:
    for tree in (trees.old, trees.new):
        for name in ("etc/passwd", "etc/group", "etc/motd", "usr/share/doc/a", "usr/share/doc/b"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(name)
    subhost = starter.made(CONF.format(lower=trees.old))
    live = subhost.folder / "live"
    layers = f"lowerdir={trees.old},upperdir={subhost.folder}/root,workdir={subhost.folder}/work"
    mount("test", live, "overlay", layers)
    (live / "etc/passwd").write_text("mine" * 1000)
    (live / "etc/group").write_text("the same in both trees")
    (live / "etc/motd").unlink()
    shutil.rmtree(live / "usr/share/doc")
    (live / "usr/share/doc").mkdir()
    (live / "usr/share/doc/mine").touch()
    run("umount", live)
    (trees.new / "etc/passwd").write_text("changed")
    (trees.new / "etc/motd").write_text("changed")

    plan = await upgrading(starter, subhost, trees.new)
    assert not plan.obstacles, plan.obstacles
    assert [each for each in plan.consequences if "START" not in each] == [
        "UPPER has 1 files of its own (3.9 KiB) for those that change: /etc/passwd (3.9 KiB)",
        "1 deleted in UPPER stay so, though they change: /etc/motd",
        "1 folders of UPPER hide all of the new tree there: /usr/share/doc",
    ]
    job = starter.begun(plan)
    assert job.ended() == "done", told(job)
    assert "shadow 4000 ./etc/passwd\n" in job.log
    assert "whiteout 0 ./etc/motd\n" in job.log
    assert "opaque 2 ./usr/share/doc\n" in job.log
    assert any("UPPER hides of the new LOWER: 1 changed files" in line for line in job.journal)
    assert (await starter.operator.subhost(subhost.name)).state is Running.STOPPED
    assert f"LOWER={trees.new}\n" in subhost.conf.read_text()


async def test_an_image_takes_the_place_of_an_image(
    world: World, starter: Starter, trees: Trees
) -> None:
    subhost = starter.made(CONF.format(lower="!overlay-diskfile mnt old.img"))
    (subhost.folder / "mnt").mkdir()
    old, new = (subhost.folder / f"{name}.img" for name in ("old", "new"))
    for tree, image in ((trees.old, old), (trees.new, new)):
        run("mksquashfs", tree, image, "-quiet", "-no-progress")
    up = await starter.up(subhost)
    plan = await upgrading(starter, subhost, new)
    assert not plan.obstacles, plan.obstacles
    good = new.read_bytes()
    new.write_bytes(good[:-1] + b"x")
    refused = starter.begun(plan)
    assert (refused.ended() or "").startswith("refused "), told(refused)
    assert "is not what it was" in (refused.word or "")
    assert lives(up.pid)
    new.write_bytes(good)
    job = starter.begun(plan)
    assert job.ended() == "done", told(job)
    assert release(starter, job) == "2"
    assert f"LOWER=!overlay-diskfile mnt {new}\n" in subhost.conf.read_text()
    new.write_bytes(good[: len(good) // 2])
    back = await upgrading(starter, subhost, old)
    assert not back.obstacles  # the one that it stands on may be gone
    cut = subhost.folder / "cut.img"
    shutil.copy(new, cut)
    broken = await upgrading(starter, subhost, cut)
    assert "cannot be looked at: mount: " in broken.obstacles[0].text
    bad = await upgrading(starter, subhost, world.folder / "nothing.img")
    assert "is missing" in bad.obstacles[0].text


async def test_programs_for_another_machine_are_refused(starter: Starter, trees: Trees) -> None:
    up = await starter.up(CONF.format(lower=trees.old))
    plan = await upgrading(starter, up.subhost, trees.new)
    program = bytearray((trees.new / "bin/busybox").read_bytes())
    program[18] ^= 0xFF
    (trees.new / "bin/busybox").write_bytes(program)
    job = starter.begun(plan)
    assert "its programs are for another machine" in (job.ended() or ""), told(job)
    assert lives(up.pid)
    again = await upgrading(starter, up.subhost, trees.new)
    assert any("are for another machine" in each.text for each in again.obstacles)


@pytest.mark.parametrize(("how", "after"), [("roll-back", -5), ("roll-back", 2), ("finish", 0)])
async def test_a_job_that_was_killed_is_finished_or_taken_back(
    starter: Starter, trees: Trees, how: str, after: int
) -> None:
    up = await starter.up(CONF.format(lower=trees.old))
    text = up.subhost.conf.read_text()
    plan = await upgrading(starter, up.subhost, trees.new)
    switch = next(at for at, step in enumerate(plan.steps) if "and nothing else" in step.why)
    mark = up.subhost.folder / "killed"
    job = starter.begun(killed_at(plan, switch + after, mark))
    assert job.ended() == "killed", told(job)
    again = starter.again(job, how)
    assert again.ended() == ("done" if how == "finish" else "undone"), told(again)
    assert release(starter, again) == ("2" if how == "finish" else "1")
    found = await starter.operator.subhost(up.subhost.name)
    assert found.state is Running.RUNNING
    assert not found.residue
    assert (up.subhost.conf.read_text() == text) is (how == "roll-back")


def killed_at(plan: Plan, at: int, mark: Path) -> Plan:
    """Return the plan whose shell is killed once, at the end of a step."""
    once = '[ -e "$1" ] || { true >"$1"; kill -KILL $PPID; }'
    kill = Operation(("sh", "-c", once, "sh", str(mark)))
    steps = list(plan.steps)
    steps[at] = replace(steps[at], operations=(*steps[at].operations, kill))
    return replace(plan, steps=tuple(steps))

"""Files on live media give way to new ones: on filesystems mounted here, all but the reboot."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from backends.local_hands import hands
from backends.local_runner import LocalRunner
from backends.survey import surveyed
from console.actions.verbs import planned, request
from console.clean import Clean
from console.images.staged import StagedFile, StagedImage
from console.jobs import Job, JobState
from console.model import Boot, Host, Image, Style
from console.operations import Operation
from console.plan import Method, Plan, Step, Verb, Wish
from tests.backends.handmade import order
from tests.console.actions.ground import host

pytestmark = [
    pytest.mark.xdist_group("medium"),  # loop devices are the whole machine's, and tell but a path
    pytest.mark.root,
    pytest.mark.needs("mount", "losetup", "mksquashfs", "mkfs.ext4", "flock"),
]
POINT = Path("/run/live/medium")
MADE = (("filesystem.squashfs", "squashfs"), ("vmlinuz", "kernel"), ("initrd.img", "initrd"))


def run(*command: object) -> str:
    said = subprocess.run([*map(str, command)], check=True, capture_output=True, text=True)
    return said.stdout.strip()


@dataclass
class Stick:
    """A live system's medium, mounted read-only, and what it runs from."""

    folder: Path
    loop: str

    @property
    def host(self) -> Host:
        image = Image(None, None, None, device=Clean(self.loop))
        words = Clean("BOOT_IMAGE=/live/vmlinuz initrd=/live/initrd.img boot=live")
        boot = Boot(Style.LIVE_BOOT, Clean("6.1"), None, words, 9, None, image)
        return replace(host(), boot=boot, subhosts=())

    def staged(self, *roles: str) -> StagedImage:
        """Return a set that lies there."""
        files = []
        for name, role in MADE:
            if role in roles:
                path = self.folder / "new" / name
                digest = Clean(sha256(path.read_bytes()).hexdigest())
                size = path.stat().st_size
                files.append(StagedFile(Clean(role), Clean(str(path)), size, digest))
        return StagedImage(Clean("edge"), Clean("2"), tuple(files))

    def tamper(self, staged: StagedImage) -> None:
        """Put something else in the place of its first file."""
        Path(staged.files[0].path).write_bytes(bytes(staged.files[0].size))

    async def plan(self, staged: StagedImage) -> Plan:
        wish = Wish(Verb.UPGRADE, Clean(""), image=staged, method=Method.MEDIUM)
        survey = await surveyed(LocalRunner().run, request(self.host, wish))
        return planned(self.host, wish, survey)

    @property
    def told(self) -> dict[str, str]:
        """What each file of the medium holds: that of the old set, or of the new."""
        old = {path.read_bytes(): f"old {path.name}" for path in (self.folder / "old").iterdir()}
        new = {path.read_bytes(): f"new {path.name}" for path in (self.folder / "new").iterdir()}
        return {
            path.name: (old | new).get(path.read_bytes(), "another").split()[0]
            for path in (POINT / "live").iterdir()
        }

    @property
    def is_read_only(self) -> bool:
        (options,) = {
            line.split()[3]
            for line in Path("/proc/mounts").read_text().splitlines()
            if line.split()[1] == str(POINT)
        }
        return "ro" in options.split(",")


def contents(folder: Path, word: str) -> None:
    """Make what a medium holds."""
    tree = folder.parent / f"tree-{word}"
    (tree / "etc").mkdir(parents=True)
    (tree / "etc" / "os-release").write_text(f"NAME={word}\n")
    folder.mkdir()
    run("mksquashfs", tree, folder / "filesystem.squashfs", "-quiet", "-no-progress")
    (folder / "vmlinuz").write_bytes(f"kernel {word}".encode() * 1000)
    (folder / "initrd.img").write_bytes(f"initrd {word}".encode() * 1000)


@pytest.fixture
def stick(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stick]:
    kind, *without = getattr(request, "param", "ext4").split()
    for word in ("old", "new"):
        contents(tmp_path / word, word)
    medium = tmp_path / "medium"
    (medium / "live").mkdir(parents=True)
    for name, _ in MADE:
        (medium / "live" / name).write_bytes((tmp_path / "old" / name).read_bytes())
    disk = tmp_path / "disk.img"
    if kind == "squashfs":
        run("mksquashfs", medium, disk, "-quiet", "-no-progress")
    else:
        run("mkfs.ext4", "-q", "-O", "^has_journal", "-d", medium, disk, "16M")
    POINT.mkdir(parents=True, exist_ok=True)
    root = tmp_path / "root"
    root.mkdir()
    how = ("-r",) if "protected" in without else ()
    device = run("losetup", "-f", "--show", *how, disk)
    run("mount", "-o", "ro", device, POINT)
    run("losetup", "-d", device)
    loop = run("losetup", "-f", "--show", "-r", POINT / "live" / "filesystem.squashfs")
    run("mount", "-t", "squashfs", "-o", "ro", loop, root)
    if "ln" in without:  # as on FAT, where a file has one name
        run("mount", "--bind", "/bin/false", "/bin/ln")
    yield Stick(tmp_path, loop)
    if "ln" in without:
        run("umount", "/bin/ln")
    run("umount", root)
    run("losetup", "-d", loop)
    run("umount", "-l", POINT)


async def done(plan: Plan, instead: Operation) -> Job:
    """Carry a plan out, with something else in the place of its reboot."""
    last = Step(plan.steps[-1].why, (instead,))
    made = order(replace(plan, boot_id=None, steps=(*plan.steps[:-1], last)))
    us = hands(Clean("local"), "")
    await us.launch(made)
    return [job async for job in us.follow(made.id)][-1]


@pytest.mark.parametrize("stick", ["ext4", "ext4 ln"], indirect=True)
async def test_new_files_take_the_places_of_the_old_which_are_kept(stick: Stick) -> None:
    plan = await stick.plan(stick.staged("squashfs", "kernel", "initrd"))
    assert plan.obstacles == ()
    assert any("noprompt" in note for note in plan.notes)
    job = await done(plan, Operation(("true",)))
    assert job.state is JobState.DONE, job
    names = [name for name, _ in MADE]
    assert stick.told == {
        **dict.fromkeys(names, "new"),
        **dict.fromkeys([f"{name}.old" for name in names], "old"),
    }
    assert stick.is_read_only
    assert (stick.folder / "root/etc/os-release").read_text() == "NAME=old\n"
    again = await stick.plan(stick.staged("squashfs"))
    assert "another image is on the medium already" in str(again.obstacles)


@pytest.mark.parametrize("stick", ["ext4", "ext4 ln"], indirect=True)
async def test_where_the_host_does_not_go_down_all_is_as_it_was(stick: Stick) -> None:
    plan = await stick.plan(stick.staged("squashfs", "kernel", "initrd"))
    job = await done(plan, Operation(("false",)))
    assert job.state is JobState.UNDONE, job
    assert stick.told == {name: "old" for name, _ in MADE}
    assert stick.is_read_only


async def test_what_is_not_what_was_staged_or_has_no_room_changes_nothing(stick: Stick) -> None:
    staged = stick.staged("squashfs")
    plan = await stick.plan(staged)
    stick.tamper(staged)
    job = await done(plan, Operation(("true",)))
    assert job.state is JobState.REFUSED, job
    large = replace(staged.files[0], size=1 << 30)
    plan = await stick.plan(replace(staged, files=(large,)))
    room = [check for check in plan.checks if check.operation.argv[0] == "has_room"]
    job = await done(replace(plan, checks=tuple(room)), Operation(("true",)))
    assert job.state is JobState.REFUSED, job
    assert "left for the new files" in (job.told or "")
    assert stick.told == {name: "old" for name, _ in MADE}


@pytest.mark.parametrize("stick", ["squashfs"], indirect=True)
async def test_a_medium_that_nobody_can_write_is_refused(stick: Stick) -> None:
    plan = await stick.plan(stick.staged("squashfs"))
    (obstacle,) = plan.obstacles
    assert obstacle.text == f"its medium at {POINT} is squashfs, which nobody can write"
    assert not plan.steps


@pytest.mark.parametrize("stick", ["ext4 protected"], indirect=True)
async def test_a_write_protected_medium_is_refused(stick: Stick) -> None:
    job = await done(await stick.plan(stick.staged("squashfs")), Operation(("true",)))
    assert (job.state, job.told) == (JobState.REFUSED, f"{POINT} is write-protected")

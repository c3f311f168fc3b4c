"""Folders of the host in a running subhost, and how a hostile one fails to lead them astray."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.clean import Clean
from console.plan import Plan, Verb, Wish
from tests.lab.bystanders import running
from tests.lab.inventory import until
from tests.lab.planning import Operator, done, ended, start
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]

ODD = "it's a; $(folder) of \\mine"


@pytest.fixture
async def guest(world: World, ours: Operator) -> AsyncIterator[Subhost]:
    subhost = world.subhost("START=none\nRAM_SIZE=8M\n")
    await start(ours, subhost)
    yield subhost
    done(await ours.plan(Verb.STOP, subhost.name))


async def plan(
    operator: Operator, verb: Verb, guest: Subhost, folder: Path | str, inside: str
) -> Plan:
    share = (Clean(str(folder)), Clean(inside))
    return await operator.planned(Wish(verb, Clean(guest.name), share=share))


async def inside(operator: Operator, guest: Subhost) -> Path:
    return Path(f"/proc/{(await operator.subhost(guest.name)).pid}/root")


async def test_a_folder_comes_and_goes(world: World, ours: Operator, guest: Subhost) -> None:
    folder = world.place(ODD)
    (folder / "file").write_text("1")
    root = await inside(ours, guest)
    for place in (f"/srv/{ODD}", "/run/shared"):
        done(await plan(ours, Verb.SHARE, guest, folder, place))
        assert (root / place[1:] / "file").read_text() == "1"
        done(await plan(ours, Verb.SHARE, guest, folder, place))
        done(await plan(ours, Verb.UNSHARE, guest, folder, place))
        assert not list((root / place[1:]).iterdir())
    assert (folder / "file").exists()


async def test_one_in_use_stays_and_its_user_is_named(
    world: World, ours: Operator, guest: Subhost
) -> None:
    folder = world.place()
    assert ended(await plan(ours, Verb.SHARE, guest, folder, "/srv/x")).word == "done"
    pid = str((await ours.subhost(guest.name)).pid)
    user = sleeper(pid, folder)
    job = ended(await plan(ours, Verb.UNSHARE, guest, folder, "/srv/x"))
    assert job.word == "undone"
    assert any("(tail) uses it" in line for line in job.journal), job.journal
    assert (await inside(ours, guest) / "srv/x/here").exists()
    end_users(pid)
    user.wait(10)
    done(await plan(ours, Verb.UNSHARE, guest, folder, "/srv/x"))


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text(errors="replace")


def sleeper(pid: str, folder: Path) -> subprocess.Popen[bytes]:
    """Sleep in ``/srv/x`` inside; return when it does."""
    enter = ["nsenter", "-t", pid, "-m", "-p", "-r", "-w"]
    user = running(*enter, "sh", "-c", "cd /srv/x; touch here; exec tail -f /dev/null")
    until((folder / "here").exists, 10, "a sleeper")
    return user


def end_users(pid: str) -> None:
    kill = 'for each in /proc/[0-9]*; do read -r comm <$each/comm; [ "$comm" != tail ] || '
    kill += "kill -KILL ${each#/proc/}; done"
    subprocess.run(["nsenter", "-t", pid, "-m", "-p", "-r", "-w", "sh", "-c", kill], check=True)


@pytest.mark.parametrize("target", ["/etc", "../../../../../../../../etc", "/proc/self/root"])
async def test_symlinks_of_the_subhost_lead_nowhere(
    world: World, ours: Operator, guest: Subhost, target: str
) -> None:
    folder = world.place()
    root = await inside(ours, guest)
    (root / "srv/trap").symlink_to(target)
    for place in ("/srv/trap", "/srv/trap/x"):
        job = ended(await plan(ours, Verb.SHARE, guest, folder, place))
        assert job.word == "undone", f"{job.journal} {job.log}"
        assert "is a symlink" in job.log
    assert str(folder) not in mounts()
    (root / "srv/trap").unlink()


async def test_a_race_of_symlinks_is_lost(world: World, ours: Operator, guest: Subhost) -> None:
    """Whoever swaps folder and symlink all the time gets it inside its own tree, or nowhere."""
    folder = world.place()
    root = await inside(ours, guest)
    victim = world.place("victim")
    swap = (
        'cd "$1"; while :; do mkdir -p x/y 2>/dev/null; mv -T x z 2>/dev/null; '
        'ln -sfn "$2" x; rm -f x; mv -T z x 2>/dev/null; done'
    )
    swapper = running("sh", "-c", swap, "sh", str(root / "srv"), str(victim))
    try:
        for _ in range(8):
            ended(await plan(ours, Verb.SHARE, guest, folder, "/srv/x/y"))
            assert not list(victim.iterdir())
            assert str(folder) not in mounts()
    finally:
        swapper.kill()
        swapper.wait()


async def test_what_overlay_boot_started_is_not_shared_into(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n").start()
    made = await plan(ours, Verb.SHARE, subhost, world.place(), "/srv/x")
    assert any("started by overlay-boot" in each.text for each in made.obstacles)


@pytest.mark.parametrize(
    ("folder", "inside_", "why"),
    [
        ("/", "/srv/x", "whole host"),
        ("/no/such", "/srv/x", "does not exist"),
        ("/etc/passwd", "/srv/x", "is no folder"),
        ("etc", "/srv/x", "no absolute path"),
        ("/etc/../etc", "/srv/x", "no absolute path"),
        ("/etc", "/", "below /"),
        ("/etc", "/srv/../..", "below /"),
        ("/etc", "srv", "below /"),
        ("/etc", "/proc/x", "the kernel's"),
        ("/etc", "/srv/a\u240ab", "shown exactly"),
    ],
)
async def test_what_makes_no_sense_is_an_obstacle(
    ours: Operator, guest: Subhost, folder: str, inside_: str, why: str
) -> None:
    made = await plan(ours, Verb.SHARE, guest, folder, inside_)
    assert any(why in each.text for each in made.obstacles), made.obstacles


async def test_what_the_supervisor_does_not_see_is_not_shared(
    world: World, ours: Operator, guest: Subhost
) -> None:
    folder = world.tmpfs()
    job = ended(await plan(ours, Verb.SHARE, guest, folder, "/srv/x"))
    if job.word == "done":  # mounts of this host are shared: it sees this one
        assert ended(await plan(ours, Verb.UNSHARE, guest, folder, "/srv/x")).word == "done"
    else:
        assert job.word == "undone"
        assert "it came after the start" in job.log

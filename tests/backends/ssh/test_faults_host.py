"""A host that has run out of something, or is not the boot it was: known for what it is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from console.contact import Contact
from console.errors import Problem
from console.model import Host
from tests.lab.link import NEEDS_LINK, island
from tests.lab.staged import GUEST, disguised, shown
from tests.lab.watching import INTERVAL, Wanted, failed, shells, told, up, watching
from tests.lab.world import World

pytestmark = [*NEEDS_LINK, pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv", "prlimit")]

BOOT_ID = "/proc/sys/kernel/random/boot_id"
UPTIME = "/proc/uptime"


@pytest.fixture
def folder() -> Iterator[Path]:
    with World() as world, island(world):
        yield world.place() / "server"


def use_up_processes(pid: int) -> None:
    """Let a process of ``guest`` start no other one."""
    who = ("--reuid", str(GUEST), "--regid", str(GUEST), "--clear-groups")
    subprocess.run(["setpriv", *who, "prlimit", "--pid", str(pid), "--nproc=1:1"], check=True)


def names(host: Host) -> list[str]:
    """Return which levels there are; how full each is changes with whatever else runs here."""
    return [level.id for level in host.levels]


async def test_a_shell_that_can_start_no_process_says_so(folder: Path) -> None:
    with disguised(folder) as server:
        guest = replace(server.entry, user="guest")
        async with watching(server.config, [guest]) as watch:
            await watch.until(up)
            before = watch.host("server")
            (shell,) = shells(server)
            use_up_processes(shell)
            full = await watch.until(failed)
            assert full.problem is Problem.LIMIT, told(full)
            assert full.host
            assert names(full.host) == names(before)
            await watch.until(up)


async def test_a_login_that_can_start_no_process_is_tried_again(folder: Path) -> None:
    room = folder / "room"
    limited = f'ForceCommand [ -e {room} ] || ulimit -p 1; exec sh -c "$SSH_ORIGINAL_COMMAND"'
    with disguised(folder, lines=[limited]) as server:
        guest = replace(server.entry, user="guest")
        async with watching(server.config, [guest]) as watch:
            full = await watch.until(failed)
            assert full.problem is Problem.LIMIT, told(full)
            assert full.retry_at is not None
            room.write_text("")
            await watch.until(up)


FILLED = """
mount --bind {folder} /mnt
for place in /tmp /var /run /dev/shm /mnt/home; do
    mount -t tmpfs -o size=256k full "$place"
done
mkdir -p {folder} /run/sshd
mount --rbind /mnt {folder}
for place in /tmp /var /run /dev/shm /mnt/home; do
    head -c 999999 /dev/zero >"$place/filled" 2>/dev/null || :
    ! echo more 2>/dev/null >"$place/more"
done
"""


async def test_a_host_whose_disks_are_full_is_watched(folder: Path) -> None:
    with disguised(folder, FILLED.format(folder=folder)) as server:
        async with watching(server.config, [server.entry]) as watch:
            await watch.until(up)
            levels = {str(level.id): level for level in watch.host("server").levels}
            for place in ("/tmp", "/var", "/run", "/dev/shm"):  # noqa: S108 in no sense temporary
                level = levels[f"tmpfs:{place}"]
                assert level.used == level.total


def up_for(seconds: float) -> Wanted:
    """Whether a host answers, and has been up for so long."""

    def wanted(contact: Contact) -> bool:
        boot = contact.host.boot if contact.host else None
        return up(contact) and boot is not None and boot.uptime == seconds

    return wanted


@pytest.fixture
def boot(folder: Path) -> Path:
    """Return a folder with files that stand for those of the kernel there."""
    folder.mkdir()
    (folder / "boot_id").write_text(f"{uuid4()}\n")
    (folder / "uptime").write_text("5000.00 4000.00\n")
    return folder


def steps(boot: Path) -> tuple[str, str]:
    return shown(boot / "boot_id", BOOT_ID), shown(boot / "uptime", UPTIME)


async def test_another_boot_is_an_event(boot: Path) -> None:
    with disguised(boot, *steps(boot)) as server:
        async with watching(server.config, [server.entry]) as watch:
            assert (await watch.until(up)).rebooted_at is None
            server.stop()
            await watch.until(failed)
            (boot / "boot_id").write_text(f"{(second := str(uuid4()))}\n")
            (boot / "uptime").write_text("7.00 3.00\n")
            server.start()
            after = await watch.until(up_for(7))
            assert after.rebooted_at is not None
            assert after.host
            assert after.host.boot_id == second, "the first picture shows nothing of the old boot"
            assert watch.words("server") == ["lost", "returned", "rebooted"]


async def test_clocks_that_step_change_nothing(
    boot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disguised(boot, *steps(boot)) as server:
        async with watching(server.config, [server.entry]) as watch:
            await watch.until(up)
            wall = time.time
            for step in (3600.0, -3600.0, 1e9):
                monkeypatch.setattr(time, "time", lambda step=step: wall() + step)
                (boot / "uptime").write_text(f"{5000 + step:.2f} 4000.00\n")
                assert (await watch.ages(["server"], 3 * INTERVAL))["server"] < 2.5 * INTERVAL
            monkeypatch.undo()
            assert watch.words("server") == []
            assert not failed(watch.contact("server"))

"""What a disguised host shows is not this machine's, and what is done there does not stay."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.inventory import NOTHING
from tests.lab.link import NEEDS_LINK, island
from tests.lab.sshd import Sshd
from tests.lab.staged import disguised, recorded, shown
from tests.lab.world import World

pytestmark = [*NEEDS_LINK, pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv", "busybox")]


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world, island(world):
        yield world
    assert world.inventory() == NOTHING


def ssh(server: Sshd, command: str, user: str = "root") -> str:
    argv = ["ssh", "-F", str(server.config), "-o", "BatchMode=yes", f"{user}@{server.alias}"]
    return subprocess.run([*argv, command], check=True, capture_output=True, text=True).stdout


def test_files_logins_and_processes_are_others(world: World) -> None:
    folder = world.place() / "server"
    folder.mkdir()
    (folder / "name").write_text("elsewhere\n")
    step = shown(folder / "name", "/etc/hostname")
    with disguised(folder, step, login="/bin/bash") as server:
        assert ssh(server, "cat /etc/hostname") == "elsewhere\n"
        assert ssh(server, 'echo "$SHELL $HOME"') == f"/bin/bash {folder}/home\n"
        assert ssh(server, "id -un", "guest") == "guest\n"
        assert "sshd" in ssh(server, "cat /proc/1/cmdline")
    assert Path("/etc/hostname").read_text() != "elsewhere\n"
    assert world.inventory().processes == ()


def test_all_that_is_written_is_seen(world: World) -> None:
    folder, upper = world.place() / "server", world.tmpfs() / "upper"
    upper.mkdir()
    with disguised(folder, recorded(upper, folder)) as server:
        ssh(server, "true")
        before = set(upper.rglob("*"))
        ssh(server, "echo a >/etc/new; echo b >/tmp/new; echo c >/var/tmp/new")
        written = {str(path.relative_to(upper)) for path in set(upper.rglob("*")) - before}
        assert written >= {"etc/new", "tmp/new", "var/tmp/new"}
    assert not Path("/etc/new").exists()

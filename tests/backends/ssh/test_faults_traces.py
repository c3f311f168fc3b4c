"""Nothing is left on a host, however the console ends: no process and no file."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from backends.ssh.shell import Shell
from console.turnstile import Turnstile
from tests.lab.inventory import until
from tests.lab.link import FAR, NEEDS_LINK, Link, Way, island
from tests.lab.sshd import PATIENCE, Sshd
from tests.lab.staged import disguised, recorded
from tests.lab.watching import INTERVAL, argv, newer, shells, up, watching
from tests.lab.world import World

pytestmark = [*NEEDS_LINK, pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")]

SHELLS = [
    pytest.param(shell, marks=pytest.mark.needs(shell)) for shell in ("dash", "busybox", "mksh")
]


class Host:
    """A server, and all that was ever written on it."""

    def __init__(self, server: Sshd, upper: Path) -> None:
        self.server = server
        self._upper = upper
        log_in = ["ssh", "-F", str(server.config), "-o", "BatchMode=yes", server.alias, "true"]
        subprocess.run(log_in, check=True)  # what a login leaves is none of ours
        until(lambda: len(self.processes()) == 2, PATIENCE, "the login to end")
        self._before = self.processes(), self.files()

    def processes(self) -> list[list[bytes]]:
        """Return the command lines of all that runs there."""
        found = [argv(pid) for pid in self.server.processes()]
        return [words for words in found if words != [b""]]

    def files(self) -> list[tuple[str, int, int]]:
        """Return all that was written there: path, size and time of change."""
        found = sorted(self._upper.rglob("*"))
        return [(str(path), path.lstat().st_size, path.lstat().st_ctime_ns) for path in found]

    def is_as_before(self) -> None:
        """Wait until nothing there is other than before the console came."""
        until(lambda: self.processes() == self._before[0], PATIENCE, "its processes to end")
        assert self.files() == self._before[1]


@pytest.fixture
def host() -> Iterator[Host]:
    with World() as world, island(world):
        folder, upper = world.place() / "server", world.tmpfs() / "upper"
        upper.mkdir()
        with disguised(folder, recorded(upper, folder)) as server:
            yield Host(server, upper)


async def watched(host: Host) -> None:
    """Look at the host a few times, the slow questions included."""
    async with watching(host.server.config, [host.server.entry]) as watch:
        await watch.until(up)
        watch.fleet.refresh()
        await asyncio.sleep(4 * INTERVAL)
        assert len(host.processes()) > 2


async def test_letting_go_leaves_nothing(host: Host) -> None:
    await watched(host)
    host.is_as_before()


def test_a_killed_console_leaves_nothing(host: Host) -> None:
    command = [sys.executable, "-m", "console", "status", "--watch", "--json"]
    command += ["-F", str(host.server.config), "server"]
    root, pipe = Path(__file__).parents[3], subprocess.PIPE
    with subprocess.Popen(command, cwd=root, stdout=pipe, start_new_session=True) as console:
        assert console.stdout
        while b'"contact": "up"' not in console.stdout.readline():
            assert console.poll() is None
        assert len(host.processes()) > 2
        os.killpg(console.pid, signal.SIGKILL)
    host.is_as_before()


async def test_a_lost_session_leaves_nothing(host: Host) -> None:
    async with watching(host.server.config, [host.server.entry]) as watch:
        await watch.until(up)
        before = watch.host("server")
        (session,) = host.server.processes()[2:3]
        os.kill(session, signal.SIGKILL)
        await watch.until(newer(before))
    host.is_as_before()


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_shell_that_nobody_asks_any_more_ends_by_itself(
    tmp_path: Path, shell: str
) -> None:
    """The link is gone for good, and neither side is told."""
    with World() as world, Link(world) as link, ExitStack() as stack:
        step = f'mount --bind "$(command -v {shell})" /bin/sh'
        with link.far():
            server = stack.enter_context(disguised(tmp_path / "server", step, address=FAR))
        bastion = Bastion(Turnstile(1), OpenSSH(server.config))
        connected = await bastion.connect(server.entry)
        await Shell.begun(connected.connection, "", 2, PATIENCE)
        link.black = Way.BOTH
        connected.release()
        await bastion.close()
        until(lambda: not shells(server), PATIENCE, "the shell to end")

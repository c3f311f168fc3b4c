"""Programs on another host: what only a link can do to them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from backends.ssh.backend import SshBackend
from backends.ssh.terminal import open_remote
from console.entering import Entering
from console.errors import Denied
from console.terminal import Size
from tests.backends.programs import SIZE, all_of, reading
from tests.backends.ssh.bastions import bastion, ended
from tests.lab.inventory import until
from tests.lab.sshd import Sshd, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("ssh") / "server", "SetEnv SHLVL=2") as running:
        yield running


@pytest.fixture
async def connection(server: Sshd) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with bastion(server) as out:
        connected = await out.connect(server.entry)
        try:
            yield connected.connection
        finally:
            connected.release()


@pytest.mark.parametrize("size", [None, SIZE])
async def test_a_lost_link_is_no_exit_status(
    connection: asyncssh.SSHClientConnection, size: Size | None
) -> None:
    entry = Entering(None, ("sh", "-c", "echo $$; exec sleep 1000"))
    terminal = await open_remote(connection, "", entry, size)
    async with reading(terminal) as seen:
        pid = (await seen.see(rb"(\d+)\r?\n"))[1].decode()
        connection.abort()
        await seen.task
        assert await terminal.ended() is None
        await terminal.write(b"into the void")
        terminal.resize(1, 1)
        await terminal.finish()
    await asyncio.to_thread(until, lambda: ended(pid), 20, "the program to end")


async def test_where_no_terminal_is_to_be_had(tmp_path: Path) -> None:
    with sshd(tmp_path / "strict", "PermitTTY no") as strict:
        async with bastion(strict) as out:
            connected = await out.connect(strict.entry)
            with pytest.raises(Denied, match="no terminal"):
                await open_remote(connected.connection, "", Entering(None), SIZE)
            assert await all_of(
                await open_remote(connected.connection, "", Entering(None, ("true",)), None)
            ) == (b"", b"", 0)
            connected.release()


async def test_who_may_not_become_root_is_told(
    connection: asyncssh.SSHClientConnection, tmp_path: Path
) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text("#!/bin/sh\necho 'a password is required' >&2\nexit 1\n")
    sudo.chmod(0o755)
    with pytest.raises(Denied, match="sudo refuses: a password is required"):
        await open_remote(connection, f"{sudo} -n", Entering(None, ("true",)), None)


async def test_it_runs_behind_what_goes_before(
    connection: asyncssh.SSHClientConnection,
) -> None:
    entry = replace(Entering(None, ("sh", "-c", "echo $TERM; exit 8")), term="xterm")
    terminal = await open_remote(connection, "env WHO=x", entry, None)
    assert await all_of(terminal) == (b"xterm\n", b"", 8)


async def test_a_look_that_fails_cuts_nobody_off(server: Sshd) -> None:
    async with bastion(server) as out:
        backend = SshBackend(server.entry, out, (), 20.0)
        await backend.sample()
        (shell,) = await asyncio.to_thread(shells, server)
        terminal = await backend.hands.terminal(Entering(None, ("cat",)), SIZE)
        async with reading(terminal) as seen:
            os.kill(shell, signal.SIGKILL)
            await backend.changed()
            assert (await backend.sample()).processes is not None
            await terminal.write(b"still here\n")
            await seen.see(rb"still here\r\nstill here")
            await backend.close()
            await seen.task
            assert await terminal.ended() is None
    await asyncio.to_thread(until, lambda: server.processes() == [server.pid], 20, "the end")


def shells(server: Sshd) -> list[int]:
    """Return the shells that are asked."""
    return [
        pid
        for pid in server.processes()
        if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"/bin/sh\0-s\0")
        and b"/bin/sh" not in _parent(pid)
    ]


def _parent(pid: int) -> bytes:
    parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    return Path(f"/proc/{parent}/cmdline").read_bytes()

"""The operator's own ssh(1) in place of our connection."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backends.ssh.client import open_client
from console.entering import Entering
from console.errors import Unreachable
from tests.backends.programs import SIZE, all_of
from tests.backends.ssh.bastions import bastion
from tests.lab.sshd import sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen")

LAX = """
  StrictHostKeyChecking no
  KnownHostsCommand /bin/echo %H
  EscapeChar x
  LocalCommand touch {0}/local
  PermitLocalCommand yes
  RemoteCommand touch {0}/remote
  RequestTTY no
"""
"""What would weaken a check, or run something else."""


async def test_it_runs_one_command_where_and_as_whom_ours_would(tmp_path: Path) -> None:
    with sshd(tmp_path / "server") as server:
        server.config.write_text(server.config.read_text().rstrip() + LAX.format(tmp_path))
        async with bastion(server) as out:
            words, user = await out.client(replace(server.entry, user="root"))
            command = ("sh", "-c", 'tty; stty size; echo "it=$1" $TERM', "sh", "a'b $(id)\nc")
            entry = Entering(None, command, term="vt100")
            said, _, status = await all_of(await open_client(words, entry, "", SIZE))
        assert (user, status) == ("root", 0)
        assert b"/dev/pts/" in said
        assert b"%d %d\r\n" % (SIZE.rows, SIZE.columns) in said
        assert b"it=a'b $(id)\r\nc vt100\r\n" in said
        assert not (tmp_path / "local").exists()
        assert not (tmp_path / "remote").exists()


async def test_a_host_that_is_not_known_is_not_entered(tmp_path: Path) -> None:
    with sshd(tmp_path / "server") as server:
        server.config.write_text(server.config.read_text().rstrip() + LAX.format(tmp_path))
        server.known_hosts.write_text("")
        async with bastion(server) as out:
            words, _ = await out.client(server.entry)
            entry = Entering(None, ("echo", "in"))
            said, _, status = await all_of(await open_client(words, entry, "", SIZE))
        assert status == 255
        assert b"Host key verification failed" in said
        assert server.known_hosts.read_text() == ""


async def test_an_address_is_never_an_option(tmp_path: Path) -> None:
    with sshd(tmp_path / "server") as server:
        async with bastion(server) as out:
            with pytest.raises(Unreachable):
                await out.client(replace(server.entry, address="-oProxyCommand=id"))

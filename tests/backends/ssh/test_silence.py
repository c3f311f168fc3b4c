"""A shell that says nothing: whether it hangs in what was asked, or the link is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from backends.ssh.shell import Shell, Silent
from console.errors import Problem
from console.turnstile import Turnstile
from tests.backends.ssh.shells import SECONDS, SHELLS, begun
from tests.lab.sshd import Sshd, sshd

SHORT = 2.0
"""Seconds to wait for what will not come."""
_STAT = """#!/bin/sh
while [ -e {flag} ]; do sleep 0.05; done
exec {stat} "$@"
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path) as running:
        yield running


@pytest.mark.parametrize("shell", SHELLS[:2])  # busybox takes its own stat
async def test_what_hangs_without_a_word_is_told_while_the_link_lives(
    shell: str, tmp_path: Path
) -> None:
    flag = tmp_path / "hangs"
    program = tmp_path / "stat"
    program.write_text(_STAT.format(flag=flag, stat="/usr/bin/stat"))
    program.chmod(0o755)
    async with begun(shell, f"{tmp_path}:{os.environ['PATH']}") as asked:
        assert b"fill" in (await asked.ask(b"stores=/; fast", SECONDS, unsaid=b"fill")).sections
        flag.touch()
        try:
            with pytest.raises(Silent) as told:
                await asked.ask(b"fast", SHORT, unsaid=b"fill")
        finally:
            flag.unlink()
    assert (told.value.begun, told.value.problem) == (b"fill", Problem.HUNG)
    assert "fill does not return" in str(told.value)


@pytest.mark.needs("sshd", "ssh")
async def test_a_link_that_says_nothing_at_all_is_lost(server: Sshd) -> None:
    bastion = Bastion(Turnstile(4), OpenSSH(server.config))
    connected = await bastion.connect(server.entry)
    try:
        shell = await Shell.begun(connected.connection, "", 120, SECONDS)
        server.freeze()
        with pytest.raises(Silent) as told:
            await shell.ask(b"fast", SHORT, unsaid=b"fill")
    finally:
        server.thaw()
        connected.release()
        await bastion.close()
    assert (told.value.begun, told.value.problem) == (b"", Problem.TIMEOUT)

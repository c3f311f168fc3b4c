"""A shell that says nothing: whether it hangs in what was asked, or the link is lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from backends.probe_child import HUNG
from backends.questions import Answer, Question
from backends.ssh.asker import RemoteProber
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from backends.ssh.shell import Shell, Silent
from console.errors import Problem
from console.turnstile import Turnstile
from tests.backends.ssh.shells import SECONDS, SHELLS, SHORT, begun, hanging
from tests.lab.sshd import Sshd, sshd

STAT = "/usr/bin/stat"
_STAT = """#!/bin/sh
{hangs}
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
    program.write_text(_STAT.format(hangs=hanging(flag), stat=STAT))
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


@pytest.mark.parametrize("shell", SHELLS[:2])
async def test_of_many_questions_the_one_that_hangs_is_found(shell: str, tmp_path: Path) -> None:
    flag, program = tmp_path / "hangs", tmp_path / "stat"
    odd_hangs = f'case $* in *odd*) {hanging(flag)} ;; esac; exec {STAT} "$@"'
    program.write_text(f"#!/bin/sh\n{odd_hangs}\n")
    program.chmod(0o755)
    odd, even = (os.fsencode(tmp_path / name) for name in ("odd", "even"))
    for name in ("odd", "even"):
        (tmp_path / name).write_text("text\n")
    questions = [
        Question(b"head", even, b"512"),
        Question(b"head", b"/proc/version", b"512"),
        Question(b"head", even, b"3"),
        Question(b"stat", odd),
        Question(b"exists", b"/proc"),
    ]
    path = f"{tmp_path}:{os.environ['PATH']}"
    async with AsyncExitStack() as shells:

        async def another() -> Shell:
            return await shells.enter_async_context(begun(shell, path))

        prober = RemoteProber(SHORT)
        prober.use(await another(), another)
        plain = await prober.ask(questions)
        assert [each.code for each in plain] == [0] * 5
        flag.touch()
        shells.callback(flag.unlink, missing_ok=True)  # or what hangs would never end
        with pytest.raises(Silent):
            await prober.ask(questions)
        prober.use(await another(), another)
        wanted = [*plain[:3], Answer(HUNG), plain[4]]
        assert await prober.ask(questions) == wanted
        assert prober.learned == {odd}
        assert await prober.ask(questions) == wanted
        flag.unlink()
        async with asyncio.timeout(SECONDS):
            while await prober.ask(questions) != plain:  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # what hung has to end, in its own time
        assert prober.learned == set()

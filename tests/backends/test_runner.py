"""Programs of sh, run here and over a real SSH connection."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backends.local_runner import LocalRunner, NoRunner
from backends.runner import Runner, fed
from backends.ssh.runner import SshRunner, Way
from console.errors import ConsoleError, Denied, Problem, Unreachable
from tests.backends.ssh.bastions import bastion, ended
from tests.lab.inventory import until
from tests.lab.sshd import sshd

HERE, THERE = "here", "over ssh"
SECONDS = 40.0
ECHO = b'while IFS= read -r line; do printf \'%s, %s\\n.\\n\' "$1" "$line"; done'


@pytest.fixture(params=[HERE, pytest.param(THERE, marks=pytest.mark.needs("sshd", "ssh"))])
async def runner(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Runner]:
    if request.param == HERE:
        yield LocalRunner()
        return
    async with Ways(tmp_path) as way:
        yield starting(way)


class Ways:
    """A server and a connection to it."""

    def __init__(self, tmp_path: Path) -> None:
        self._server = sshd(tmp_path / "server", "SetEnv SHLVL=2")

    async def __aenter__(self) -> Way:
        self.server = self._server.__enter__()
        self._bastion = bastion(self.server)
        self._connected = await (await self._bastion.__aenter__()).connect(self.server.entry)
        return Way(self._connected.connection, "")

    async def __aexit__(self, *error: object) -> None:
        self._connected.release()
        await self._bastion.__aexit__(None, None, None)
        self._server.__exit__(None, None, None)


def starting(way: Way) -> SshRunner:
    async def found() -> Way:
        return way

    return SshRunner(found)


async def test_what_a_program_is_given_and_says(runner: Runner) -> None:
    words = [b"", b"it's", b"two\nlines", b'$(id) `id` \\ " *', b"-n", bytes(range(1, 256))]
    ended = await runner.run(b'printf \'%s|\' "$#" "$@"; echo bad >&2; exit 3', words, SECONDS)
    assert ended.said == b"6|" + b"".join(word + b"|" for word in words)
    assert (ended.status, ended.trouble) == (3, b"bad\n")


async def test_a_program_has_neither_input_nor_environment_of_ours(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSHARED", "yes")
    ended = await runner.run(b"cat; echo ${UNSHARED-none} $LC_ALL $PATH", (), SECONDS)
    assert ended.said == (b"none C /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n")


async def test_long_words_arrive_whole(runner: Runner) -> None:
    word = b"x" * 300_000 + b"\n" * 1000
    ended = await runner.run(b'printf %s "$1" | wc -c', (word,), SECONDS)
    assert int(ended.said) == len(word)


async def test_a_signal_is_no_success(runner: Runner) -> None:
    assert (await runner.run(b"kill -9 $$", (), SECONDS)).status == -9


async def test_one_that_hangs_is_given_up(runner: Runner) -> None:
    with pytest.raises(Unreachable, match="no answer for 1 s"):
        await runner.run(b"sleep 60", (), 1)


async def test_what_it_says_is_bounded(runner: Runner) -> None:
    program = b"head -c 3000000 /dev/zero"
    try:
        ended = await runner.run(program, (), SECONDS)
    except Unreachable as error:
        assert error.problem is Problem.GARBLED
    else:
        assert ended.status != 0
        assert len(ended.said) <= 2**20


async def test_one_that_is_talked_to(runner: Runner) -> None:
    talk = await runner.talk(ECHO, (b"yes",), SECONDS)
    try:
        for line in (b"one", b"", b"two words"):
            assert await talk.ask(line, SECONDS) == b"yes, " + line
    finally:
        await talk.close()


async def test_one_that_is_talked_to_ends_with_its_input(runner: Runner, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    talk = await runner.talk(b'echo $$ >"$1"; cat >/dev/null', (bytes(mark),), SECONDS)
    until(lambda: mark.exists() and mark.read_text(), SECONDS, "it to begin")
    assert not ended(mark.read_text())
    await talk.close()
    await asyncio.to_thread(until, lambda: ended(mark.read_text()), SECONDS, "it to end")


async def test_one_that_ends_or_hangs_while_talked_to(runner: Runner) -> None:
    talk = await runner.talk(b"exit 0", (), SECONDS)
    with pytest.raises(Unreachable):
        await talk.ask(b"", SECONDS)
    await talk.close()
    talk = await runner.talk(b"sleep 60", (), SECONDS)
    with pytest.raises(Unreachable, match="no answer"):
        await talk.ask(b"", 0.5)
    await talk.close()
    talk = await runner.talk(b"while echo more; do :; done", (), SECONDS)
    with pytest.raises(Unreachable, match="without end"):
        await talk.ask(b"", SECONDS)
    await talk.close()


def test_a_torn_program_does_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    whole = fed(b'touch "$1"; touch here', (bytes(mark),), hello=b"hello")
    for cut in range(len(whole.rstrip()) - 1, -1, -3):
        subprocess.run(
            ["/bin/sh", "-s"], input=whole[:cut], cwd=tmp_path, capture_output=True, check=False
        )
        assert not list(tmp_path.iterdir()), whole[:cut]
    subprocess.run(["/bin/sh", "-s"], input=whole, cwd=tmp_path, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "mark"]


def test_no_word_holds_a_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        fed(b":", (b"a\0b",))


async def test_on_a_folder_nothing_is_run() -> None:
    runner = NoRunner("only looked at")
    with pytest.raises(ConsoleError, match="only looked at"):
        await runner.run(b":", (), SECONDS)
    with pytest.raises(ConsoleError, match="only looked at"):
        await runner.talk(b":", (), SECONDS)


@pytest.mark.needs("sshd", "ssh")
async def test_a_login_that_talks_and_one_that_refuses(tmp_path: Path) -> None:
    async with Ways(tmp_path) as way:
        noisy = starting(Way(way.connection, "sh -c 'echo welcome; exec \"$@\"' sh"))
        assert (await noisy.run(b"echo a", (), SECONDS)).said == b"a\n"
        denied = starting(Way(way.connection, "false"))
        with pytest.raises(Denied, match="sudo refuses"):
            await denied.run(b":", (), SECONDS)
        with pytest.raises(Denied, match="sudo refuses"):
            await denied.talk(b":", (), SECONDS)


@pytest.mark.needs("sshd", "ssh")
async def test_a_lost_link_is_neither_success_nor_failure(tmp_path: Path) -> None:
    links = Ways(tmp_path)
    async with links as way:
        talk = await starting(way).talk(ECHO, (b"a",), SECONDS)
        mark = tmp_path / "mark"
        program = b'touch "$1"; sleep 60'
        running = asyncio.create_task(starting(way).run(program, (bytes(mark),), SECONDS))
        await asyncio.to_thread(until, mark.exists, SECONDS, "it to begin")
        links.server.stop()
        for lost in (running, talk.ask(b"", SECONDS), starting(way).run(b":", (), SECONDS)):
            with pytest.raises(Unreachable) as caught:
                await lost
            assert caught.value.problem in {Problem.LOST, Problem.LIMIT}
        links.server.start()

"""Programs here and over SSH, on a terminal and on pipes: what holds of one holds of the other."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from backends.ssh.terminal import open_remote
from backends.terminal import open_local
from console.entering import Entering
from console.terminal import Size, Terminal
from tests.backends.programs import SECONDS, SIZE, all_of, reading
from tests.backends.ssh.bastions import bastion, ended
from tests.lab.inventory import until
from tests.lab.sshd import Sshd, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen")

EVERY_BYTE = bytes(range(256))
Open = Callable[..., Awaitable[Terminal]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("ssh") / "server") as running:
        yield running


@pytest.fixture
async def connection(server: Sshd) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with bastion(server) as out:
        connected = await out.connect(server.entry)
        try:
            yield connected.connection
        finally:
            connected.release()


@pytest.fixture(params=["here", "ssh"])
def start(request: pytest.FixtureRequest, connection: asyncssh.SSHClientConnection) -> Open:
    """Start a command, on pipes unless there is a size."""

    async def opened(*argv: str, size: Size | None = None) -> Terminal:
        entry = Entering(None, argv)
        if request.param == "here":
            return await open_local(entry, size)
        return await open_remote(connection, "", entry, size)

    return opened


# how they end

ENDS = [
    (("true",), 0),
    (("sh", "-c", "exit 7"), 7),
    (("sh", "-c", "exit 255"), 255),
    (("sh", "-c", "kill -KILL $$"), 137),
    (("sh", "-c", "kill -TERM $$"), 143),
    (("/no/such/program",), 127),
    (("/etc/passwd",), 126),
]


@pytest.mark.parametrize("size", [None, SIZE])
@pytest.mark.parametrize(("argv", "status"), ENDS)
async def test_the_exit_status_is_the_commands(
    start: Open, argv: tuple[str, ...], status: int, size: Size | None
) -> None:
    assert (await all_of(await start(*argv, size=size)))[2] == status


# pipes


async def test_output_and_errors_stay_apart(start: Open) -> None:
    said = await all_of(await start("sh", "-c", "echo out; echo err >&2; exit 3"))
    assert said == (b"out\n", b"err\n", 3)


async def test_every_byte_passes_both_ways(start: Open) -> None:
    assert await all_of(await start("cat"), EVERY_BYTE) == (EVERY_BYTE, b"", 0)
    assert await all_of(await start("sh", "-c", "cat >&2"), EVERY_BYTE) == (b"", EVERY_BYTE, 0)


async def test_megabytes_pass_both_ways_whole(start: Open) -> None:
    blob = os.urandom(1 << 20) * 8
    out, err, status = await all_of(await start("cat"), blob)
    assert (len(out), err, status) == (len(blob), b"", 0)
    assert out == blob


async def test_input_that_nobody_reads_holds_nothing_up(start: Open) -> None:
    assert (await all_of(await start("sh", "-c", "exec <&-; exit 4"), bytes(1 << 22)))[2] == 4


async def test_whoever_does_not_read_makes_the_program_wait(start: Open, tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.write_text("0")
    flood = 'i=0; while head -c 65536 /dev/zero; do i=$((i+1)); echo $i >"$0"; done'
    terminal = await start("sh", "-c", flood, str(told))
    try:
        async with asyncio.timeout(SECONDS):
            await anext(aiter(terminal.output()))
            assert await asyncio.to_thread(stands_still, told) * 65536 < 16 << 20
    finally:
        terminal.close()


def stands_still(told: Path) -> int:
    """Return the number in a file once it is the same for a second."""
    before = 0
    while before in {0, -1} or before != _number(told):
        before = _number(told)
        time.sleep(1)
    return before


def _number(told: Path) -> int:
    return int(told.read_text().strip() or -1)  # it may be just being written


async def test_a_shell_without_a_terminal_reads_commands(start: Open) -> None:
    out, _, status = await all_of(await start(), b"echo $((6 * 7))\nexit 9\n")
    assert (out, status) == (b"42\n", 9)


async def test_what_runs_on_pipes_is_hung_up_on_with_them(start: Open) -> None:
    terminal = await start("sh", "-c", "echo $$; sleep 1000 & exec sleep 1000")
    async with reading(terminal) as seen:
        pid = (await seen.see(rb"(\d+)\n"))[1].decode()
        assert not ended(pid)
    await asyncio.to_thread(until, lambda: ended(pid), 20, "the program to end")


# a terminal


async def test_it_has_a_terminal_of_the_size_given(start: Open) -> None:
    script = "stty size; trap 'stty size' WINCH; echo ready; while :; do sleep 0.1; done"
    async with reading(await start("sh", "-c", script, size=SIZE)) as seen:
        await seen.see(rb"30 90\r\nready")
        seen._terminal.resize(132, 50)
        await seen.see(rb"50 132\r\n")


async def test_every_byte_passes_a_raw_terminal(start: Open) -> None:
    script = "stty raw -echo; echo ready; head -c 256"
    terminal = await start("sh", "-c", script, size=SIZE)
    async with reading(terminal) as seen:
        await seen.see(b"ready")
        await terminal.write(EVERY_BYTE)
        await seen.task
        assert bytes(seen.said[1]) == b"ready\n" + EVERY_BYTE
        assert await terminal.ended() == 0


async def test_all_that_is_said_before_the_end_is_heard(start: Open) -> None:
    out, _, status = await all_of(await start("seq", "1", "50000", size=SIZE))
    assert (out.split()[-1], out.count(b"\n"), status) == (b"50000", 50000, 0)


async def test_ctrl_c_reaches_what_runs_in_front(start: Open) -> None:
    script = "trap 'exit 33' INT; echo ready; while sleep 0.1; do :; done"
    terminal = await start("sh", "-c", script, size=SIZE)
    async with reading(terminal) as seen:
        await seen.see(b"ready")
        await terminal.write(b"\x03")
        await seen.task
        assert await terminal.ended() == 33


async def test_ctrl_z_stops_what_runs_in_front_of_a_shell(start: Open) -> None:
    terminal = await start(size=SIZE)
    async with reading(terminal) as seen:
        await terminal.write(b"sh -c 'echo begun; exec sleep 1000'\n")
        await seen.see(rb"\nbegun\r\n")
        await terminal.write(b"\x1a")
        await seen.see(b"Stopped")
        await terminal.write(b"kill %1; exit 5\n")
        await terminal.write(b"exit 5\n")
        await seen.task
        assert await terminal.ended() == 5


async def test_the_shell_is_a_login_shell_with_a_terminal(start: Open) -> None:
    terminal = await start(size=SIZE)
    async with reading(terminal) as seen:
        await terminal.write(b"echo $0 $- $TERM $BASH_VERSION; shopt login_shell\n")
        await seen.see(rb"/bash [a-zA-Z]*i[a-zA-Z]* dumb \d")
        await seen.see(rb"login_shell\s+on")


async def test_what_is_left_in_the_background_holds_no_terminal(start: Open) -> None:
    script = "trap '' HUP; sleep 30 & echo $!; exit 6"
    terminal = await start("sh", "-c", script, size=SIZE)
    async with reading(terminal) as seen:
        pid = int((await seen.see(rb"(\d+)\r\n"))[1])
        try:
            async with asyncio.timeout(SECONDS):
                await seen.task
                assert await terminal.ended() == 6
        finally:
            os.kill(pid, signal.SIGKILL)


async def test_who_sits_at_a_terminal_is_hung_up_on_with_it(start: Open) -> None:
    terminal = await start(size=SIZE)
    async with reading(terminal) as seen:
        await terminal.write(b"echo shell=$$; sleep 1000\n")
        pid = (await seen.see(rb"shell=(\d+)"))[1].decode()
    await asyncio.to_thread(until, lambda: ended(pid), 20, "the shell to end")

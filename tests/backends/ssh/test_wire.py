"""Servers that are none: each is told for what it is, in time, and holds up nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from backends.ssh import attempt
from console.errors import ConsoleError, Problem, Unreachable
from console.inventory import Entry
from console.turnstile import Turnstile
from tests.backends.ssh.bastions import at, bastion, black_hole, let_in, listening, refusal
from tests.lab.sshd import Sshd, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "TCP", 0.5)
    monkeypatch.setattr(attempt, "GREETING", 1.0)
    monkeypatch.setattr(attempt, "LOGIN", 2.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server") as server:
        yield server


@contextlib.asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[Entry]:
    """Serve whatever ``talk`` says, on loopback."""
    served: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                await talk(reader, writer)
        finally:
            writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.create_task(serve(reader, writer)))

    listener = await asyncio.start_server(begin, "127.0.0.1", 0)
    async with listener:
        yield at(listener.sockets[0].getsockname()[1])
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)


async def told(server: Sshd, talk: Talk) -> ConsoleError:
    async with bastion(server) as out, talking(talk) as entry, asyncio.timeout(20):
        identified = Entry(entry.name, entry.address, "root", entry.port)
        server.config.write_text(f"{server.stanza}\nHost *\n  IdentityFile {server.identity}\n")
        error = await refusal(out, identified)
    assert len(str(error)) < 300
    return error


def says(*words: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for word in words:
            writer.write(word)
            await writer.drain()
        await reader.read()

    return talk


async def test_a_web_server(server: Sshd) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readline()).startswith(b"SSH-2.0-")
        writer.write(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    error = await told(server, talk)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.NOT_SSH
    assert "'HTTP/1.1 400 Bad Request'" in str(error)
    assert error.hint


@pytest.mark.parametrize(
    "words",
    [
        (b"\x00\x01\x02" * 40_000,),
        (b"welcome\r\n" * 10_000,),
        (b"x" * 100_000,),
        (b"\x1b]0;owned\x07\x1b[2J\r\n" * 60,),
        (b"SSH-1.5-old\r\n",),
    ],
    ids=["junk", "endless lines", "one line", "escapes", "SSH 1"],
)
async def test_what_is_no_ssh_is_told_at_once(server: Sshd, words: tuple[bytes, ...]) -> None:
    error = await told(server, says(*words))
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.NOT_SSH
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "line", [b"Exceeded MaxStartups\r\n", b"Not allowed at this time\r\n"], ids=["full", "penalty"]
)
async def test_a_server_that_has_no_room_for_us(server: Sshd, line: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    error = await told(server, talk)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.LIMIT


async def test_a_server_that_hangs_up_before_a_word(server: Sshd) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    error = await told(server, talk)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.LOST
    assert "MaxStartups" in error.hint


async def test_a_server_that_hangs_up_after_its_greeting(server: Sshd) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    error = await told(server, talk)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.LOST


@pytest.mark.parametrize(
    "words",
    [
        (b"SSH-2.0-x\r\n", b"\x00\x00\x00\x0c\x0a\x14" + b"\xff" * 40_000),
        (b"SSH-2.0-x\r\n", b"\xff" * 100_000),
        (b"SSH-2.0-\xff\xfe\r\n", b"x" * 100),
    ],
    ids=["packets", "lengths", "version"],
)
async def test_a_greeting_and_then_rubbish(server: Sshd, words: tuple[bytes, ...]) -> None:
    error = await told(server, says(*words))
    assert isinstance(error, Unreachable)
    assert error.problem in (Problem.GARBLED, Problem.NOT_SSH, Problem.LOST)
    assert str(error).isprintable()


async def test_silence_is_given_up_in_time(server: Sshd) -> None:
    error = await told(server, says())
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.TIMEOUT
    assert "accepts connections but says nothing" in str(error)


async def test_a_greeting_and_then_silence(server: Sshd) -> None:
    error = await told(server, says(b"SSH-2.0-x\r\n"))
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.TIMEOUT
    assert "key exchange and login" in str(error)


async def test_words_before_the_greeting_are_allowed(server: Sshd) -> None:
    """RFC 4253 lets a server say some lines before its version."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, answer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"a word\r\nof welcome\r\n")
        try:
            await asyncio.gather(_pump(there, writer), _pump(reader, answer))
        finally:
            answer.transport.abort()

    async with bastion(server) as out, talking(talk) as entry:
        server.config.write_text(
            f"Host *\n  HostKeyAlias known\n  {server.stanza.partition(chr(10))[2]}"
        )
        server.known_hosts.write_text(server.key_line.replace(server.host, "known"))
        there = Entry(entry.name, entry.address, port=entry.port)
        await let_in(out, there)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()


async def test_a_frozen_server_is_told_and_comes_back(server: Sshd) -> None:
    async with bastion(server) as out:
        server.freeze()
        error = await refusal(out, server.entry)
        assert "says nothing" in str(error)
        assert error.hint == "see whether sshd hangs there"
        server.thaw()
        await let_in(out, server.entry)


async def test_nobody_listens(server: Sshd) -> None:
    async with bastion(server) as out:
        server.stop()
        error = await refusal(out, server.entry)
        assert isinstance(error, Unreachable)
        assert error.problem is Problem.REFUSED
        server.start()
        await let_in(out, server.entry)


async def test_a_black_hole_is_given_up_in_time(server: Sshd) -> None:
    server.config.write_text(f"{server.stanza}\nHost *\n  IdentityFile {server.identity}\n")
    with black_hole() as port:
        async with bastion(server) as out, asyncio.timeout(20):
            error = await refusal(out, at(port))
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.TIMEOUT
    assert str(error) == f"no answer from 127.0.0.1 port {port} within 0.5 s"


async def test_neither_the_silent_nor_black_holes_take_the_places_of_others(
    server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "TCP", 15.0)
    monkeypatch.setattr(attempt, "GREETING", 15.0)
    server.config.write_text(f"{server.stanza}\nHost *\n  IdentityFile {server.identity}\n")
    with black_hole() as hole, listening() as mute:
        async with bastion(server, Turnstile(1)) as out:
            ports = [hole, mute.getsockname()[1]] * 2
            stuck = [asyncio.create_task(out.connect(at(port))) for port in ports]
            await asyncio.sleep(0.3)
            async with asyncio.timeout(10):
                await let_in(out, server.entry)
            assert not [task for task in stuck if task.done()]
            for task in stuck:
                task.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)

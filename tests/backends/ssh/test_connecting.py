"""Logging in at real servers: as ssh would, within its time, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from backends.ssh import attempt
from backends.ssh.resolver import Resolver
from console.errors import Problem, Unreachable
from console.turnstile import Turnstile
from tests.backends.ssh.bastions import bastion, let_in, refusal
from tests.lab.inventory import until
from tests.lab.sshd import PATIENCE, Sshd, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server") as server:
        yield server


def configured(server: Sshd, *lines: str) -> None:
    server.config.write_text("\n".join((*lines, server.stanza)))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def sockets() -> set[str]:
    """Return what is open in this process towards others."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(str(link.readlink()))
    return {target for target in found if target.startswith("socket:")}


async def test_where_and_as_whom(server: Sshd) -> None:
    async with bastion(server) as out:
        connected = await out.connect(server.entry)
        assert connected.address == "127.0.0.1"
        assert connected.user in server.stanza
        ran = await connected.connection.run("printf '\\377'")
        assert ran.stdout == b"\xff", "bytes come as they are"
        connected.release()


async def test_release_ends_the_connection(server: Sshd) -> None:
    async with bastion(server) as out:
        connected = await out.connect(server.entry)
        assert len(server.processes()) > 1
        connected.release()
        await connected.connection.wait_closed()
    until(lambda: len(server.processes()) == 1, PATIENCE, "the server to have noticed")


async def test_the_cheapest_cipher_unless_another_is_wished(server: Sshd) -> None:
    async with bastion(server) as out:
        for line, cipher in (
            ("", "aes128-gcm@openssh.com"),
            ("Ciphers chacha20-poly1305@openssh.com", "chacha20-poly1305@openssh.com"),
            ("Ciphers aes256-ctr", "aes256-ctr"),
        ):
            configured(server, line)
            connected = await out.connect(server.entry)
            assert connected.connection.get_extra_info("send_cipher") == cipher
            connected.release()


async def test_the_agent_stays_here(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as agent:
        path = server.folder / "agent"
        agent.bind(str(path))
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        configured(server, "ForwardAgent yes", "ForwardX11 yes")
        async with bastion(server) as out:
            connected = await out.connect(server.entry)
            ran = await connected.connection.run('echo "[$SSH_AUTH_SOCK$DISPLAY$SSH_TTY]"')
            assert ran.stdout == b"[]\n"
            connected.release()
            steps = await out.steps(server.entry)
    told = [step.found for step in steps if step.state == "lacking"]
    assert any("ForwardAgent yes: the agent is never forwarded" in line for line in told)


async def test_a_banner_is_not_taken_for_anything(tmp_path: Path) -> None:
    banner = tmp_path / "banner"
    banner.write_bytes(b"\x1b]0;owned\x07" + b"welcome\r\n" * 5000)
    with sshd(tmp_path / "server", f"Banner {banner}") as server:
        async with bastion(server) as out:
            await let_in(out, server.entry)


async def test_what_is_not_run_is_told_with_what_to_use_instead(
    server: Sshd, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    configured(server, f"ProxyCommand touch {mark}; nc %h %p")
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.CONFIG
    assert "ProxyCommand" in str(error)
    assert "ProxyJump" in error.hint
    assert "mark" not in names_in(tmp_path)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("PubkeyAuthentication no", "publickey"),
        ("PreferredAuthentications password", "publickey"),
        ("KexAlgorithms diffie-hellman-group1-sha1", "KexAlgorithms"),
    ],
)
async def test_a_configuration_that_leads_nowhere(server: Sshd, line: str, hint: str) -> None:
    configured(server, line)
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
        # Both sides see that they have nothing in common; the server may be first, and hang up.
        for _ in range(9):
            if isinstance(error, Unreachable) and error.problem is Problem.LOST:
                error = await refusal(out, server.entry)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.CONFIG
    assert hint in error.hint


async def test_a_server_without_a_host_key_of_the_wished_types(server: Sshd) -> None:
    configured(server, "HostKeyAlgorithms rsa-sha2-512")
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.LOST
    assert "no host key among rsa-sha2-512" in error.hint


async def test_the_steps_of_a_good_way(server: Sshd) -> None:
    async with bastion(server) as out:
        steps = await out.steps(server.entry)
    assert [(step.check, step.state) for step in steps] == [
        (check, "ok")
        for check in ("resolve", "keys", "route", "name", "connect", "host key", "login")
    ]
    found = {step.check: step.found for step in steps}
    assert found["resolve"].endswith(f"@127.0.0.1 port {server.port}")
    assert found["keys"] == str(server.identity)
    assert f"{server.fingerprint}, {server.known_hosts}:1" in found["host key"]


async def test_the_steps_end_where_the_way_ends(server: Sshd) -> None:
    server.known_hosts.write_text("")
    async with bastion(server) as out:
        unknown = (await out.steps(server.entry))[-1]
        server.stop()
        refused = (await out.steps(server.entry))[-1]
    assert (unknown.check, unknown.state) == ("host key", "failed")
    assert "accept it" in unknown.remedy
    assert (refused.check, refused.state) == ("connect", "failed")
    assert refused.found == "connection refused"


async def test_every_address_of_a_name_is_tried(server: Sshd) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        configured(server, "HostName several.lab")
        server.known_hosts.write_text(server.key_line.replace("127.0.0.1", "several.lab"))
        resolver = Resolver(lambda name, family: ["::1", "127.0.0.2", "127.0.0.1"])
        async with bastion(server, resolver=resolver) as out:
            connected = await out.connect(server.entry)
            assert connected.address == "127.0.0.1"
            connected.release()


async def test_a_dead_name_service_does_not_hold_up_numbers(
    server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = threading.Event()

    def lookup(name: str, family: int) -> list[str]:
        hung.wait(60)
        return []

    stuck_entries = [replace(server.entry, address=f"dead{number}.lab") for number in range(40)]
    configured(server, "Host dead*", f"IdentityFile {server.identity}")
    async with bastion(server, resolver=Resolver(lookup, deadline=30)) as out:
        stuck = [asyncio.create_task(out.connect(entry)) for entry in stuck_entries]
        await asyncio.sleep(0.2)
        async with asyncio.timeout(10):
            await let_in(out, server.entry)
        assert not [task for task in stuck if task.done()]
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
    hung.set()


async def test_waiting_for_a_turn_is_not_held_against_a_host(
    server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "DEADLINE", 1.5)
    monkeypatch.setattr(attempt, "LOGIN", 1.5)
    gate = Turnstile(1)
    async with bastion(server, gate) as out:
        async with gate.turn("another"):
            waiting = asyncio.create_task(let_in(out, server.entry))
            await asyncio.sleep(2.0)
            assert not waiting.done()
        await waiting


async def test_a_stage_that_takes_too_long_ends_in_time(
    server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "DEADLINE", 0.5)
    async with bastion(server) as out, asyncio.timeout(PATIENCE):
        server.freeze()
        error = await refusal(out, server.entry)
    server.thaw()
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.TIMEOUT


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.12])
async def test_going_away_at_any_time_leaves_nothing(server: Sshd, seconds: float) -> None:
    async with bastion(server) as out:
        await let_in(out, server.entry)
        await asyncio.sleep(0.05)
        tasks, open_ = asyncio.all_tasks(), sockets()
        attempts = [asyncio.create_task(out.connect(server.entry)) for _ in range(4)]
        await asyncio.sleep(seconds)
        for each in attempts:
            each.cancel()
        for connected in await asyncio.gather(*attempts, return_exceptions=True):
            if not isinstance(connected, BaseException):
                connected.release()
        async with asyncio.timeout(PATIENCE):
            while sockets() - open_ or asyncio.all_tasks() - tasks:  # noqa: ASYNC110 # no event
                await asyncio.sleep(0.02)
    until(lambda: len(server.processes()) == 1, PATIENCE, "the server to have noticed")


async def test_failures_leave_nothing(server: Sshd) -> None:
    async with bastion(server) as out:
        await let_in(out, server.entry)
        await asyncio.sleep(0.05)
        open_ = sockets()
        server.known_hosts.write_text("")
        for _ in range(3):
            await refusal(out, server.entry)
        server.stop()
        await refusal(out, server.entry)
        await asyncio.sleep(0.05)
        assert not sockets() - open_


async def test_an_address_to_leave_from(server: Sshd) -> None:
    configured(server, "BindAddress 127.0.0.9")
    async with bastion(server) as out:
        await let_in(out, server.entry)
    assert "Connection from 127.0.0.9" in server.log

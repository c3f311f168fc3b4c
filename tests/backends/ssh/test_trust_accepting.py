"""Accepting an unknown host key: that one line, once, and never against what is known."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.ssh.connecting import Bastion
from console.errors import ConsoleError, Problem, UntrustedKey
from tests.backends.ssh.bastions import bastion, let_in, refusal
from tests.lab.sshd import Sshd, keypair, public, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server") as server:
        server.known_hosts.write_text("")
        yield server


async def shown(out: Bastion, server: Sshd) -> UntrustedKey:
    error = await refusal(out, server.entry)
    assert isinstance(error, UntrustedKey)
    return error


async def test_a_changed_key_cannot_be_accepted(server: Sshd, tmp_path: Path) -> None:
    server.known_hosts.write_text(f"{server.host} {public(keypair(tmp_path / 'other'))}\n")
    before = server.known_hosts.read_bytes()
    async with bastion(server) as out:
        error = await shown(out, server)
        with pytest.raises(ConsoleError, match="cannot be accepted"):
            await out.accept(error)
    assert server.known_hosts.read_bytes() == before


async def test_accepting_writes_that_one_line_and_no_more(server: Sshd) -> None:
    server.known_hosts.write_text("# mine, never ended")
    async with bastion(server) as out:
        error = await shown(out, server)
        await out.accept(error)
        assert server.known_hosts.read_text() == f"# mine, never ended\n{server.key_line}\n"
        await let_in(out, server.entry)
        await out.accept(error)
    assert server.known_hosts.read_text().count("\n") == 2, "twice is once"


async def test_accepting_makes_a_file_of_the_operator_alone(server: Sshd) -> None:
    server.known_hosts.unlink()
    folder = server.folder / "fresh" / ".ssh"
    server.config.write_text(f"UserKnownHostsFile {folder}/known_hosts\n{server.stanza}")
    async with bastion(server) as out:
        error = await shown(out, server)
        await out.accept(error)
        await let_in(out, server.entry)
    assert (folder / "known_hosts").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_accepting_hashes_names_where_that_is_wished(server: Sshd) -> None:
    server.config.write_text(f"HashKnownHosts yes\n{server.stanza}")
    async with bastion(server) as out:
        error = await shown(out, server)
        await out.accept(error)
        await let_in(out, server.entry)
    text = server.known_hosts.read_text()
    assert text.startswith("|1|")
    assert text == f"{error.line}\n"
    assert text.encode() in found_by_ssh_keygen(server)


async def test_accepting_is_too_late_when_another_key_is_known(
    server: Sshd, tmp_path: Path
) -> None:
    async with bastion(server) as out:
        error = await shown(out, server)
        text = f"{server.host} {public(keypair(tmp_path / 'other'))}\n"
        server.known_hosts.write_text(text)
        with pytest.raises(UntrustedKey) as refused:
            await out.accept(error)
    assert refused.value.problem is Problem.CHANGED_KEY
    assert server.known_hosts.read_text() == text


async def test_only_what_was_offered_can_be_accepted(server: Sshd) -> None:
    async with bastion(server) as out:
        error = await shown(out, server)
        forged = UntrustedKey(
            "x", "", error.problem, fingerprint="x", line="evil x y", file=error.file
        )
        with pytest.raises(ConsoleError, match="cannot be accepted"):
            await out.accept(forged)
    assert server.known_hosts.read_text() == ""


async def test_an_operator_who_adds_keys_by_hand_is_not_helped(server: Sshd) -> None:
    server.config.write_text(f"StrictHostKeyChecking yes\n{server.stanza}")
    async with bastion(server) as out:
        error = await shown(out, server)
        assert "yourself" in error.hint
        with pytest.raises(ConsoleError, match="cannot be accepted"):
            await out.accept(error)


async def test_a_file_that_cannot_be_written_is_named(server: Sshd) -> None:
    folder = server.folder / "file"
    folder.write_text("")
    server.config.write_text(f"UserKnownHostsFile {folder}/kh\n{server.stanza}")
    async with bastion(server) as out:
        error = await shown(out, server)
        with pytest.raises(ConsoleError, match=str(folder)) as refused:
            await out.accept(error)
    assert error.line in refused.value.hint


def found_by_ssh_keygen(server: Sshd) -> bytes:
    command = ["ssh-keygen", "-q", "-F", server.host, "-f", str(server.known_hosts)]
    return subprocess.run(command, check=True, capture_output=True).stdout

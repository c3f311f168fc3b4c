"""Whose keys are trusted, on real servers; and that nobody else gets a byte of a login."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.ssh import handshake
from console.errors import ConsoleError, Denied, Problem, Unreachable, UntrustedKey
from tests.backends.ssh.bastions import bastion, let_in, refusal
from tests.lab.sshd import Sshd, certify, fingerprint, keypair, public, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")

VERBOSE = "LogLevel DEBUG1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server", VERBOSE, kinds=("ed25519", "ecdsa")) as server:
        yield server


async def untrusted(server: Sshd, text: str | None = None) -> UntrustedKey:
    """Return the complaint, known hosts being ``text``; no login may have begun."""
    if text is not None:
        server.known_hosts.write_text(text)
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
    assert isinstance(error, UntrustedKey), error
    assert "userauth-request" not in server.log
    return error


async def trusted(server: Sshd, text: str | None = None) -> None:
    if text is not None:
        server.known_hosts.write_text(text)
    async with bastion(server) as out:
        await let_in(out, server.entry)


def ssh_keygen(*words: str) -> bytes:
    command = ["ssh-keygen", "-q", *words]
    return subprocess.run(command, check=True, capture_output=True).stdout


def other_key(folder: Path, kind: str = "ed25519") -> str:
    return public(keypair(folder / f"other_{kind}", kind))


async def test_an_unknown_key_is_shown_and_nothing_is_sent(server: Sshd) -> None:
    error = await untrusted(server, "")
    assert error.problem is Problem.UNKNOWN_KEY
    assert error.fingerprint == server.fingerprint
    assert server.fingerprint in str(error)
    assert (error.line, error.file) == (server.key_line, str(server.known_hosts))


async def test_no_file_at_all_is_an_unknown_key(server: Sshd) -> None:
    server.known_hosts.unlink()
    assert (await untrusted(server)).problem is Problem.UNKNOWN_KEY


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
async def test_another_key_than_the_known_one_is_a_change(
    server: Sshd, kind: str, tmp_path: Path
) -> None:
    error = await untrusted(server, f"# mine\n{server.host} {other_key(tmp_path, kind)}\n")
    assert error.problem is Problem.CHANGED_KEY
    assert error.fingerprint == server.fingerprint
    assert f"{server.known_hosts}:2 has" in error.hint
    assert fingerprint(tmp_path / f"other_{kind}") in error.hint
    assert error.line == ""


async def test_the_known_one_of_two_types_is_asked_for(server: Sshd) -> None:
    await trusted(server, f"{server.host} {public(server.keys[1])}\n")


async def test_a_revoked_key(server: Sshd) -> None:
    error = await untrusted(server, f"{server.key_line}\n@revoked * {public(server.keys[0])}\n")
    assert error.problem is Problem.REVOKED_KEY
    assert f"{server.known_hosts}:2 revokes it" in error.hint


@pytest.mark.parametrize("as_list", [False, True], ids=["keys", "key revocation list"])
async def test_a_file_of_revoked_keys(server: Sshd, as_list: bool) -> None:
    file = server.folder / "revoked"
    if as_list:
        ssh_keygen("-k", "-f", str(file), f"{server.keys[0]}.pub")
    else:
        file.write_text(public(server.keys[0]) + "\n")
    server.config.write_text(f"RevokedHostKeys {file}\n{server.stanza}")
    error = await untrusted(server)
    assert error.problem is Problem.REVOKED_KEY
    assert str(file) in error.hint


@pytest.mark.parametrize("text", [None, "no key\n"], ids=["missing", "unreadable"])
async def test_without_the_file_of_revoked_keys_nobody_is_trusted(
    server: Sshd, text: str | None
) -> None:
    file = server.folder / "revoked"
    if text:
        file.write_text(text)
    server.config.write_text(f"RevokedHostKeys {file}\n{server.stanza}")
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
    assert isinstance(error, Unreachable)
    assert error.problem is Problem.CONFIG
    assert str(file) in str(error)
    assert "userauth-request" not in server.log


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[Sshd]:
    """Run a server that shows a certificate for ``good.lab``, and knows an expired one too."""
    folder = tmp_path / "certified"
    folder.mkdir()
    authority, key = keypair(tmp_path / "ca"), keypair(folder / "host_ed25519")
    made = certify(authority, key, "-h", "-n", "good.lab", "-V", "-1d:+1d")
    with sshd(folder, f"HostCertificate {made}", VERBOSE) as server:
        server.known_hosts.write_text(f"@cert-authority *.lab {public(authority)}\n")
        yield server


def called(server: Sshd, alias: str) -> None:
    server.config.write_text(f"HostKeyAlias {alias}\n{server.stanza}")


async def test_a_certificate_of_a_known_authority_is_enough(certified: Sshd) -> None:
    called(certified, "good.lab")
    async with bastion(certified) as out:
        steps = await out.steps(certified.entry)
    assert steps[-1].state == "ok"
    (shown,) = [step.found for step in steps if step.check == "host key"]
    assert f"{certified.fingerprint}, {certified.known_hosts}:1" in shown


async def test_a_certificate_for_another_name_does_not_count(certified: Sshd) -> None:
    called(certified, "bad.lab")
    error = await untrusted(certified)
    assert error.problem is Problem.UNKNOWN_KEY
    assert "its certificate is for good.lab, not bad.lab" in str(error)


@pytest.mark.parametrize("known", [False, True])
async def test_an_expired_certificate_leaves_the_plain_key(tmp_path: Path, known: bool) -> None:
    folder = tmp_path / "expired"
    folder.mkdir()
    authority, key = keypair(tmp_path / "ca"), keypair(folder / "host_ed25519")
    made = certify(authority, key, "-h", "-n", "good.lab", "-V", "-2d:-1d")
    with sshd(folder, f"HostCertificate {made}", VERBOSE) as server:
        called(server, "good.lab")
        line = f"@cert-authority *.lab {public(authority)}\n"
        if known:
            await trusted(server, f"{line}good.lab {public(key)}\n")
        else:
            assert "expired" in str(await untrusted(server, line))


async def test_the_certificate_of_a_stranger_is_not_asked_for(certified: Sshd) -> None:
    await trusted(certified, certified.key_line)


async def test_hashed_names(server: Sshd) -> None:
    ssh_keygen("-H", "-f", str(server.known_hosts))
    assert server.host not in server.known_hosts.read_text()
    await trusted(server)


async def test_a_key_known_without_the_port(server: Sshd) -> None:
    await trusted(server, f"{server.address} {public(server.keys[0])}\n")


async def test_a_host_key_alias(server: Sshd) -> None:
    called(server, "cluster")
    await trusted(server, f"cluster {public(server.keys[0])}\n")
    assert (await untrusted_again(server)).line == f"cluster {public(server.keys[0])}"


async def untrusted_again(server: Sshd) -> UntrustedKey:
    server.known_hosts.write_text("")
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
    assert isinstance(error, UntrustedKey)
    return error


async def test_bad_lines_and_bytes_hold_up_nobody(server: Sshd) -> None:
    server.known_hosts.write_bytes(
        b"\xff\xfe\n@what web1 x y\n|1|x\n" + f"{server.key_line}\n".encode()
    )
    async with bastion(server) as out:
        await let_in(out, server.entry)
        steps = await out.steps(server.entry)
    told = [step.found for step in steps if step.state == "lacking"]
    assert [line.split(": ")[0] for line in told] == [
        f"{server.known_hosts}:{number}" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("line", ["StrictHostKeyChecking no", "StrictHostKeyChecking accept-new"])
async def test_no_setting_lets_an_unknown_key_pass(server: Sshd, line: str) -> None:
    server.config.write_text(f"{line}\n{server.stanza}")
    assert (await untrusted(server, "")).problem is Problem.UNKNOWN_KEY


@pytest.mark.parametrize("file", ["none", "/dev/null"])
async def test_without_a_file_every_key_is_unknown_and_none_is_kept(
    server: Sshd, file: str
) -> None:
    server.config.write_text(f"UserKnownHostsFile {file}\n{server.stanza}")
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
        assert isinstance(error, UntrustedKey)
        assert "names no file" in error.hint
        with pytest.raises(ConsoleError, match="cannot be accepted"):
            await out.accept(error)


async def test_a_key_by_the_system_file(server: Sshd) -> None:
    system = server.folder / "system"
    system.write_text(server.key_line + "\n")
    server.config.write_text(
        f"GlobalKnownHostsFile {system}\nUserKnownHostsFile none\n{server.stanza}"
    )
    await trusted(server)


async def test_keys_that_come_and_go_are_noticed(server: Sshd, tmp_path: Path) -> None:
    async with bastion(server) as out:
        await let_in(out, server.entry)
        server.known_hosts.write_text(f"{server.host} {other_key(tmp_path)}\n")
        error = await refusal(out, server.entry)
        assert isinstance(error, UntrustedKey)
        assert error.problem is Problem.CHANGED_KEY
        server.known_hosts.write_text(server.key_line)
        await let_in(out, server.entry)


async def test_were_we_not_asked_nobody_would_be_trusted(
    server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake._Client, "connection_made", lambda client, connection: None)
    async with bastion(server) as out:
        error = await refusal(out, server.entry)
    assert isinstance(error, Denied)
    assert error.problem is Problem.UNKNOWN_KEY
    assert "userauth-request" not in server.log

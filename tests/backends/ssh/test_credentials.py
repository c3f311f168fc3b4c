"""What may log in, with real keys, a real agent and real servers."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.ssh.connecting import Bastion
from backends.ssh.credentials import Keyring
from console.errors import Denied, Problem
from console.parse.ssh_settings import Identities
from tests.backends.ssh.bastions import bastion, let_in, refusal
from tests.lab.inventory import until
from tests.lab.sshd import PATIENCE, Sshd, certify, keypair, public, sshd

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "ssh-agent", "ssh-add", "setpriv")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server") as server:
        yield server


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    """Run an agent and give its socket."""
    path = tmp_path / "agent"
    command = ["setpriv", "--pdeathsig", "KILL", "ssh-agent", "-D", "-a", str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        until(path.exists, PATIENCE, "the agent")
        yield path
        process.kill()


def add(agent: Path, key: Path) -> None:
    environ = {**os.environ, "SSH_AUTH_SOCK": str(agent)}
    subprocess.run(["ssh-add", "-q", str(key)], env=environ, check=True, capture_output=True)


def files(*paths: Path, only: bool = False, agent: Path | None = None) -> Identities:
    return Identities(tuple(map(str, paths)), only=only, agent=str(agent) if agent else None)


@contextmanager
def configured(server: Sshd, *lines: str) -> Iterator[None]:
    """Replace what logs in at a server."""
    kept = [
        line
        for line in server.stanza.splitlines()
        if not line.strip().startswith(("Identit", "Certificate"))
    ]
    server.config.write_text("\n".join([*lines, *kept, ""]))
    yield


async def names(wanted: Identities, environ: dict[str, str] | None = None) -> list[str]:
    keyring = Keyring(environ or {})
    found = await keyring.credentials(wanted)
    found.close()
    keyring.close()
    assert len(found.names) == len(found.logins)
    return found.names


async def troubles(wanted: Identities) -> list[str]:
    keyring = Keyring({})
    found = await keyring.credentials(wanted)
    found.close()
    keyring.close()
    return found.troubles


async def test_files_in_their_order_and_those_that_are_not_there(tmp_path: Path) -> None:
    one, two = keypair(tmp_path / "one"), keypair(tmp_path / "two", "rsa")
    wanted = files(two, tmp_path / "none", one, two)
    assert await names(wanted) == [str(two), str(one)]
    assert await troubles(wanted) == []


async def test_the_agents_keys_come_first_and_each_key_once(tmp_path: Path, agent: Path) -> None:
    one, two = keypair(tmp_path / "one"), keypair(tmp_path / "two")
    add(agent, two)
    add(agent, one)
    found = await names(files(one, agent=agent))
    assert found == ["agent key one", "agent key two"]
    assert await names(files(one, agent=agent, only=True)) == ["agent key one"]
    assert await names(files(keypair(tmp_path / "three"), agent=agent, only=True)) == [
        str(tmp_path / "three")
    ]


async def test_the_agent_of_the_environment(tmp_path: Path, agent: Path) -> None:
    add(agent, keypair(tmp_path / "one"))
    environ = {"SSH_AUTH_SOCK": str(agent), "OTHER": str(agent)}
    assert await names(Identities(), environ) == ["agent key one"]
    assert await names(Identities(agent="$OTHER"), environ) == ["agent key one"]
    assert await names(Identities(agent="$NONE"), environ) == []
    assert await names(Identities(agent=None), environ) == []


async def test_what_cannot_be_used_is_named_with_the_remedy(tmp_path: Path) -> None:
    secret = keypair(tmp_path / "secret", passphrase="open sesame")  # noqa: S106 # of a test key
    broken, open_ = tmp_path / "broken", keypair(tmp_path / "open")
    broken.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")
    broken.chmod(0o600)
    open_.chmod(0o644)
    found = await troubles(files(secret, broken, open_))
    assert len(found) == 3
    assert f"{secret}: encrypted, so put it into the agent: ssh-add {secret}" in found
    assert any(each.startswith(f"{broken}: ") for each in found)
    assert f"chmod 600 {open_}" in found[2]
    assert all(each.isprintable() for each in found)
    assert await names(files(secret, broken, open_)) == []


async def test_old_keys_with_a_passphrase_are_named_too(tmp_path: Path) -> None:
    secret = keypair(tmp_path / "pem", "rsa")
    command = ["ssh-keygen", "-q", "-p", "-m", "PEM", "-N", "open sesame", "-f", str(secret)]
    _run(command)
    (told,) = await troubles(files(secret))
    assert "encrypted" in told


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("silent", [True, False], ids=["hangs", "is gone"])
async def test_an_agent_that_does_not_answer_is_named(tmp_path: Path, silent: bool) -> None:
    path = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        if silent:
            listener.listen()
        (told,) = await troubles(files(agent=path))
    assert told.startswith(f"agent {path}: ")


async def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    keyring = Keyring({})
    key = keypair(tmp_path / "one")
    first = await keyring.credentials(files(key))
    assert (await keyring.credentials(files(key))).logins == first.logins, "read once"
    key.unlink()
    assert (await keyring.credentials(files(key))).logins == []
    keyring.close()


async def test_logging_in_by_the_agent(server: Sshd, agent: Path) -> None:
    add(agent, server.identity)
    with configured(server, f"IdentityAgent {agent}", "IdentityFile none"):
        async with bastion(server) as out:
            await let_in(out, server.entry)
            (said,) = [
                step.found for step in await out.steps(server.entry) if step.check == "keys"
            ]
    assert said == "agent key id"


async def test_an_encrypted_key_whose_other_half_the_agent_has(
    server: Sshd, agent: Path, tmp_path: Path
) -> None:
    add(agent, server.identity)
    command = ["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", str(server.identity)]
    _run(command)
    identity = f"IdentityFile {server.identity}"
    with configured(server, f"IdentityAgent {agent}", identity, "IdentitiesOnly yes"):
        async with bastion(server) as out:
            await let_in(out, server.entry)
            steps = await out.steps(server.entry)
    assert all(step.state == "ok" for step in steps)


async def test_a_public_file_names_a_key_of_the_agent(server: Sshd, agent: Path) -> None:
    add(agent, server.identity)
    server.identity.unlink()
    identity = f"IdentityFile {server.identity}"
    with configured(server, f"IdentityAgent {agent}", identity, "IdentitiesOnly yes"):
        async with bastion(server) as out:
            await let_in(out, server.entry)


@pytest.mark.parametrize("how", ["beside", "named", "by the agent", "named and by the agent"])
async def test_a_certificate_logs_in(tmp_path: Path, agent: Path, how: str) -> None:
    authority = keypair(tmp_path / "ca")
    with sshd(tmp_path / "server", f"TrustedUserCAKeys {authority}.pub") as server:
        key = keypair(tmp_path / "user")
        made = certify(authority, key, "-n", _login(server))
        lines = [f"IdentityFile {key}", "IdentityAgent none"]
        if "named" in how:
            made = made.rename(tmp_path / "elsewhere.pub")
            lines.append(f"CertificateFile {made}")
        if "agent" in how:
            add(agent, key)
            lines[1] = f"IdentityAgent {agent}"
        with configured(server, *lines):
            async with bastion(server) as out:
                await let_in(out, server.entry)
        assert "Accepted certificate" in server.log
        assert public(key) not in (server.folder / "authorized_keys").read_text()


def _login(server: Sshd) -> str:
    (line,) = [line for line in server.stanza.splitlines() if line.strip().startswith("User ")]
    return line.split()[1]


async def refused(out: Bastion, server: Sshd) -> Denied:
    error = await refusal(out, server.entry)
    assert isinstance(error, Denied)
    assert error.problem is Problem.AUTH
    return error


async def test_a_refused_login_is_tried_once_and_says_what_was_tried(
    server: Sshd, tmp_path: Path
) -> None:
    wrong = keypair(tmp_path / "wrong")
    with configured(server, f"IdentityFile {wrong}", "IdentityAgent none"):
        async with bastion(server) as out:
            error = await refused(out, server)
    assert str(wrong) in str(error)
    assert "try: ssh " in error.hint
    until(lambda: "Connection closed" in server.log, PATIENCE, "the server to have noticed")
    assert server.log.count("Connection from") == 1
    assert server.log.count("Failed publickey") == 1


async def test_without_a_key_nobody_is_bothered(server: Sshd, tmp_path: Path) -> None:
    secret = keypair(tmp_path / "secret", passphrase="open sesame")  # noqa: S106 # of a test key
    with configured(server, f"IdentityFile {secret}", "IdentityAgent none"):
        async with bastion(server) as out:
            error = await refused(out, server)
    assert "no key to log in with" in str(error)
    assert f"ssh-add {secret}" in error.hint
    assert "Connection from" not in server.log


async def test_more_keys_than_a_server_has_patience_for(tmp_path: Path, agent: Path) -> None:
    with sshd(tmp_path / "server", "MaxAuthTries 2") as server:
        for number in range(4):
            add(agent, keypair(tmp_path / f"key{number}"))
        with configured(server, f"IdentityAgent {agent}", "IdentityFile none"):
            async with bastion(server) as out:
                error = await refused(out, server)
    assert "too many keys" in str(error)
    assert "IdentitiesOnly" in error.hint


async def test_a_server_that_wants_something_typed_is_told_so(tmp_path: Path) -> None:
    with sshd(
        tmp_path / "server",
        "PasswordAuthentication yes",
        "KbdInteractiveAuthentication yes",
        "UsePAM yes",
    ) as server:
        wrong = keypair(tmp_path / "wrong")
        with configured(server, f"IdentityFile {wrong}", "IdentityAgent none"):
            async with bastion(server) as out:
                error = await refused(out, server)
    assert "password" in error.hint
    assert "never used here" in error.hint


async def test_a_server_that_wants_more_than_a_key(tmp_path: Path) -> None:
    with sshd(
        tmp_path / "server",
        "PasswordAuthentication yes",
        "AuthenticationMethods publickey,password",
    ) as server:
        async with bastion(server) as out:
            error = await refused(out, server)
    assert "password" in error.hint

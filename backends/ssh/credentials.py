"""What may log in: the agent's keys and the identity files, in the order in which ssh tries them.

Nothing is ever asked for: a key that needs a passphrase, or a touch, is left to the agent and
named. No passwords.
"""

from __future__ import annotations

import asyncio
import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from backends.lane import Lane
from console.clean import clean
from console.parse.ssh_keys import Key, presented
from console.parse.ssh_settings import Identities

DEADLINE = 2.0
"""Seconds that the agent may take to list its keys."""

Login = asyncssh.SSHKeyPair | asyncssh.SSHKey | tuple[asyncssh.SSHKey, asyncssh.SSHCertificate]
"""One thing to log in with, as asyncssh takes it."""

_File = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity file and what stands beside it."""

    path: str
    private: asyncssh.SSHKey | None = None
    public: bytes | None = None
    """Its public half, in SSH's own form."""
    certificate: asyncssh.SSHCertificate | None = None
    trouble: str = ""
    """Why the private half cannot be used; empty where there is none."""


@dataclass(slots=True)
class Credentials:
    """What to log in with at one host."""

    logins: list[Login] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """What each of them is called."""
    troubles: list[str] = field(default_factory=list)
    """What there is and cannot be used, and why."""
    agent: asyncssh.SSHAgentClient | None = None

    def close(self) -> None:
        """Let go of the agent, which signs until the login is done."""
        if self.agent is not None:
            self.agent.close()


class Keyring:
    """Reads identity files, each once for every state it is in."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._lane = Lane("identities", DEADLINE)
        self._read: dict[str, tuple[tuple[_File | None, ...], Identity]] = {}

    async def credentials(self, wanted: Identities) -> Credentials:
        """Return what may log in; whatever cannot is told in ``troubles``."""
        found = Credentials()
        files: list[Identity] = []
        certificates: list[asyncssh.SSHCertificate] = []
        try:
            files, certificates = await self._lane.run(self._look, wanted)
        except TimeoutError:
            found.troubles.append("identity files: their file system hangs")
        certificates += [each.certificate for each in files if each.certificate]
        agent = await self._agent(wanted, found)
        for login, name in _ordered(files, agent, certificates, only=wanted.only):
            found.logins.append(login)
            found.names.append(name)
        held = {_key(pair) for pair in agent}
        found.troubles += [
            each.trouble for each in files if each.trouble and each.public not in held
        ]
        return found

    def close(self) -> None:
        """Let go of the thread that reads."""
        self._lane.close()

    async def _agent(self, wanted: Identities, found: Credentials) -> list[asyncssh.SSHKeyPair]:
        path = self._agent_path(wanted.agent)
        if not path:
            return []
        try:
            async with asyncio.timeout(DEADLINE):
                found.agent = await asyncssh.connect_agent(path)
                return list(await found.agent.get_keys())
        except TimeoutError:
            found.troubles.append(f"agent {clean(path)}: does not answer")
        except (OSError, ValueError) as error:
            why = (isinstance(error, OSError) and error.strerror) or str(error)
            found.troubles.append(f"agent {clean(path)}: {clean(why)}")
        return []

    def _agent_path(self, agent: str | None) -> str | None:
        if agent is None:
            return None
        if agent == "SSH_AUTH_SOCK" or agent.startswith("$"):
            return self._environ.get(agent.lstrip("$"))
        return agent

    def _look(self, wanted: Identities) -> tuple[list[Identity], list[asyncssh.SSHCertificate]]:
        return self._files(wanted.files), _certificates(wanted.certificates)

    def _files(self, paths: Sequence[str]) -> list[Identity]:
        found = []
        for path in dict.fromkeys(paths):
            state = tuple(map(_state, (path, f"{path}.pub", f"{path}-cert.pub")))
            if any(state):
                if path not in self._read or self._read[path][0] != state:
                    self._read[path] = state, _identity(path)
                found.append(self._read[path][1])
        return found


def _ordered(
    files: Sequence[Identity],
    agent: Sequence[asyncssh.SSHKeyPair],
    certificates: Sequence[asyncssh.SSHCertificate],
    *,
    only: bool,
) -> Iterator[tuple[Login, str]]:
    """Yield what is named and in the agent, then the agent's others, then the files."""
    certified = {each.key.public_data: each for each in certificates}
    named = [each.public for each in files if each.public]
    wanted = sorted(
        (pair for pair in agent if _key(pair) in named), key=lambda pair: named.index(_key(pair))
    )
    others = [] if only else [pair for pair in agent if pair not in wanted]
    for pair in (*wanted, *others):
        name = f"agent key {clean(pair.get_comment(errors='replace') or '', 60)}"
        if _key(pair) in certified and not pair.has_cert:
            with_certificate = copy.copy(pair)
            with_certificate.set_certificate(certified[_key(pair)])
            yield with_certificate, f"{name} with its certificate"
        yield pair, name
    held = {_key(pair) for pair in agent}
    for file in files:
        if file.private is not None and file.public not in held:
            if certificate := certified.get(file.private.public_data):
                yield (file.private, certificate), f"{file.path} with its certificate"
            else:
                yield file.private, file.path


def _key(pair: asyncssh.SSHKeyPair) -> bytes:
    """Return the public half; the agent lists certificates as if they were keys."""
    shown = presented(pair.key_public_data)
    return shown.blob if isinstance(shown, Key) else shown.key.blob


def _identity(path: str) -> Identity:
    public = _public(path)
    certificate = next(iter(_certificates([f"{path}-cert.pub"])), None)
    try:
        trouble = _unusable(path)
        key = None if trouble else asyncssh.read_private_key(path)
    except FileNotFoundError:
        return Identity(path, None, public, certificate)  # the agent may hold the other half
    except OSError as error:
        return Identity(path, None, public, certificate, f"{path}: {error.strerror or error}")
    except ValueError as error:
        why: str = clean(str(error))
        if isinstance(error, asyncssh.KeyEncryptionError) or "assphrase" in why:
            why = f"encrypted, so put it into the agent: ssh-add {path}"
        return Identity(path, None, public, certificate, f"{path}: {why}")
    if key is None:
        return Identity(path, None, public, certificate, trouble)
    if key.get_algorithm().startswith("sk-"):
        trouble = f"{path}: wants its security key touched, so leave it to the agent"
        return Identity(path, None, key.public_data, certificate, trouble)
    return Identity(path, key, key.public_data, certificate)


def _unusable(path: str) -> str:
    """Return why ssh would not use a file that others may read."""
    state = Path(path).stat()
    if state.st_uid == os.getuid() and state.st_mode & 0o077:
        text = Path(path).read_bytes()[:64]
        if b"PRIVATE KEY" in text:
            return f"{path}: others can read it, so ssh would not use it: chmod 600 {path}"
    return ""


def _public(path: str) -> bytes | None:
    for each in (f"{path}.pub", path):
        try:
            return asyncssh.read_public_key(each).public_data
        except (OSError, ValueError):
            continue
    return None


def _certificates(paths: Sequence[str]) -> list[asyncssh.SSHCertificate]:
    found = []
    for path in paths:
        try:
            found.append(asyncssh.read_certificate(path))
        except (OSError, ValueError):
            continue
    return found


def _state(path: str) -> _File | None:
    try:
        state = Path(path).stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino

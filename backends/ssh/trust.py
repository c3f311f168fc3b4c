"""The files of known host keys: read leniently, asked for every login, added to only on a word.

What they mean is decided in ``console.trust``; here they are read, again when they change, and
one line is appended when the operator accepts an unknown key.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from backends.lane import Lane
from console.errors import ConsoleError, Problem, Unreachable, UntrustedKey
from console.parse.known_hosts import Known, KnownHosts, hashed, known_hosts
from console.parse.krl import Revocations, revocations
from console.parse.ssh_keys import Key
from console.parse.ssh_settings import HostKeys, Settings
from console.trust import Judgement, Names, Trust, Verdict, trust

T = TypeVar("T")

_LARGEST = 16 << 20
"""Bytes read of one file."""
_PROBLEMS = {
    Verdict.UNKNOWN: Problem.UNKNOWN_KEY,
    Verdict.CHANGED: Problem.CHANGED_KEY,
    Verdict.REVOKED: Problem.REVOKED_KEY,
}
_NONE = Revocations()
"""Of all hosts for which no file is named."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """An unknown key that the operator may accept, and what was asked about it."""

    names: Names
    keys: HostKeys
    key: Key


@dataclass(slots=True)
class _Cache(Generic[T]):
    """Files parsed once for each state they are in."""

    parse: Callable[[bytes, str], T]
    _found: dict[str, tuple[tuple[int, int, int], T]] = field(default_factory=dict)

    def read(self, path: str) -> T:
        """Raises ``OSError``, and what parsing raises."""
        now = Path(path).stat()
        state = (now.st_mtime_ns, now.st_size, now.st_ino)
        if path not in self._found or self._found[path][0] != state:
            with Path(path).open("rb") as file:
                self._found[path] = state, self.parse(file.read(_LARGEST), path)
        return self._found[path][1]


class KnownKeys:
    """What the operator's and the system's files say about hosts."""

    def __init__(self) -> None:
        self._lane = Lane("known-hosts")
        self._hosts: _Cache[KnownHosts] = _Cache(known_hosts)
        self._revoked: _Cache[Revocations] = _Cache(lambda raw, _: revocations(raw))
        self._offers: dict[tuple[str, str], _Offer] = {}

    async def trust(self, settings: Settings, address: str | None) -> Trust:
        """Return what is known of a host; ``address`` is where it was reached, if directly.

        Raises ``Unreachable`` where a list of revoked keys cannot be read: nobody is trusted then.
        """
        names = _names(settings, address)
        try:
            return await self._lane.run(self._look, names, settings.host_keys)
        except TimeoutError:
            hint = f"see what holds up {', '.join(settings.host_keys.user_files)}"
            message = "known host keys cannot be read: their file system hangs"
            raise Unreachable(message, hint, Problem.HUNG) from None

    def untrusted(self, trust: Trust, keys: HostKeys, judgement: Judgement) -> UntrustedKey:
        """Return the complaint about a key; an unknown one is ready to be accepted after it."""
        key, known = judgement.key, judgement.known
        file, line = "", ""
        if judgement.verdict is Verdict.UNKNOWN:
            file, refusal = _place(keys)
            name = trust.names.name
            line = f"{hashed(name, os.urandom(20)) if keys.hash_names else name} {key}"
            if not refusal:
                self._offers[file, line] = _Offer(trust.names, keys, key)
            hint = refusal or f"compare the fingerprint, then accept it: {file} gets it"
        elif judgement.verdict is Verdict.REVOKED:
            hint = f"{known.place if known else keys.revoked} revokes it; the host needs a new key"
        else:
            hint = _was(known, trust.names.name) if known else ""
        message = f"{judgement.verdict} host key {key.type} {key.fingerprint}"
        return UntrustedKey(
            f"{message}; {judgement.why_not}" if judgement.why_not else message,
            hint,
            _PROBLEMS[judgement.verdict],
            fingerprint=key.fingerprint,
            line=line,
            file=file,
        )

    async def accept(self, untrusted: UntrustedKey) -> None:
        """Append the one line of an unknown key.

        Raises ``UntrustedKey`` when the host has become known by another key meanwhile, and
        ``ConsoleError`` when the key was not offered or the file cannot be written.
        """
        offer = self._offers.get((untrusted.file, untrusted.line))
        if untrusted.problem is not Problem.UNKNOWN_KEY or offer is None:
            raise ConsoleError(f"{untrusted.fingerprint} cannot be accepted", untrusted.hint)
        try:
            trust = await self._lane.run(self._look, offer.names, offer.keys)
            judgement = trust.judge(offer.key, 0, ())
            if judgement.verdict is Verdict.UNKNOWN:
                await self._lane.run(_append, Path(untrusted.file), untrusted.line)
            elif judgement.verdict is not Verdict.MATCH:
                raise self.untrusted(trust, offer.keys, judgement)
        except OSError as error:
            why = error.strerror or "does not answer"
            hint = f"add the line yourself: {untrusted.line}"
            raise ConsoleError(f"{untrusted.file}: {why}", hint) from None

    def close(self) -> None:
        """Let go of the thread that reads."""
        self._lane.close()

    def _look(self, names: Names, keys: HostKeys) -> Trust:
        files = [self._known(path) for path in (*keys.user_files, *keys.global_files)]
        return trust(names, files, self._revocations(keys.revoked))

    def _known(self, path: str) -> KnownHosts:
        try:
            return self._hosts.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return KnownHosts()
        except OSError as error:
            return KnownHosts(bad=[f"{path}: {error.strerror}"])

    def _revocations(self, path: str | None) -> Revocations:
        if path is None:
            return _NONE
        try:
            return self._revoked.read(path)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            hint = "until it can be read no host is trusted"
            raise Unreachable(f"RevokedHostKeys {path}: {why}", hint, Problem.CONFIG) from None


def _names(settings: Settings, address: str | None) -> Names:
    keys, host, port = settings.host_keys, settings.hostname.lower(), settings.port
    if keys.alias:
        return Names(keys.alias, keys.alias)
    other = address if keys.check_address and address != host else None
    if port == 22:
        return Names(host, host, address=other)
    return Names(f"[{host}]:{port}", host, host, f"[{other}]:{port}" if other else None)


def _place(keys: HostKeys) -> tuple[str, str]:
    """Return the file that gets an accepted key, and what is against it, if anything."""
    if not keys.user_files or not _is_ordinary(Path(keys.user_files[0])):
        return "", "UserKnownHostsFile names no file that could keep it"
    file = keys.user_files[0]
    if keys.never_add:
        return file, f"StrictHostKeyChecking is yes: add its line to {file} yourself"
    return file, ""


def _is_ordinary(path: Path) -> bool:
    try:
        return path.is_file() or not path.exists()
    except OSError:
        return False


def _was(known: Known, name: str) -> str:
    return (
        f"{known.place} has {known.key.type} {known.key.fingerprint}: somebody may be in between. "
        f"If it was meant to change: ssh-keygen -R '{name}' -f {known.file}"
    )


def _append(path: Path, line: str) -> None:
    """Add a line in one write, beginning anew where the last one was never ended."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        begin = b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""
        data = begin + line.encode() + b"\n"
        if os.write(file, data) != len(data):
            os.ftruncate(file, size)
            raise OSError("there is no room for it")
    finally:
        os.close(file)

"""Key exchange and login on an open stream, with our own options and our own word on host keys.

asyncssh reads no configuration, no known_hosts and no default keys here, and asks for nothing:
what it may use is given to it. Whether the host key is good is judged before the first byte of
a login is sent.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncssh
from asyncssh.encryption import get_default_encryption_algs, get_encryption_algs
from asyncssh.kex import get_kex_algs
from asyncssh.mac import get_mac_algs
from asyncssh.public_key import (
    get_certificate_algs,
    get_default_certificate_algs,
    get_default_public_key_algs,
    get_public_key_algs,
)

from backends.ssh.credentials import Credentials
from backends.ssh.lean import SESSIONS, lean
from backends.ssh.troubles import trouble
from backends.ssh.wire import Wire
from console.clean import clean
from console.errors import Denied, Problem, Unreachable
from console.parse.ssh_keys import Certificate, is_certified, presented
from console.parse.ssh_settings import Settings
from console.trust import Judgement, Trust, Verdict

KEEPALIVE = 5.0
"""Seconds of silence after which a server is asked whether it is there."""
KEEPALIVES = 3
"""Of these unanswered the link is dead."""

_FIRST = b"aes128-gcm@openssh.com"
"""The cheapest cipher on both sides."""
_SIGNATURES = ("ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256")
"""By which authorities may sign where no ssh client tells."""
_EMPTY: tuple[list[asyncssh.SSHKey], ...] = ([], [], [])


@dataclass(slots=True)
class Login:
    """What one attempt is made with, and what became of it."""

    settings: Settings
    credentials: Credentials
    trust: Trust
    judgement: Judgement | None = None
    """On the host key, once the server has shown it."""


async def log_in(
    wire: Wire, login: Login, lost: Callable[[], None] = lambda: None
) -> asyncssh.SSHClientConnection:
    """Log in once; ``lost`` is called when the connection ends.

    Raises ``Unreachable`` or ``Denied``; a host key that does not match is a ``Denied`` with the
    judgement in ``login``.
    """
    settings, client, options = login.settings, _Client(login, lost), _options(login)
    try:
        connection = await asyncssh.connect(
            settings.hostname,
            settings.port,
            tunnel=wire,
            config=None,
            client_factory=lambda: client,
            **options,
        )
    except asyncssh.PermissionDenied:
        raise _refused(login, client) from None
    except (asyncssh.ConnectionLost, ConnectionError) as error:
        raise (trouble(error) if login.judgement else _no_host_key(login)) from None
    except Exception as error:  # a broken server must never end more than its own connection
        raise trouble(error) from None
    lean(connection, options["encryption_algs"])
    return connection


def unknown_algorithms(settings: Settings) -> tuple[str, ...]:
    """Return the wished algorithms that asyncssh does not have, as lines for the operator."""
    lines = []
    for option, wished, known in _wishes(settings):
        if missing := [each for each in wished or () if each.encode() not in known]:
            lines.append(f"{option}: not known here: {clean(', '.join(missing), 200)}")
    return tuple(lines)


class _Client(asyncssh.SSHClient):
    """Judges the host key and says no to whatever would have to be typed."""

    def __init__(self, login: Login, lost: Callable[[], None]) -> None:
        self._login = login
        self._lost = lost
        self._accepted = b""
        self.offered: list[str] = []
        """What the server would have let in besides keys."""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        # Of asyncssh's hooks none shows a certificate whole, and its own check knows no wildcards
        # and no way back from a certificate to the key in it. Were this method to go away, nobody
        # would be trusted: known_hosts is empty.
        conn.validate_server_host_key = self._validate  # type: ignore[method-assign]

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()

    def password_auth_requested(self) -> None:
        self.offered.append("password")

    def kbdint_auth_requested(self) -> None:
        self.offered.append("keyboard-interactive")

    def _validate(self, key_data: bytes) -> asyncssh.SSHKey:
        try:
            shown = presented(key_data)
            key = _verified(shown, key_data)
        except ValueError as error:
            raise asyncssh.HostKeyNotVerifiable(f"unreadable host key: {error}") from None
        if key_data != self._accepted:  # else keys are merely exchanged anew
            allowed = self._login.settings.algorithms.authorities or _SIGNATURES
            judgement = self._login.trust.judge(shown, time.time(), allowed)
            self._login.judgement = judgement
            if judgement.verdict is not Verdict.MATCH:
                raise asyncssh.HostKeyNotVerifiable(f"{judgement.verdict} host key")
            self._accepted = key_data
        return key


def _verified(shown: object, blob: bytes) -> asyncssh.SSHKey:
    """Return the key as asyncssh has it, after verifying the signature of a certificate."""
    name = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    line = name + b" " + base64.b64encode(blob)
    if isinstance(shown, Certificate):
        key: asyncssh.SSHKey = asyncssh.import_certificate(line).key
        return key
    return asyncssh.import_public_key(line)


def _options(login: Login) -> dict[str, Any]:
    settings = login.settings
    algorithms = settings.algorithms
    options: dict[str, Any] = {
        "username": settings.user,
        "known_hosts": _EMPTY,
        "server_host_key_algs": login.trust.preferred(_host_key_algorithms(settings)),
        "encryption_algs": _having(algorithms.ciphers, get_encryption_algs(), "Ciphers")
        or _cheapest_first(),
        "compression_algs": None,
        "client_keys": login.credentials.logins,
        "agent_path": None,
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        "host_based_auth": False,
        "gss_host": None,
        "gss_kex": False,
        "gss_auth": False,
        "preferred_auth": ["publickey", "keyboard-interactive", "password"],
        "disable_trivial_auth": True,
        "agent_forwarding": False,
        "login_timeout": 0,  # whoever calls has a deadline, and stops it while we wait our turn
        "keepalive_interval": KEEPALIVE,
        "keepalive_count_max": KEEPALIVES,
        **SESSIONS,
    }
    if kex := _having(algorithms.kex, get_kex_algs(), "KexAlgorithms"):
        options["kex_algs"] = kex
    if macs := _having(algorithms.macs, get_mac_algs(), "MACs"):
        options["mac_algs"] = macs
    signatures = [each for each in algorithms.public_keys or () if not is_certified(each)]
    if chosen := _having(signatures, get_public_key_algs(), "PubkeyAcceptedAlgorithms"):
        options["signature_algs"] = chosen
    return options


def _host_key_algorithms(settings: Settings) -> list[str]:
    known = get_certificate_algs() + get_public_key_algs()
    usual = get_default_certificate_algs() + get_default_public_key_algs()
    wished = settings.algorithms.host_keys
    return _having(wished, known, "HostKeyAlgorithms") or [each.decode() for each in usual]


def _having(wished: Sequence[str] | None, known: Sequence[bytes], option: str) -> list[str]:
    """Return what asyncssh has of the wished; nothing where nothing was wished."""
    having = [each for each in wished or () if each.encode() in known]
    if wished and not having:
        message = f"{option} leaves nothing that is known here"
        hint = f"allow one of {', '.join(each.decode() for each in known[:4])}"
        raise Unreachable(message, hint, Problem.CONFIG)
    return having


def _cheapest_first() -> list[str]:
    usual = get_default_encryption_algs()
    return [each.decode() for each in sorted(usual, key=lambda each: each != _FIRST)]


def _wishes(
    settings: Settings,
) -> tuple[tuple[str, Sequence[str] | None, Sequence[bytes]], ...]:
    algorithms = settings.algorithms
    return (
        ("Ciphers", algorithms.ciphers, get_encryption_algs()),
        ("KexAlgorithms", algorithms.kex, get_kex_algs()),
        ("MACs", algorithms.macs, get_mac_algs()),
    )


def _no_host_key(login: Login) -> Unreachable:
    """Return what a server may mean that hangs up rather than show a host key."""
    asked = login.settings.algorithms.host_keys
    hint = (
        f"it has no host key among {clean(', '.join(asked), 120)}, or is about to end"
        if asked
        else "it has no host key that is known here, or is about to end"
    )
    return Unreachable("it hangs up during key exchange", hint, Problem.LOST)


def _refused(login: Login, client: _Client) -> Denied:
    """Return what was tried, what was not, and what else the server would take."""
    credentials = login.credentials
    tried = ", ".join(credentials.names) or "nothing"
    offered = list(dict.fromkeys(client.offered))
    hints = [*credentials.troubles]
    if offered:
        hints.append(f"it also takes {' and '.join(offered)}, which is never used here")
    hints.append(f"try: ssh {clean(login.settings.user)}@{clean(login.settings.hostname)}")
    message = f"login refused for {login.settings.user} (tried {clean(tried, 200)})"
    return Denied(clean(message), "; ".join(hints), Problem.AUTH)

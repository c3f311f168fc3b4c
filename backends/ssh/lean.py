"""What asyncssh keeps and does on a connection that is logged in, less what only a login needs.

A console holds hundreds of them, each for days.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

import asyncssh
from asyncssh.constants import MSG_IGNORE
from asyncssh.packet import SSHPacketLogger

SESSIONS: Final[Mapping[str, Any]] = {
    "x11_forwarding": False,
    "request_pty": False,
    "encoding": None,
}
"""Options of a connection that say how sessions on it are begun: the same on all."""

_CHAINED = "-cbc"
"""How the names of ciphers end whose blocks follow from the ones before."""
_NAMES = (
    *("_enc_algs", "_kex_algs", "_mac_algs", "_sig_algs", "_server_host_key_algs"),
    "_preferred_auth",
)
"""Lists that asyncssh only reads."""
_SETS = (
    *("_revoked_host_keys", "_trusted_ca_keys", "_trusted_host_keys", "_x509_revoked_certs"),
    "_server_sig_algs",
)
"""What only a login asks. By asyncssh's own word on host keys nobody is trusted, as before."""
_NONE: Final[frozenset[object]] = frozenset()


def lean(connection: asyncssh.SSHClientConnection, ciphers: list[str]) -> None:
    """Let go of what only a login needs, and keep once what all have alike."""
    if not any(each.endswith(_CHAINED) for each in ciphers):
        connection.__class__ = _Terse
    connection._client_kexinit = connection._server_kexinit = b""  # there anew when keys are
    connection._waiter = None
    connection._options = _options()
    held = vars(connection)
    for name in _NAMES:
        if names := held.get(name):
            held[name] = _once(tuple(names))
    held |= dict.fromkeys(held.keys() & _SETS, _NONE)


@cache
def _options() -> asyncssh.SSHClientConnectionOptions:
    return asyncssh.SSHClientConnectionOptions(
        config=None, username="", client_keys=None, agent_path=None, **SESSIONS
    )


@lru_cache(64)
def _once(names: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return names


class _Terse(asyncssh.SSHClientConnection):
    """Leaves out the empty packet that asyncssh sends before every other.

    It hides what a chained cipher starts from (RFC 4251, 9.3.1); the others have no need of it,
    and it is half of the work of sending.
    """

    def send_packet(
        self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None
    ) -> None:
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)

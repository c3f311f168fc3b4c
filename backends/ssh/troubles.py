"""What went wrong on the way to a host, in one of the closed table's words and with a remedy.

``trouble(error)`` is the only place where the errors of sockets and of asyncssh are translated.
"""

from __future__ import annotations

import errno
import os

import asyncssh

from console.clean import clean
from console.errors import ConsoleError, Denied, Problem, Unreachable

_LINE = 160
"""Characters kept of what a server says."""
_TOO_MANY = "too many authentication failures"
_NO_PROGRAM = frozenset({126, 127})
"""Exit statuses of a shell for a program it could not start."""
_OURS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN}
_FULL = (
    "the server drops it: MaxStartups reached, this address penalised, or sshd about to end; "
    "it is tried again later"
)


def trouble(error: Exception) -> ConsoleError:
    """Return what to tell the operator about an error."""
    match error:
        case ConsoleError():
            return error
        case asyncssh.ChannelOpenError():
            return _not_forwarded(error)
        case asyncssh.DisconnectError():
            return _disconnected(error)
        case TimeoutError():
            return Unreachable("no answer: timed out", "", Problem.TIMEOUT)
        case OSError():
            return _not_connected(error)
        case UnicodeError():
            return Unreachable("what it says is no SSH", _not_ssh_hint(), Problem.NOT_SSH)
        case asyncssh.Error() | ValueError():
            return Unreachable(f"SSH failed: {_said(str(error))}", "", Problem.GARBLED)
        case _:
            what = f"{type(error).__name__}: {_said(str(error))}"
            return Unreachable(f"SSH failed: {what}", "", Problem.INTERNAL)


def not_ssh(said: bytes) -> ConsoleError:
    """Return the complaint about a server that answered, but not as SSH servers do."""
    line = _said(said.strip().splitlines()[0][: _LINE * 4])
    if line.startswith("Exceeded MaxStartups") or line.startswith("Not allowed at this time"):
        return Unreachable(f"the server says: {line}", _FULL, Problem.LIMIT)
    if line.startswith("SSH-"):
        return Unreachable(f"speaks another SSH: {line}", "only SSH 2.0 is known", Problem.NOT_SSH)
    return Unreachable(f"answers, but not as SSH: {line!r}", _not_ssh_hint(), Problem.NOT_SSH)


def lost(error: Exception | None = None) -> Unreachable:
    """Return the complaint about a link that broke."""
    why = f": {_said(str(error))}" if error is not None and str(error) else ""
    return Unreachable(f"the link was lost{why}", "", Problem.LOST)


def not_opened(error: asyncssh.ChannelOpenError) -> Unreachable:
    """Return the complaint about a connection that gives no session."""
    return Unreachable(
        f"no session to be had: {_said(str(error))}",
        "MaxSessions of its sshd may be reached",
        Problem.LIMIT,
    )


def no_shell(before: str, status: int, said: str) -> Denied:
    """Return the complaint about a shell that ended before it did anything.

    ``before`` is what its command began with, as ``sudo -n``.
    """
    if before and status == 1:
        return Denied(
            f"sudo refuses: {said or 'no reason given'}",
            "allow NOPASSWD for this login, or log in as root",
        )
    if status in _NO_PROGRAM:
        return Denied(
            f"its login starts nothing that runs: {said}",
            "subdeck needs /bin/sh there; look at the login shell and at ForceCommand",
            Problem.MISSING,
        )
    return Denied(
        f"its login gives no shell (exit status {status}): {said or 'no word'}",
        "a forced command or nologin shell? subdeck needs /bin/sh",
    )


def dropped() -> ConsoleError:
    """Return the complaint about a server that hangs up before it has said a word."""
    return Unreachable("closes the connection before it says a word", _FULL, Problem.LOST)


def _not_ssh_hint() -> str:
    return "see which port sshd listens on"


def _said(text: str | bytes) -> str:
    return clean(text, _LINE)


def _disconnected(error: asyncssh.DisconnectError) -> ConsoleError:
    said = _said(error.reason)
    if isinstance(error, asyncssh.PermissionDenied):
        return Denied(said, "", Problem.AUTH)
    if _TOO_MANY in said.lower():
        hint = "offer fewer keys: IdentitiesOnly yes with one IdentityFile for this host"
        return Denied("too many keys were offered", hint, Problem.AUTH)
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return Denied(said, "", Problem.UNKNOWN_KEY)
        case asyncssh.KeyExchangeFailed():
            hint = "see Ciphers, KexAlgorithms, MACs and HostKeyAlgorithms in ~/.ssh/config"
            return Unreachable(f"no common algorithm: {said}", hint, Problem.CONFIG)
        case asyncssh.ProtocolNotSupported():
            return Unreachable(said, _not_ssh_hint(), Problem.NOT_SSH)
        case asyncssh.ConnectionLost():
            return Unreachable("the connection was lost during login", _FULL, Problem.LOST)
        case asyncssh.ProtocolError() | asyncssh.MACError() | asyncssh.CompressionError():
            return Unreachable(f"its SSH is garbled: {said}", "", Problem.GARBLED)
        case _:
            return Unreachable(f"the server hangs up: {said}", "", Problem.LOST)


def _not_forwarded(error: asyncssh.ChannelOpenError) -> ConsoleError:
    said = _said(error.reason)
    lower = said.lower()
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        hint = "AllowTcpForwarding and PermitOpen on the jump host decide that"
        return Denied(f"may not be reached from there: {said}", hint, Problem.DENIED)
    if error.code == asyncssh.OPEN_RESOURCE_SHORTAGE:
        return Unreachable(f"the jump host has no room: {said}", "", Problem.LIMIT)
    if "refused" in lower:
        return Unreachable("connection refused", "see whether sshd runs", Problem.REFUSED)
    if "timed out" in lower:
        return Unreachable("no answer: timed out", "", Problem.TIMEOUT)
    if "closed" in lower:
        return Unreachable("the link to the jump host was lost", "", Problem.LOST)
    return Unreachable(said)


def _not_connected(error: OSError) -> ConsoleError:
    # Where there is a number it says more than the text: asyncio writes an address over that.
    told = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    why = clean(told or str(error) or type(error).__name__)
    match error:
        case ConnectionRefusedError():
            return Unreachable(
                "connection refused", "see whether sshd runs there", Problem.REFUSED
            )
        case ConnectionError():
            return Unreachable(f"the connection was lost: {why}", _FULL, Problem.LOST)
        case _ if error.errno in _OURS:
            hint = "this console has too many files or connections open: raise ulimit -n"
            return Unreachable(why, hint, Problem.LIMIT)
        case _:
            return Unreachable(why[:1].lower() + why[1:])

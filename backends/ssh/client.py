"""The operator's own ssh(1) in place of our connection: ``open_client(words, entry, "", size)``.

It asks for what we cannot give: passwords, touches of a security key, other ways in. It goes the
way that ``ssh -G`` told us and judges host keys as we do; it lends nothing of this machine.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from backends.ssh.terminal import command
from backends.terminal import LocalTerminal, open_program
from console.entering import Entering, argv
from console.terminal import Size

_OPTIONS = {
    # Newer than some clients; first, for it holds of what follows.
    "IgnoreUnknown": "KnownHostsCommand,SessionType,StdinNull,ForkAfterAuthentication",
    # A host is who we have found it to be, or nobody.
    "StrictHostKeyChecking": "yes",
    "UpdateHostKeys": "no",
    "VerifyHostKeyDNS": "no",
    "KnownHostsCommand": "none",
    "NoHostAuthenticationForLocalhost": "no",
    # A connection of its own: another's may have been made to another place.
    "ControlMaster": "no",
    "ControlPath": "none",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "ClearAllForwardings": "yes",
    "Tunnel": "no",
    # One command, the one that is given, on a terminal.
    "RemoteCommand": "none",
    "PermitLocalCommand": "no",
    "SessionType": "default",
    "StdinNull": "no",
    "ForkAfterAuthentication": "no",
    "RequestTTY": "force",
    # ``~.`` is heard before it comes here.
    "EscapeChar": "none",
}


async def open_client(
    words: Sequence[str], entry: Entering, before: str, size: Size
) -> LocalTerminal:
    """Start ssh with the ``words`` that name a host, on a terminal of this size.

    ``before`` goes before what is to be entered, as ``sudo -n``. Raises ``ConsoleError``.
    """
    program, *place = words
    options = [part for key, value in _OPTIONS.items() for part in ("-o", f"{key}={value}")]
    line = command(before, argv(entry))
    whole = [*map(os.fsencode, (program, *options, *place)), os.fsencode(line)]
    return open_program(whole, size, {**os.environ, "TERM": entry.term})

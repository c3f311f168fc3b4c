"""The shells that the probe program is tried in, and how one of them is begun."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import asyncssh
import pytest

from backends.ssh.shell import Shell
from tests.lab.piped import Piped

SECONDS = 20.0
"""Patience on a busy machine."""
SHORT = 2.0
"""Seconds to wait for what will not come."""
SHELLS = [
    pytest.param(shell, marks=pytest.mark.needs(shell.split()[0]), id=shell.replace(" ", "-"))
    for shell in ("dash", "bash --posix", "busybox ash", "mksh", "zsh --emulate sh")
]


def hanging(flag: Path) -> str:
    """Return words of sh that do not end while this file is there."""
    return f"while [ -e {flag} ]; do sleep 0.05; done"


async def never() -> Shell:
    """Be the other shell of who must not need one."""
    raise AssertionError


@asynccontextmanager
async def begun(shell: str, path: str | None = None) -> AsyncIterator[Shell]:
    """Yield a shell that has said hello; ``path`` is where it finds programs."""
    words = shell.split()
    words[0] = shutil.which(words[0]) or words[0]
    piped = Piped(" ".join(words), None if path is None else {"PATH": path})
    connection = cast(asyncssh.SSHClientConnection, piped)
    found = await Shell.begun(connection, "", 120, SECONDS)
    try:
        yield found
    finally:
        found.close()
        await piped.close()

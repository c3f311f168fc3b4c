"""Looks at guests, which are emulated and cannot always keep a console's deadlines."""

from __future__ import annotations

from backends.ssh.backend import SshBackend
from console.errors import Unreachable
from console.facts import Facts

_LOOKS = 3


async def sampled(backend: SshBackend) -> Facts:
    """Return what a look finds; raise ``Unreachable`` when several in turn find nothing."""
    for _ in range(_LOOKS - 1):
        try:
            return await backend.sample()
        except Unreachable:
            continue
    return await backend.sample()

"""The modules of a kernel and what each needs, as depmod(8) writes it down.

``kernel/drivers/net/virtio_net.ko: kernel/net/core/failover.ko`` is a line of ``modules.dep``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_NAME = re.compile(r"([^/]+?)\.ko(?:\.[a-z0-9]+)?$")


def modules(dep: str) -> Mapping[str, tuple[str, ...]]:
    """Return, by name, the file of each module and then those of all that it needs."""
    found: dict[str, tuple[str, ...]] = {}
    for line in dep.splitlines():
        file, _, needed = line.partition(":")
        if name := _name(file):
            found[name] = (file, *needed.split())
    return found


def builtin(text: str) -> frozenset[str]:
    """Return the names in ``modules.builtin``: what needs no file, being in the kernel."""
    return frozenset(name for line in text.splitlines() if (name := _name(line)))


def spelled(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of modules as they are compared: ``dm-snapshot`` is ``dm_snapshot``."""
    return tuple(name.replace("-", "_") for name in names)


def _name(file: str) -> str | None:
    match = _NAME.search(file)
    return match[1].replace("-", "_") if match else None

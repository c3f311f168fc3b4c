"""Main memory and uptime of a host, from what its ``/proc`` said."""

from __future__ import annotations

import math

from backends.gaps import cut_off
from console.errors import Unparsable
from console.model import Gap, Memory
from console.parse.meminfo import memory


def measured(meminfo: bytes, pressure: bytes, gaps: list[Gap]) -> Memory | None:
    """Return main memory; without pressure where the kernel keeps no such record."""
    psi = pressure.decode("ascii", "replace") if pressure else None
    try:
        return memory(meminfo.decode("ascii", "replace"), psi)
    except Unparsable as error:
        gaps.append(cut_off("memory", error))
        return None


def uptime(text: bytes) -> float | None:
    """Return the seconds of ``/proc/uptime``."""
    try:
        seconds = float(text.split()[0])
    except (IndexError, ValueError):
        return None
    return seconds if math.isfinite(seconds) else None

"""What a look found used in levels, as it is put down and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from console.chronicle import Measures
from console.clean import Clean
from console.model import SECTOR, Host, Kind, Level
from console.series import Sample

_sizes = attrgetter(
    "used",
    "inodes_used",
    "metadata_used",
    "total",
    "inodes_total",
    "metadata_total",
    "limit",
)


def measured(level: Level) -> bool:
    """Whether this look found how much is used, and that can change."""
    return level.used is not None and not level.always_full


def measures(level: Level) -> Measures:
    """Return what was found used in a level of which ``measured`` holds."""
    used = level.used or 0
    chunks = used // SECTOR if level.kind is Kind.DM_SNAPSHOT else None
    return Measures(used, level.inodes_used, chunks, level.metadata_used)


def sample(host: Host, level: Level) -> Sample:
    """Return what a look found used in a level of which ``measured`` holds."""
    return _sample(level, host.at, host.time, host.boot_id or "")


def samples(host: Host, levels: Mapping[Clean, Level]) -> dict[Clean, Sample]:
    """Return the same of many levels."""
    when = host.at, host.time, host.boot_id or ""
    return {key: _sample(level, *when) for key, level in levels.items()}


def _sample(level: Level, at: float, time: float, boot: str) -> Sample:
    used, inodes, metadata, total, inodes_total, metadata_total, limit = _sizes(level)
    chunks = used // SECTOR if level.kind is Kind.DM_SNAPSHOT else None
    total = limit.total if limit else total
    return Sample(
        at, time, used, inodes, chunks, boot, "", metadata, total, inodes_total, metadata_total
    )

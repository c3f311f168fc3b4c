"""What a look found used in levels, as it is put down and recorded."""

from __future__ import annotations

from collections.abc import Mapping

from console.chronicle import Measures
from console.clean import Clean
from console.model import SECTOR, Host, Kind, Level
from console.series import Sample


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
    found = measures(level)
    return Sample(
        at=at,
        time=time,
        used=found.used or 0,
        inodes=found.inodes,
        chunks=found.chunks,
        boot=boot,
        metadata=found.metadata,
        total=level.limit.total if level.limit else level.total,
        inodes_total=level.inodes_total,
        metadata_total=level.metadata_total,
    )

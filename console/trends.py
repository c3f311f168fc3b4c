"""Trends: the series of every level of the fleet, and the rates that come from them.

Keeps one ``Series`` a level, fed by each look and, once a host is first seen, by what an earlier
console recorded, so that rates and sparklines survive a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from console.clean import Clean
from console.history import Recorder
from console.model import SECTOR, Host, Kind, Level, Subhost
from console.series import KEPT, Sample, Series, rate

_FLAT = 1.0
"""Bytes a second below which a level is called still."""


def level_key(subhost: str, level: str) -> Clean:
    """Return the name of a level within its host: ``mem``, ``mta/tmpfs:/run``."""
    return Clean(f"{subhost}/{level}" if subhost else level)


class Trends:
    """What the recent past of every level was."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._known: set[Clean] = set()
        self._seen: dict[tuple[Clean, Clean], float] = {}
        self.series: dict[tuple[Clean, Clean], Series] = {}

    @property
    def trouble(self) -> str | None:
        """What is wrong with the recorded history, in one line."""
        return self._recorder.trouble if self._recorder else None

    async def followed(self, host: Host) -> Host:
        """Return the host with the rate of every level; records this look."""
        if host.name not in self._known:
            self._known.add(host.name)
            await self._recall(host.name, host.at)
        samples = {key: _sample(host, level) for key, level in _levels(host)}
        for key, sample in samples.items():
            self.series.setdefault((host.name, key), Series()).append(sample)
        self._forget(host, samples)
        if self._recorder:
            self._recorder.record(host.name, samples)
        return replace(
            host,
            levels=tuple(self._rated(host.name, "", level) for level in host.levels),
            subhosts=tuple(self._subhost(host.name, subhost) for subhost in host.subhosts),
        )

    async def _recall(self, name: Clean, now: float) -> None:
        recalled = await self._recorder.recent(name, KEPT) if self._recorder else {}
        for key, samples in recalled.items():
            self.series[name, key] = Series(samples)
            self._seen[name, key] = now

    def _forget(self, host: Host, samples: Mapping[Clean, Sample]) -> None:
        """Drop levels that have been gone for longer than any page shows."""
        for key in samples:
            self._seen[host.name, key] = host.at
        for gone in [
            k for k, at in self._seen.items() if k[0] == host.name and host.at - at > KEPT
        ]:
            del self._seen[gone], self.series[gone]

    def _subhost(self, host: Clean, subhost: Subhost) -> Subhost:
        if not subhost.levels:
            return subhost
        levels = tuple(self._rated(host, subhost.name, level) for level in subhost.levels)
        return replace(subhost, levels=levels)

    def _rated(self, host: Clean, subhost: str, level: Level) -> Level:
        if not _measured(level):
            return level
        speed = rate(self.series[host, level_key(subhost, level.id)])
        if speed is None:
            return level
        return replace(level, rate=0.0 if abs(speed) < _FLAT else float(f"{speed:.3g}"))


def _levels(host: Host) -> list[tuple[Clean, Level]]:
    return [
        (level_key(owner, level.id), level)
        for owner, level in host.owned_levels
        if _measured(level)
    ]


def _measured(level: Level) -> bool:
    """Whether this look found how much is used, and that can change."""
    return level.used is not None and not level.always_full


def _sample(host: Host, level: Level) -> Sample:
    return Sample(
        at=host.at,
        time=host.time,
        used=level.used or 0,
        inodes=level.inodes_used,
        chunks=(level.used or 0) // SECTOR if level.kind is Kind.DM_SNAPSHOT else None,
        boot=host.boot.boot_id or "" if host.boot else "",
    )

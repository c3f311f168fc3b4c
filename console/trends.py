"""Trends: the series of every level of the fleet, and the rates that come from them.

Keeps one ``Series`` a level, fed by each look and, once a host is first seen, by what an earlier
console recorded, so that rates and sparklines survive a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from console.clean import Clean
from console.history import Recorder
from console.model import SECTOR, Host, Kind, Level
from console.series import KEPT, Sample, Series, rate

_FLAT = 1.0
"""Bytes a second below which a level is called still."""


def level_key(subhost: str, level: str) -> Clean:
    """Return the name of a level within its host: ``mem``, ``mta/tmpfs:/run``."""
    return Clean(f"{subhost}/{level}" if subhost else level)


@dataclass(slots=True)
class _Past:
    """One level as it was until now."""

    series: Series
    seen: float
    """When it was last there (monotonic clock)."""
    found: Level | None = None
    """What was found of it then."""
    told: Level | None = None
    """That with its rate."""


class Trends:
    """What the recent past of every level was."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._hosts: dict[Clean, dict[Clean, _Past]] = {}
        self.series: dict[tuple[Clean, Clean], Series] = {}

    @property
    def trouble(self) -> str | None:
        """What is wrong with the recorded history, in one line."""
        return self._recorder.trouble if self._recorder else None

    async def followed(self, host: Host) -> Host:
        """Return the host with the rate of every level; records this look.

        A level that did not change is the very object that was returned before.
        """
        pasts = self._hosts.get(host.name)
        if pasts is None:
            pasts = self._hosts[host.name] = await self._recalled(host.name, host.at)
        samples: dict[Clean, Sample] = {}

        def followed(owner: str, level: Level) -> Level:
            if not _measured(level):
                return level
            key = level_key(owner, level.id)
            samples[key] = _sample(host, level)
            past = pasts.get(key)
            if past is None:
                past = pasts[key] = _Past(Series(), host.at)
                self.series[host.name, key] = past.series
            past.series.append(samples[key])
            past.seen = host.at
            past.told, past.found = _rated(level, past), level
            return past.told

        levels = tuple(followed("", level) for level in host.levels)
        subhosts = tuple(
            replace(each, levels=tuple(followed(each.name, level) for level in each.levels))
            if each.levels
            else each
            for each in host.subhosts
        )
        self._forget(host, pasts)
        if self._recorder:
            self._recorder.record(host.name, samples)
        return replace(host, levels=levels, subhosts=subhosts)

    async def _recalled(self, name: Clean, now: float) -> dict[Clean, _Past]:
        recalled = await self._recorder.recent(name, KEPT) if self._recorder else {}
        pasts = {key: _Past(Series(samples), now) for key, samples in recalled.items()}
        self.series |= {(name, key): past.series for key, past in pasts.items()}
        return pasts

    def _forget(self, host: Host, pasts: dict[Clean, _Past]) -> None:
        """Drop levels that have been gone for longer than any page shows."""
        for key in [key for key, past in pasts.items() if host.at - past.seen > KEPT]:
            del pasts[key], self.series[host.name, key]


def _rated(level: Level, past: _Past) -> Level:
    """Return the level with its rate, the former one where all of it is the same."""
    speed = rate(past.series)
    if speed is not None:
        speed = 0.0 if abs(speed) < _FLAT else float(f"{speed:.3g}")
    before = past.told
    same = level is past.found or (before is not None and _rest(before) == _rest(level))
    if same and before is not None and before.rate == speed:
        return before
    return level if speed is None else replace(level, rate=speed)


_rest: Callable[[Level], tuple[object, ...]] = attrgetter(
    *(field.name for field in fields(Level) if field.name != "rate")
)
"""All of a level but its rate."""


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

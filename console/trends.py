"""Trends: the series of every level of the fleet, and the rates that come from them.

Keeps one ``Series`` a level, fed by each look and, once a host is first seen, by what an earlier
console recorded, so that rates and sparklines survive a restart.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from math import inf
from operator import attrgetter, is_

from console.clean import Clean
from console.history import Recorder
from console.model import SECTOR, Host, Kind, Level, Subhost
from console.series import ENOUGH, INSTANT, KEPT, LONG_ENOUGH, WINDOW, Sample, Series, rate

_FLAT = 1.0
"""Bytes a second below which a level is called still."""
_WINDOW = WINDOW - 1.0
"""Seconds of looks that are surely in the window of a rate, whatever was rounded."""
_MARGIN = 2.0


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
    since: float = inf
    """Since when each look has found the same; ``-inf``: since its series began."""


@dataclass(slots=True)
class _Looks:
    """One host as it was until now."""

    pasts: dict[Clean, _Past]
    boot: str | None = None
    beats: deque[float] = field(default_factory=deque)
    """When it was looked at during the last ``_WINDOW``, newest last."""
    levels: tuple[Level, ...] = ()
    """Its own, as they were told last."""
    subhosts: dict[Clean, tuple[Subhost, Subhost]] = field(default_factory=dict)
    """By name as they were found last, and as they were told."""

    def begin(self, host: Host) -> float | None:
        """Take note of a look; return when the one before was if it can have found the same."""
        beats, boot = self.beats, _boot_id(host)
        last = beats[-1] if beats else -inf
        if host.at - last < INSTANT:
            self.boot = None  # passed over, and so whatever it found
            return None
        same, self.boot = boot == self.boot, boot
        while beats and beats[0] < host.at - _WINDOW:
            beats.popleft()
        beats.append(host.at)
        return last if same else None

    def resting(self, past: _Past) -> bool:
        """Whether the rate of a level is plain: for a whole window nothing about it changed."""
        beats = self.beats
        return (
            past.told is not None
            and past.told.rate == 0.0
            and past.since < beats[-1] - _WINDOW - _MARGIN
            and len(beats) >= ENOUGH
            and beats[-1] - beats[0] > LONG_ENOUGH
        )


class Trends:
    """What the recent past of every level was."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._hosts: dict[Clean, _Looks] = {}
        self.series: dict[tuple[Clean, Clean], Series] = {}

    @property
    def trouble(self) -> str | None:
        """What is wrong with the recorded history, in one line."""
        return self._recorder.trouble if self._recorder else None

    async def followed(self, host: Host) -> Host:
        """Return the host with the rate of every level; records this look.

        A level that did not change is the very object that was returned before.
        """
        looks = self._hosts.get(host.name)
        if looks is None:
            pasts = await self._recalled(host.name, host.at)
            looks = self._hosts[host.name] = _Looks(pasts)
        look = _Look(host, looks, looks.begin(host), self._recorder is not None)
        levels = tuple(look.followed("", level) for level in host.levels)
        subhosts = tuple(look.with_rates(each) for each in host.subhosts)
        self.series.update(((host.name, key), series) for key, series in look.begun.items())
        if len(looks.pasts) > look.count:
            self._forget(host, looks.pasts)
        if self._recorder:
            self._recorder.record(host.name, look.samples)
        looks.levels, looks.subhosts = _same(levels, looks.levels), look.subhosts
        return replace(host, levels=looks.levels, subhosts=subhosts)

    async def _recalled(self, name: Clean, now: float) -> dict[Clean, _Past]:
        recalled = await self._recorder.recent(name, KEPT) if self._recorder else {}
        pasts = {key: _Past(Series(samples), now) for key, samples in recalled.items()}
        self.series |= {(name, key): past.series for key, past in pasts.items()}
        return pasts

    def _forget(self, host: Host, pasts: dict[Clean, _Past]) -> None:
        """Drop levels that have been gone for longer than any page shows."""
        for key in [key for key, past in pasts.items() if host.at - past.seen > KEPT]:
            del pasts[key], self.series[host.name, key]


class _Look:
    """One look at one host, followed up."""

    def __init__(self, host: Host, looks: _Looks, last: float | None, recorded: bool) -> None:
        self.samples: dict[Clean, Sample] = {}
        """What is to be recorded."""
        self.begun: dict[Clean, Series] = {}
        """Those that begin with this look."""
        self.subhosts: dict[Clean, tuple[Subhost, Subhost]] = {}
        """By name, without and with rates."""
        self.count = 0
        """Levels that were followed."""
        self._host = host
        self._looks = looks
        self._last = last
        self._recorded = recorded
        self._moment = host.at, host.time

    def followed(self, owner: str, level: Level) -> Level:
        """Return the level with its rate."""
        if not _measured(level):
            return level
        self.count += 1
        host, key = self._host, level_key(owner, level.id)
        if self._recorded:
            self.samples[key] = _sample(host, level)
        past = self._looks.pasts.get(key)
        if past is None:
            past = self._looks.pasts[key] = _Past(Series(), host.at)
            self.begun[key] = past.series
        same = level is past.found and past.seen == self._last
        past.seen = host.at
        if same:
            past.series.repeat(self._moment)
            if past.told is not None and self._looks.resting(past):
                return past.told
        else:
            past.since = host.at if len(past.series) else -inf
            past.series.append(self.samples.get(key) or _sample(host, level))
        past.told, past.found = _rated(level, past), level
        return past.told

    def with_rates(self, subhost: Subhost) -> Subhost:
        """Return the subhost with the rates of its levels."""
        if not subhost.levels:
            return subhost
        found, told = self._looks.subhosts.get(subhost.name, (None, subhost))
        levels = tuple(self.followed(subhost.name, level) for level in subhost.levels)
        if found is not subhost or _same(levels, told.levels) is not told.levels:
            told = replace(subhost, levels=levels)
        self.subhosts[subhost.name] = subhost, told
        return told


def _same(levels: tuple[Level, ...], before: tuple[Level, ...]) -> tuple[Level, ...]:
    """Return ``before`` where it holds the very same."""
    same = len(levels) == len(before) and all(map(is_, levels, before))
    return before if same else levels


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
        boot=_boot_id(host),
    )


def _boot_id(host: Host) -> str:
    return host.boot.boot_id or "" if host.boot else ""

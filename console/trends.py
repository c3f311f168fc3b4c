"""Trends: the series of every level of the fleet, and the rates and forecasts that come from them.

Keeps one ``Series`` a level, fed by each look and, once a host is first seen, by what an earlier
console recorded, so that rates, forecasts and sparklines survive a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from math import inf
from operator import attrgetter, is_

from console.clean import Clean
from console.history import Recorder
from console.looks import Looks, Past, boot_id
from console.model import SECTOR, Forecast, Host, Kind, Level, State, Subhost, Trend
from console.outlook import soonest
from console.series import KEPT, Sample, Series, rate, rounded
from console.states import Judge, standing

_RATED = 5.0
"""Seconds for which a rate other than none is told."""


def level_key(subhost: str, level: Clean) -> Clean:
    """Return the name of a level within its host: ``mem``, ``mta/tmpfs:/run``."""
    return Clean(f"{subhost}/{level}") if subhost else level


class Trends:
    """What the recent past of every level was."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._hosts: dict[Clean, Looks] = {}
        self.series: dict[tuple[Clean, Clean], Series] = {}

    @property
    def trouble(self) -> str | None:
        """What is wrong with the recorded history, in one line."""
        return self._recorder.trouble if self._recorder else None

    async def followed(self, host: Host, judge: Judge) -> Host:
        """Return the host with rate, forecast and state of every level; records this look.

        A level that did not change is the very object that was returned before.
        """
        looks = self._hosts.get(host.name)
        if looks is None:
            pasts = await self._recalled(host.name, host.at)
            looks = self._hosts[host.name] = Looks(pasts)
        look = _Look(host, looks, judge, recorded=self._recorder is not None)
        told = look.followed()
        self.series.update(((host.name, key), series) for key, series in look.begun.items())
        if len(looks.pasts) > look.count:
            self._forget(host, looks.pasts)
        if self._recorder:
            self._recorder.record(host.name, look.samples)
        return told

    async def _recalled(self, name: Clean, now: float) -> dict[Clean, Past]:
        recalled = await self._recorder.recent(name, KEPT) if self._recorder else {}
        pasts = {key: Past(key, Series(samples), now) for key, samples in recalled.items()}
        self.series |= {(name, key): past.series for key, past in pasts.items()}
        return pasts

    def _forget(self, host: Host, pasts: dict[Clean, Past]) -> None:
        """Drop levels that have been gone for longer than any page shows."""
        for key in [key for key, past in pasts.items() if host.at - past.seen > KEPT]:
            del pasts[key], self.series[host.name, key]


def again(host: Host, looks: Looks, judge: Judge) -> Host:
    """Return a host that was, like ``Trends.followed`` then; ``looks`` are those before."""
    return _Look(host, looks, judge, recorded=False).followed()


class _Look:
    """One look at one host, followed up."""

    def __init__(self, host: Host, looks: Looks, judge: Judge, *, recorded: bool) -> None:
        self.samples: dict[Clean, Sample] = {}
        """What is to be recorded."""
        self.begun: dict[Clean, Series] = {}
        """Those that begin with this look."""
        self.subhosts: dict[Clean, tuple[Subhost, Subhost]] = {}
        """By name, as they were found and as they are told."""
        self.count = 0
        """Levels that were followed."""
        self._host = host
        self._looks = looks
        self._judge = judge
        self._last = looks.begin(host)
        self._recorded = recorded
        self._moment = host.at, host.time
        self._own: dict[Clean, Level] = {}
        """The host's own levels as they are told."""

    def followed(self) -> Host:
        """Return the host as it is told."""
        host, looks = self._host, self._looks
        levels = tuple([self.own(level) for level in host.levels])
        subhosts = tuple([self.with_levels(each) for each in host.subhosts])
        looks.levels, looks.subhosts = _same(levels, looks.levels), self.subhosts
        return replace(host, levels=looks.levels, subhosts=subhosts)

    def own(self, level: Level) -> Level:
        """Return a level of the host itself as it is told."""
        told = self._own.get(level.id)
        if told is None:
            self._own[level.id] = level  # whatever lies on itself ends here
            told = self._own[level.id] = self._followed("", level)
        return told

    def with_levels(self, subhost: Subhost) -> Subhost:
        """Return the subhost with its levels as they are told."""
        if not subhost.levels:
            return subhost
        found, told = self._looks.subhosts.get(subhost.name, (None, subhost))
        levels = tuple([self._followed(subhost.name, level) for level in subhost.levels])
        if found is not subhost or _same(levels, told.levels) is not told.levels:
            told = replace(subhost, levels=levels)
        self.subhosts[subhost.name] = subhost, told
        return told

    def _followed(self, owner: str, level: Level) -> Level:
        beneath = self._beneath(level)
        key = level_key(owner, level.id)
        if not measured(level):
            return self._bare(key, level, beneath)
        self.count += 1
        host = self._host
        if self._recorded:
            self.samples[key] = sample(host, level)
        past = self._looks.pasts.get(key)
        if past is None:
            past = self._looks.pasts[key] = Past(key, Series(), host.at)
            self.begun[key] = past.series
        before = past.found if past.seen == self._last else None
        past.seen = host.at
        if before is None or not (level is before or _use(level) == _use(before)):
            past.since = host.at if len(past.series) else -inf
            past.series.append(self.samples.get(key) or sample(host, level))
        else:
            past.series.repeat(self._moment)
            if past.at_rest and self._looks.still(past):
                if level is before and past.told is not None:
                    return past.told
                return self._told(level, past, 0.0, past.outlook.told)
        speed = self._rate(past)
        found = past.outlook.after(level, past.series, host.at)
        if beneath is not None and (speed or (found is not None and found.trend is Trend.FILLING)):
            found = soonest(found, beneath.forecast)
        return self._told(level, past, speed, past.outlook.tell(found))

    def _bare(self, key: Clean, level: Level, beneath: Level | None) -> Level:
        """Return a level without numbers; one that has no size fares as what it lies on."""
        if beneath is None or level.limit is not None or level.always_full:
            return level
        known = self._looks.bare.get(key)
        fares = beneath.forecast, beneath.state
        if known is None or known[0] is not level or known[1] != fares:
            told = replace(level, forecast=beneath.forecast, state=beneath.state)
            known = self._looks.bare[key] = level, fares, told
        return known[2]

    def _beneath(self, level: Level) -> Level | None:
        """Return the level of the host that a level lies on, as it is told."""
        if level.on is None or level.on == level.id:
            return None
        known = self._own.get(level.on)
        if known is None:
            found = next((each for each in self._host.levels if each.id == level.on), None)
            known = self.own(found) if found is not None else None
        return known

    def _rate(self, past: Past) -> float | None:
        if past.told is not None and past.told.rate and self._host.at < past.rated + _RATED:
            return past.told.rate
        past.rated = self._host.at
        return rounded(rate(past.series))

    def _told(
        self, level: Level, past: Past, speed: float | None, forecast: Forecast | None
    ) -> Level:
        """Return a level with what follows from its past; the former where all is the same."""
        before, stood = past.told, past.standing
        told = before is not None and before.forecast is forecast
        if not told or stood.by_fill is not level.state or stood.clear_since is not None:
            if past.thresholds is None:
                past.thresholds = self._judge(level.kind, level.id)
            stood = standing(level, forecast, past.thresholds, stood, self._host.at)
            past.standing = stood
        if (
            before is None
            or not told
            or (before.rate, before.state) != (speed, stood.state)
            or not (level is past.found or _rest(before) == _rest(level))
        ):
            before = _told(level, speed, forecast, stood.state)
        past.told, past.found = before, level
        return before


def _same(levels: tuple[Level, ...], before: tuple[Level, ...]) -> tuple[Level, ...]:
    """Return ``before`` where it holds the very same."""
    same = len(levels) == len(before) and all(map(is_, levels, before))
    return before if same else levels


_NAMES = [field.name for field in fields(Level)]
_RATE, _FORECAST, _STATE = (_NAMES.index(name) for name in ("rate", "forecast", "state"))
_all: Callable[[Level], tuple[object, ...]] = attrgetter(*_NAMES)
_use = attrgetter("used", "inodes_used", "metadata_used")
_rest: Callable[[Level], tuple[object, ...]] = attrgetter(
    *(name for name in _NAMES if name not in {"rate", "forecast", "state"})
)
"""All of a level but what follows from its past."""


def _told(level: Level, speed: float | None, forecast: Forecast | None, state: State) -> Level:
    """Return the level with these; ``replace`` takes three times as long."""
    values = list(_all(level))
    values[_RATE], values[_FORECAST], values[_STATE] = speed, forecast, state
    return Level(*values)  # type: ignore[arg-type]  # fields in their order


def measured(level: Level) -> bool:
    """Whether this look found how much is used, and that can change."""
    return level.used is not None and not level.always_full


def sample(host: Host, level: Level) -> Sample:
    """Return what a look found used in a level of which ``measured`` holds."""
    return Sample(
        at=host.at,
        time=host.time,
        used=level.used or 0,
        inodes=level.inodes_used,
        chunks=(level.used or 0) // SECTOR if level.kind is Kind.DM_SNAPSHOT else None,
        boot=boot_id(host),
        metadata=level.metadata_used,
        total=level.limit.total if level.limit else level.total,
        inodes_total=level.inodes_total,
        metadata_total=level.metadata_total,
    )

"""Trends: the series of every level of the fleet, and the rates and forecasts that come from them.

Keeps one ``Chronicle`` a host, fed by each look and, once it is first seen, by what an earlier
console recorded, so that rates, forecasts and sparklines survive a restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf
from operator import attrgetter

from console.chronicle import KEPT
from console.clean import Clean
from console.history import Recorder
from console.looks import Looks, Past
from console.memo import same
from console.model import Forecast, Host, Level, Subhost, Trend
from console.outlook import soonest
from console.recounting import recounted
from console.renewed import all_but, renewing
from console.samples import measured, measures, sizes
from console.series import Series, rate, rounded
from console.states import Judge, standing

_RATED = 5.0
"""Seconds for which a rate is told: none only until something moves."""


def level_key(subhost: str, level: Clean) -> Clean:
    """Return the name of a level within its host: ``mem``, ``mta/tmpfs:/run``."""
    return Clean(f"{subhost}/{level}") if subhost else level


class Trends:
    """What the recent past of every level was."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._hosts: dict[Clean, Looks] = {}
        self.series: Mapping[tuple[Clean, Clean], Series] = _Every(self._hosts)

    @property
    def trouble(self) -> str | None:
        """What is wrong with the recorded history, in one line."""
        return self._recorder.trouble if self._recorder else None

    async def followed(self, host: Host, judge: Judge) -> Host:
        """Return the host with rate, forecast and state of every level; records this look.

        A level that did not change is the very object that was returned before, and may be given
        back as found again.
        """
        looks = self._hosts.get(host.name)
        if looks is None:
            looks = self._hosts[host.name] = await self._recalled(host.name, host.at)
        told = again(host, looks, judge)
        if self._recorder:
            self._recorder.record(host.name, looks.recorded(host))
        return told

    async def _recalled(self, name: Clean, now: float) -> Looks:
        recalled = await self._recorder.recent(name, KEPT) if self._recorder else {}
        return Looks.recalled(recalled, recounted(recalled), now)


class _Every(Mapping[tuple[Clean, Clean], Series]):
    """The series of every level, by host and key."""

    def __init__(self, hosts: Mapping[Clean, Looks]) -> None:
        self._hosts = hosts

    def __getitem__(self, key: tuple[Clean, Clean]) -> Series:
        looks = self._hosts[key[0]]
        return looks.series(looks.pasts[key[1]])

    def __iter__(self) -> Iterator[tuple[Clean, Clean]]:
        return ((name, key) for name, looks in self._hosts.items() for key in looks.pasts)

    def __len__(self) -> int:
        return sum(len(looks.pasts) for looks in self._hosts.values())


def again(host: Host, looks: Looks, judge: Judge) -> Host:
    """Return a host with rate, forecast and state of every level; ``looks`` are those before."""
    return _Look(host, looks, judge).followed()


class _Look:
    """One look at one host, followed up."""

    def __init__(self, host: Host, looks: Looks, judge: Judge) -> None:
        self._host = host
        self._looks = looks
        self._pasts = looks.pasts
        self._judge = judge
        self._before = looks.at
        self._comparable = looks.begin(host)
        self._quick = self._comparable and looks.enough
        """Whether what rests, rests on."""
        self._at = host.at
        self._moved = not self._comparable
        """Whether there may be other levels than before."""
        self._own: dict[Clean, Level] = {}
        """Those of the host's own levels that were followed, as they are told."""

    def followed(self) -> Host:
        """Return the host as it is told."""
        host, looks = self._host, self._looks
        looks.levels = same(self._all(host.levels), looks.levels)
        if host.subhosts:
            known = {each.name: each for each in looks.guests}
            guests = tuple([self._with_levels(each, known) for each in host.subhosts])
            self._moved |= len(guests) != len(looks.guests)
            looks.guests = same(guests, looks.guests)
        elif looks.guests:
            looks.guests, self._moved = (), True
        if self._moved:
            looks.newest = None
        if looks.boot is not None and (self._moved or looks.gone):
            self._part()
        return _with_all(host, looks.levels, looks.guests)

    def _all(self, levels: tuple[Level, ...]) -> tuple[Level, ...]:
        """Return the host's own levels as they are told."""
        looks, own, pasts = self._looks, self._own, self._pasts
        told, rests = [*looks.levels], looks.rests
        if len(told) != len(levels) or not self._quick:
            self._moved |= len(told) != len(levels)
            told, rests = [*levels], [False] * len(levels)
        # Of what rests nothing is touched but its place: all else has left the caches since.
        for place, level in enumerate(levels):
            if level is not told[place] or not rests[place]:
                told[place] = own.get(level.id) or self._told_own(level)
                past = pasts.get(level.id)
                rests[place] = level.always_full if past is None else past.rests
        looks.rests = rests
        return tuple(told)

    def _told_own(self, level: Level) -> Level:
        """Return a level of the host itself as it is told."""
        self._own[level.id] = level  # whatever lies on itself ends here
        told = self._own[level.id] = self._followed("", level)
        return told

    def _with_levels(self, subhost: Subhost, known: Mapping[Clean, Subhost]) -> Subhost:
        """Return the subhost with its levels as they are told; ``known`` are those before."""
        before = known.get(subhost.name)
        if before is None or len(before.levels) != len(subhost.levels):
            self._moved = True
        levels = tuple([self._followed(subhost.name, level) for level in subhost.levels])
        unmoved = same(levels, subhost.levels) is subhost.levels
        return subhost if unmoved else _with_levels(subhost, levels)

    def _part(self) -> None:
        """Take leave of levels that are not there any more, and of those gone for too long.

        For longer than any page shows, that is.
        """
        host, looks = self._host, self._looks
        there = {
            level_key(owner, level.id) for owner, level in host.owned_levels if measured(level)
        }
        looks.gone = 0
        for key in [key for key in looks.pasts if key not in there]:
            past = looks.pasts[key]
            if past.there:
                past.rests, past.left = False, self._before
                looks.chronicle.lapse(key)
            if past.left is not None and self._at - past.left > KEPT:
                looks.forget(key)
            else:
                looks.gone += 1

    def _followed(self, owner: str, level: Level) -> Level:
        key = level_key(owner, level.id)
        past = self._pasts.get(key)
        if past is not None and past.rests and past.told is level and self._quick:
            return level
        if not measured(level):
            self._moved |= past is not None and past.there
            return self._bare(key, level, self._beneath(level))
        if past is None:
            past = self._looks.past(key)
        if level is not past.told and level.forecast is None:  # else a namesake's was told
            past.filled = level.state
        beneath = self._beneath(level)
        under = self._pasts.get(beneath.id) if beneath is not None else None
        if beneath is not None and under is not None and _as_full(level, beneath, under):
            return self._sharing(level, past, beneath, under)
        if past.of is not past.key:
            self._looks.own(past)
        before = past.told if self._comparable and past.there else None
        self._moved |= before is None
        past.left, past.rests = None, False
        series = self._looks.series(past)
        moved = before is None or not (level is before or _use(level) == _use(before))
        if moved:
            past.since = self._at if len(series) else -inf
            if self._looks.boot is not None:
                self._looks.chronicle.put(key, measures(level))
        elif past.at_rest and self._looks.still(past):
            past.rests = True
            past.outlook.rest()
            return self._told(level, past, 0.0, past.outlook.told)
        speed = self._rate(past, series, moved=moved)
        found = past.outlook.after(level, series, self._at)
        if beneath is not None and (speed or (found is not None and found.trend is Trend.FILLING)):
            found = soonest(found, beneath.forecast)
        return self._told(level, past, speed, past.outlook.tell(found))

    def _sharing(self, level: Level, past: Past, beneath: Level, under: Past) -> Level:
        """Return a level that is as full as what it lies on, and so fares as that."""
        self._moved |= past.told is None or not past.there
        self._looks.share(past, under)
        past.left, past.rests = None, under.rests
        return self._told(level, past, beneath.rate, beneath.forecast)

    def _bare(self, key: Clean, level: Level, beneath: Level | None) -> Level:
        """Return a level without numbers; one that has no size fares as what it lies on."""
        known = self._looks.bare.get(key)
        found = level if known is None or known[2] is not level else known[0]
        if beneath is None or found.limit is not None or found.always_full:
            return found
        fares = beneath.forecast, beneath.state
        if known is None or known[0] is not found or known[1] != fares:
            told = replace(found, forecast=beneath.forecast, state=beneath.state)
            known = self._looks.bare[key] = found, fares, told
        return known[2]

    def _beneath(self, level: Level) -> Level | None:
        """Return the level of the host that a level lies on, as it is told."""
        if level.on is None or level.on == level.id:
            return None
        known = self._own.get(level.on)
        if known is None:
            found = next((each for each in self._host.levels if each.id == level.on), None)
            known = self._told_own(found) if found is not None else None
        return known

    def _rate(self, past: Past, series: Series, *, moved: bool) -> float | None:
        told = past.told.rate if past.told is not None else None
        if told is not None and (told or not moved) and self._at < past.rated + _RATED:
            return told
        past.rated = self._at
        return rounded(rate(series))

    def _told(
        self, level: Level, past: Past, speed: float | None, forecast: Forecast | None
    ) -> Level:
        """Return a level with what follows from its past; the former where all is the same."""
        before, stood = past.told, past.standing
        told = before is not None and before.forecast is forecast
        if not told or stood.by_fill is not past.filled or stood.clear_since is not None:
            if past.thresholds is None:
                past.thresholds = self._judge(level.kind, level.id)
            found = level if level.state is past.filled else replace(level, state=past.filled)
            stood = past.standing = standing(found, forecast, past.thresholds, stood, self._at)
        if self._looks.newest is not None and level is not before:
            self._looks.newest.put(past.place, level)
        if (
            before is None
            or not told
            or (before.rate, before.state) != (speed, stood.state)
            or not (level is before or _rest(before) == _rest(level))
        ):
            past.told = before = _with_past(level, speed, forecast, stood.state)
        return before


def _as_full(level: Level, beneath: Level, under: Past) -> bool:
    """Whether a level has the very numbers of what it lies on, as an overlay often has."""
    return (
        level.used == beneath.used
        and under.told is beneath
        and level.limit is not None
        and beneath.limit is not None
        and sizes(level) == sizes(beneath)
        and measures(level) == measures(beneath)
    )


_use = attrgetter("used", "inodes_used", "metadata_used")
_rest = all_but(Level, "rate", "forecast", "state")
"""All of a level but what follows from its past."""
_with_past = renewing(Level, "rate", "forecast", "state")
_with_all = renewing(Host, "levels", "subhosts")
_with_levels = renewing(Subhost, "levels")

"""Alarms: what changed for the worse or the better in the stores of hosts, from look to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.clean import Clean, clean
from console.events import Event, Subject, Word
from console.model import Host, Level, State, Subhost, Trend
from console.spans import span, until
from console.trends import level_key

_WORDS = {
    State.WATCH: Word.WATCH,
    State.ACT: Word.ACT,
    State.FULL: Word.FULL,
    State.LOST: Word.STORE_LOST,
}
_OVER = {State.FULL, State.LOST}
_Levels = Mapping[tuple[str, Clean], Level]


class Alarms:
    """Remembers since when each store is in its state."""

    def __init__(self) -> None:
        self._seen: dict[Clean, float] = {}
        """When each host was first seen since it booted."""
        self._since: dict[Subject, float] = {}

    def changes(self, before: Host | None, after: Host | None, time: float) -> Iterator[Event]:
        """Yield what is news of the stores of a host; ``time`` is the wall clock.

        Of a host that is new, or was booted anew, what is to be acted on.
        """
        if after is None or after is before:
            return
        if before is None or before.boot_id != after.boot_id:
            yield from self._found(after, time)
            return
        if _alike(before.levels, after.levels) and _all_alike(before.subhosts, after.subhosts):
            return
        was, now = _levels(before), _levels(after)
        for place, level in now.items():
            old = was.get(place)
            if old is None:
                self._since[after.name, level_key(*place)] = after.time
            elif _shown(old) != _shown(level):
                yield self._changed(after, level_key(*place), old, level, time)
        for place in was.keys() - now.keys():
            if was[place].state is not State.OK:
                yield self._gone(after.name, level_key(*place), time)

    def _found(self, host: Host, time: float) -> Iterator[Event]:
        self._seen[host.name] = host.time
        for subject in [subject for subject in self._since if subject[0] == host.name]:
            del self._since[subject]
        for (owner, id_), level in _levels(host).items():
            if level.state.severity >= State.ACT.severity:
                key = level_key(owner, id_)
                yield _event(host.name, key, level, f"{_what(level)}, as it was found", time)

    def _changed(self, host: Host, key: Clean, old: Level, level: Level, time: float) -> Event:
        subject = host.name, key
        since = self._since.get(subject, self._seen.get(host.name, host.time))
        after = f", after {span(host.time - since)} in {old.state}"
        if old.state is not level.state:
            self._since[subject] = host.time
        if level.state.severity >= old.state.severity:
            return _event(host.name, key, level, f"{_what(level)}{after}", time)
        text = clean(f"{key}: {level.state}{after}: {_what(level)}")
        return Event(time, host.name, Word.EASED, text, item=key, forecast=level.forecast)

    def _gone(self, host: Clean, key: Clean, time: float) -> Event:
        self._since.pop((host, key), None)
        return Event(time, host, Word.EASED, clean(f"{key}: no longer there"), item=key)


def _event(host: Clean, key: Clean, level: Level, text: str, time: float) -> Event:
    word = _WORDS[level.state]
    return Event(time, host, word, clean(f"{key}: {text}"), item=key, forecast=level.forecast)


def _what(level: Level) -> str:
    """Return how a store is, in a few words."""
    fill = level.worst_fill
    if level.state in _OVER:
        return ", ".join(level.notes) or level.on_full
    parts = [] if fill is None else [f"{int(100 * fill)}% used"]
    forecast = level.forecast
    if forecast is not None and forecast.trend is Trend.FILLING:
        parts.append(f"full in {until(forecast)}")
    return ", ".join(parts) or level.on_full


def _all_alike(before: tuple[Subhost, ...], after: tuple[Subhost, ...]) -> bool:
    return before is after or (
        len(before) == len(after)
        and all(
            old is new or (old.name == new.name and _alike(old.levels, new.levels))
            for old, new in zip(before, after, strict=True)
        )
    )


def _alike(before: tuple[Level, ...], after: tuple[Level, ...]) -> bool:
    """Whether it is plain that nothing is news: the same stores in the same states."""
    return before is after or (
        len(before) == len(after)
        and all(
            old.state is new.state and old.id == new.id and old.notes == new.notes
            for old, new in zip(before, after, strict=True)
            if old is not new
        )
    )


def _levels(host: Host) -> _Levels:
    return {(owner, level.id): level for owner, level in host.owned_levels}


def _shown(level: Level) -> tuple[State, tuple[Clean, ...]]:
    """Return what of a store is news; of one that is well no note is."""
    return level.state, level.notes if level.state in _OVER else ()

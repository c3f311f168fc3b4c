"""Alerts: which of what happened is worth waking somebody, each once; and each as JSON.

The same for the hook command, the bell and the terminal's own notification.
"""

from __future__ import annotations

from collections.abc import Mapping

from console.clean import Clean
from console.contract import Json, iso
from console.events import GRAVITY, Event, Key, Word
from console.model import Forecast, State

_ENDS = {Word.EASED, Word.RETURNED}
"""Words that end something; told where that was told."""


class Alerts:
    """Tells which events are alerts that were not told yet."""

    def __init__(self, least: State) -> None:
        self._least = least
        self._told: Mapping[Key, int] = {}
        """Hosts of every event that there was."""
        self._alarmed: set[Clean] = set()
        """Hosts of which an alert was told."""
        self._waiting: dict[Key, Event] = {}

    def take(self, events: tuple[Event, ...]) -> bool:
        """Take all events there are; whether there is something to be told.

        One that grew is told again only where it happened to further hosts; one that became part
        of another is not told by itself any more.
        """
        fresh = [each for each in events if len(each.hosts) > self._told.get(each.key, 0)]
        self._told = {each.key: len(each.hosts) for each in events}
        self._waiting |= {each.key: each for each in fresh if self._alarming(each)}
        for key in [key for key in self._waiting if key not in self._told]:
            del self._waiting[key]
        return bool(self._waiting)

    def told(self) -> tuple[Event, ...]:
        """Return what waits to be told, the newest last; from now on it is told."""
        waiting, self._waiting = self._waiting, {}
        return tuple(waiting.values())

    def _alarming(self, event: Event) -> bool:
        if event.word in _ENDS:
            return not self._alarmed.isdisjoint(event.hosts)
        if event.acknowledged or GRAVITY[event.word].severity < self._least.severity:
            return False
        self._alarmed.update(event.hosts)
        return True


def event_json(event: Event) -> Json:
    """Return one event as ``subdeck`` gives it to the hook command."""
    subhost, level = parted(event.item)
    return {
        "version": 1,
        "time": iso(event.time),
        "since": iso(event.since),
        "word": event.word.value,
        "gravity": GRAVITY[event.word].value,
        "host": event.host,
        "hosts": list(event.hosts),
        "subhost": subhost or None,
        "level": level or None,
        "text": event.text,
        "count": event.count,
        "acknowledged": event.acknowledged,
        **_forecast(event.forecast),
    }


def parted(item: str) -> tuple[str, str]:
    """Return subhost and level of ``mta/tmpfs:/run``; of ``tmpfs:/run`` no subhost."""
    first, slash, rest = item.partition("/")
    return (first, rest) if slash and ":" not in first else ("", item)


def _forecast(forecast: Forecast | None) -> Json:
    if forecast is None:
        return dict.fromkeys(("seconds_to_full", "band", "confidence"))
    return {
        "seconds_to_full": forecast.seconds,
        "band": list(forecast.band) if forecast.band else None,
        "confidence": forecast.confidence.value if forecast.confidence else None,
    }

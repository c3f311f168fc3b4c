"""Which events are alerts, and what a hook command reads of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from console.alerts import Alerts, event_json, parted
from console.clean import Clean
from console.events import GRAVITY, Event, Events, Word
from console.model import Confidence, Forecast, State, Trend

WEB, STORE = Clean("web1"), Clean("tmpfs:/run")


def event(word: Word, item: Clean = STORE, host: Clean = WEB, time: float = 5.0) -> Event:
    return Event(time, host, word, Clean("why"), since=time, item=item)


def told(alerts: Alerts, *events: Event) -> list[str]:
    alerts.take(events)
    return [each.word.value for each in alerts.told()]


def test_what_is_grave_enough_is_told_once() -> None:
    alerts = Alerts(State.ACT)
    watch, act = event(Word.WATCH), event(Word.ACT)
    assert told(alerts, watch) == []
    assert told(alerts, watch, act) == ["act"]
    assert told(alerts, watch, replace(act, count=3)) == []
    assert told(Alerts(State.WATCH), watch) == ["watch"]
    assert told(Alerts(State.FULL), act, event(Word.FULL)) == ["full"]


def test_the_end_of_what_was_told_is_told_and_no_other() -> None:
    alerts, act, eased = Alerts(State.ACT), event(Word.ACT), event(Word.EASED)
    assert told(alerts, event(Word.EASED, host=Clean("web2"))) == []
    assert told(alerts, act) == ["act"]
    assert told(alerts, act, eased) == ["eased"]


def test_one_that_many_hosts_share_is_told_again_for_further_hosts() -> None:
    events, alerts, calls = Events(), Alerts(State.ACT), list[int]()
    for number in range(1000):
        lost = event(Word.LOST, Clean(""), Clean(f"web{number}"), number / 1000)
        events.add(lost)
        assert alerts.take(events.told)
        if number % 100 == 99:
            calls += [len(each.hosts) for each in alerts.told()]
    assert calls == [100 * (n + 1) for n in range(10)]
    assert alerts.told() == ()


def test_what_is_acknowledged_is_no_alert_until_it_is_worse() -> None:
    events, alerts = Events(), Alerts(State.WATCH)
    events.add(event(Word.ACT))
    assert told(alerts, *events.told) == ["act"]
    events.acknowledge({each.key for each in events.told})
    events.add(event(Word.ACT, time=2000.0))
    assert told(alerts, *events.told) == []
    events.add(event(Word.FULL, time=2001.0))
    assert told(alerts, *events.told) == ["full"]


@pytest.mark.parametrize(
    ("item", "parts"),
    [
        ("mta/tmpfs:/run", ("mta", "tmpfs:/run")),
        ("tmpfs:/run", ("", "tmpfs:/run")),
        ("dm:live-rw", ("", "dm:live-rw")),
        ("mem", ("", "mem")),
        ("", ("", "")),
    ],
)
def test_a_store_of_a_subhost_is_told_apart(item: str, parts: tuple[str, str]) -> None:
    assert parted(item) == parts


def test_every_event_has_a_document() -> None:
    filling = Forecast(Trend.FILLING, None, 720.0, (480.0, 1260.0), Confidence.HIGH)
    act = replace(event(Word.ACT, Clean("mta/tmpfs:/run")), forecast=filling)
    assert json.loads(json.dumps(event_json(act))) == {
        "version": 1,
        "time": "1970-01-01T00:00:05Z",
        "since": "1970-01-01T00:00:05Z",
        "word": "act",
        "gravity": "act",
        "host": "web1",
        "hosts": ["web1"],
        "subhost": "mta",
        "level": "tmpfs:/run",
        "text": "why",
        "count": 1,
        "acknowledged": False,
        "seconds_to_full": 720.0,
        "band": [480.0, 1260.0],
        "confidence": "high",
    }
    assert set(GRAVITY) == set(Word)
    for word in Word:
        bare = event_json(event(word, Clean("")))
        assert (bare["level"], bare["subhost"], bare["band"]) == (None, None, None)

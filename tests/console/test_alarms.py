"""What is told of stores from look to look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.alarms import Alarms
from console.clean import Clean
from console.events import Event, Word
from console.model import (
    Boot,
    Confidence,
    Forecast,
    Host,
    Level,
    Running,
    State,
    Style,
    Subhost,
    Trend,
)
from tests.console.hosts import BASE, FILL, facts, host

SEEN = host(facts(BASE, FILL))
LEVEL = next(level for level in SEEN.levels if level.limit and not level.always_full)
GUEST = Clean("mta")
SOON = Forecast(Trend.FILLING, None, 720.0, (480.0, 1260.0), Confidence.HIGH)


def at(seconds: float, state: State, *, boot: str = "one", **more: object) -> Host:
    """Return the host with that one level, so many seconds on."""
    booted = Boot(Style.DISK, Clean("6.1"), None, None, None, Clean(boot), None)
    level: Level = replace(LEVEL, state=state, **more)  # type: ignore[arg-type]
    return replace(SEEN, boot=booted, levels=(level,), subhosts=(), time=1000.0 + seconds)


def told(*hosts: Host) -> list[Event]:
    """Return all that is told of looks one after the other."""
    alarms, before, found = Alarms(), None, list[Event]()
    for after in hosts:
        found += alarms.changes(before, after, after.time)
        before = after
    return found


def words(*hosts: Host) -> list[tuple[str, str]]:
    return [(event.word, event.text.removeprefix(f"{LEVEL.id}: ")) for event in told(*hosts)]


def test_each_change_tells_for_how_long_it_was_as_before_and_when_it_will_be_full() -> None:
    ok, watch = at(0, State.OK), at(600, State.WATCH, forecast=SOON)
    events = told(ok, watch, at(602, State.WATCH), at(900, State.ACT), at(1000, State.FULL))
    assert [event.word for event in events] == [Word.WATCH, Word.ACT, Word.FULL]
    assert events[0].text.endswith("full in 12 min (8-21) high, after 10 min in ok")
    assert events[0].forecast is SOON
    assert {event.item for event in events} == {LEVEL.id}
    assert events[1].text.endswith(", after 5 min in watch")
    assert events[2].text == f"{LEVEL.id}: {LEVEL.on_full}, after 2 min in act"


def test_what_gets_better_has_eased() -> None:
    (event,) = told(at(0, State.OK), at(10, State.ACT), at(70, State.OK))[1:]
    assert event.word is Word.EASED
    assert event.text.startswith(f"{LEVEL.id}: ok, after 60 s in act: ")


def test_a_store_that_fails_says_how_and_a_further_failure_is_news() -> None:
    notes = [(Clean(f"store is {fault}"),) for fault in ("Overflow", "Invalid")]
    lost = [at(5 + n, State.LOST, notes=notes[n]) for n in range(2)]
    assert words(at(0, State.ACT), *lost, lost[1])[1:] == [
        ("store-lost", "store is Overflow, after 5 s in act"),
        ("store-lost", "store is Invalid, after 1 s in lost"),
    ]


def test_notes_of_a_store_that_is_well_are_no_news() -> None:
    assert words(at(0, State.OK), at(2, State.OK, notes=(Clean("metadata needs checking"),))) == []


@pytest.mark.parametrize(
    ("state", "expected"),
    [(State.OK, []), (State.WATCH, []), (State.ACT, [Word.ACT]), (State.FULL, [Word.FULL])],
)
def test_of_a_new_host_what_is_to_be_acted_on_is_told(state: State, expected: list[Word]) -> None:
    events = told(at(0, state))
    assert [event.word for event in events] == expected
    assert all("as it was found" in event.text for event in events)


def test_a_host_that_was_booted_anew_begins_anew() -> None:
    events = told(at(0, State.ACT), at(99, State.OK, boot="two"), at(199, State.WATCH, boot="two"))
    assert [event.word for event in events] == [Word.ACT, Word.WATCH]
    assert events[1].text.endswith("after 2 min in ok")


def test_a_store_that_is_gone_eases_and_one_that_comes_is_followed() -> None:
    bare = replace(at(10, State.OK), levels=())
    assert words(at(0, State.ACT), bare)[1:] == [("eased", "no longer there")]
    assert words(at(0, State.OK), bare) == []
    assert words(bare, at(20, State.OK), at(50, State.WATCH))[0][1].endswith("after 30 s in ok")


def test_a_store_of_a_subhost_is_named_with_it() -> None:
    def inside(state: State) -> Host:
        levels = (replace(LEVEL, state=state),)
        guest = Subhost(GUEST, None, Running.RUNNING, 9, None, None, levels, (), (), None)
        return replace(at(0, State.OK), levels=(), subhosts=(guest,))

    (event,) = told(inside(State.OK), inside(State.ACT))
    assert event.item == f"{GUEST}/{LEVEL.id}"


def test_a_host_that_is_not_looked_at_says_nothing() -> None:
    same = at(0, State.ACT)
    assert told(same, same)[1:] == []
    assert [*Alarms().changes(same, None, 0.0)] == []

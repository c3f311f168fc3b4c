"""What is told of what happened: each thing once, however often and to however many."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.contact import Contact, answering, failing
from console.errors import Denied, Problem, Unreachable, UntrustedKey
from console.events import Event, Events, Word, happened
from console.model import Boot, Style
from tests.console.hosts import BASE, FILL, facts, host

WEB, DNS = Clean("web"), Clean("dns")
NEW = Contact(WEB, 2.0)
UP = answering(NEW, host(facts(BASE, FILL)), None)
GONE = Unreachable("no route", problem=Problem.LOST)
SHUT = Denied("Permission denied", problem=Problem.AUTH)


def key(problem: Problem) -> UntrustedKey:
    return UntrustedKey("another", "", problem, fingerprint="SHA256:x", line="l", file="f")


def down(before: Contact, error: Exception = GONE) -> Contact:
    return failing(before, error, None)


def words(before: Contact, after: Contact) -> list[tuple[str, str]]:
    return [(event.word, event.text) for event in happened(before, after, 7.0)]


def told(*happenings: tuple[float, Word, Clean]) -> list[tuple[str, str, int]]:
    """Return host, word and count of all events after this happened, times in seconds."""
    events = Events()
    for time, word, name in happenings:
        events.add(Event(time, name, word, Clean("why")))
    return [(each.host, each.word, each.count) for each in events.told]


# Deeds


def deeds(*texts: str, hosts: int = 1) -> list[tuple[str, int, int]]:
    """Return text, count and further hosts of what is told after these deeds at once."""
    events = Events()
    for text in texts:
        for number in range(hosts):
            events.add(Event(7.0, Clean(f"web{number}"), Word.BEGAN, Clean(text)))
    return [(each.text, each.count, len(each.others)) for each in events.told]


def test_every_deed_is_told_by_itself() -> None:
    assert deeds("start mta", "start dns", "start mta") == [
        ("start mta", 1, 0),
        ("start dns", 1, 0),
        ("start mta", 1, 0),
    ]


def test_the_same_deed_on_many_hosts_at_once_is_one_event() -> None:
    assert deeds("start mta", "stop mta", hosts=40) == [
        ("start mta", 40, 39),
        ("stop mta", 40, 39),
    ]


# What is news


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (UP, down(UP), [("lost", "no route")]),
        (UP, down(UP, SHUT), [("denied", "Permission denied")]),
        (UP, down(UP, key(Problem.CHANGED_KEY)), [("key-changed", "another")]),
        (UP, down(UP, key(Problem.REVOKED_KEY)), [("key-changed", "another")]),
        (NEW, down(NEW, key(Problem.UNKNOWN_KEY)), [("unknown-key", "another")]),
        (NEW, down(NEW, SHUT), [("denied", "Permission denied")]),
        (NEW, down(NEW, key(Problem.CHANGED_KEY)), [("key-changed", "another")]),
        (NEW, down(NEW), []),
        (NEW, UP, []),
        (UP, UP, []),
        (down(UP), down(UP, Unreachable("another reason")), []),
        (down(UP, SHUT), down(UP), []),
        (down(UP, SHUT), down(UP, Denied("no", problem=Problem.AUTH)), []),
        (down(NEW), UP, [("returned", "answers now")]),
        (down(NEW, key(Problem.UNKNOWN_KEY)), UP, []),
    ],
)
def test_what_is_news(before: Contact, after: Contact, expected: list[tuple[str, str]]) -> None:
    assert words(before, after) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(8.0, "8 s"), (90.0, "90 s"), (3 * 3600.0, "3 h"), (80 * 3600.0, "3.3 d"), (-5.0, "0 s")],
)
def test_a_host_that_returns_was_away_so_long(seconds: float, expected: str) -> None:
    assert UP.host is not None
    later = replace(UP.host, at=UP.host.at + seconds)
    found = words(down(UP), answering(down(UP), later, None))
    assert found == [("returned", f"answers again after {expected}")]


def test_a_reboot_tells_how_long_ago_and_which_kernel() -> None:
    def booted(kernel: str, uptime: float | None) -> Contact:
        boot = Boot(Style.DISK, Clean(kernel), None, None, uptime, Clean("id"), None)
        assert UP.host is not None
        return answering(UP, replace(UP.host, boot=boot), 5.0)

    before = replace(booted("6.1", 1e6), rebooted_at=None)
    assert words(before, booted("6.1", 42.0)) == [("rebooted", "up for 42 s")]
    assert words(before, booted("6.2\x1b[2J", None)) == [
        ("rebooted", "another boot, kernel 6.2␛[2J instead of 6.1")
    ]


# How it is told


def test_the_newest_is_last_and_nothing_new_is_the_same_object() -> None:
    events = Events()
    assert list(events.told) == []
    events.add(Event(1.0, WEB, Word.DENIED, Clean("a")))
    events.add(Event(2.0, DNS, Word.REBOOTED, Clean("b")))
    first = events.told
    assert [(each.time, each.since, each.host, each.text) for each in first] == [
        (1.0, 1.0, WEB, "a"),
        (2.0, 2.0, DNS, "b"),
    ]
    assert events.told is first


def test_the_same_soon_again_grows_and_much_later_is_another() -> None:
    again = [(float(at), Word.REBOOTED, WEB) for at in (0, 60, 120, 1000)]
    assert told(*again) == [("web", "rebooted", 3), ("web", "rebooted", 1)]


def test_one_loss_and_one_return_are_two_events() -> None:
    assert told((0.0, Word.LOST, WEB), (9.0, Word.RETURNED, WEB)) == [
        ("web", "lost", 1),
        ("web", "returned", 1),
    ]


def test_a_host_that_flaps_is_one_growing_event() -> None:
    flapping = [(30.0 * n, word, WEB) for n, word in enumerate([Word.LOST, Word.RETURNED] * 200)]
    others = [(100.0, Word.DENIED, DNS)]
    happenings = sorted([*flapping, *others])
    assert told(*happenings) == [("dns", "denied", 1), ("web", "flapping", 200)]


def test_flapping_tells_how_it_stands_now() -> None:
    events = Events()
    for time, word, text in [
        (0.0, Word.LOST, "no route"),
        (5.0, Word.RETURNED, "answers again"),
        (9.0, Word.LOST, "refused"),
    ]:
        events.add(Event(time, WEB, word, Clean(text)))
    (event,) = events.told
    assert (event.word, event.text, event.count) == (Word.FLAPPING, "refused", 2)
    assert (event.since, event.time) == (0.0, 9.0)


def test_a_loss_long_after_the_flapping_is_a_loss() -> None:
    happenings = [(float(at), Word.LOST, WEB) for at in (0, 10, 5000)]
    assert told(*happenings) == [("web", "flapping", 2), ("web", "lost", 1)]


def test_many_hosts_with_the_same_fate_are_one_event() -> None:
    events = Events()
    hosts = [Clean(f"web{n:02}") for n in range(80)]
    for n, name in enumerate(hosts):
        events.add(Event(n / 10, name, Word.LOST, Clean("jump host gone")))
    (event,) = events.told
    assert ((event.host, *event.others), event.count) == (tuple(hosts), 80)
    assert (event.since, event.time, event.text) == (0.0, 7.9, "jump host gone")


def test_some_hosts_with_the_same_fate_are_told_one_by_one() -> None:
    four = [(float(n), Word.LOST, Clean(f"web{n}")) for n in range(4)]
    assert told(*four) == [(f"web{n}", "lost", 1) for n in range(4)]
    slow = [(10.0 * n, Word.LOST, Clean(f"web{n}")) for n in range(9)]
    assert len(told(*slow)) == 9


def test_one_of_many_that_is_lost_again_flaps_alone() -> None:
    many = [(n / 10, Word.LOST, Clean(f"web{n}")) for n in range(9)]
    again = [(60.0, Word.RETURNED, Clean("web3")), (70.0, Word.LOST, Clean("web3"))]
    assert told(*many, *again) == [("web0", "lost", 9), ("web3", "flapping", 2)]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 400), st.sampled_from(Word), st.sampled_from([f"h{n}" for n in range(12)])
        ),
        max_size=120,
    ),
    st.integers(1, 20),
)
def test_whatever_happens_the_newest_is_kept_and_the_number_bounded(
    happenings: list[tuple[float, Word, str]], most: int
) -> None:
    events, now = Events(most), 0.0
    for wait, word, name in happenings:
        now += wait
        events.add(Event(now, Clean(name), word, Clean("why")))
        assert len(events.told) <= most
        newest = events.told[-1]
        assert newest.time == now
        assert name in {newest.host, *newest.others}
        assert [each.time for each in events.told] == sorted(each.time for each in events.told)
        assert all(each.since <= each.time for each in events.told)
        assert all(each.count > len(each.others) for each in events.told)


# Acknowledged


def test_what_is_known_stays_known_until_it_is_worse_or_was_well_for_a_while() -> None:
    events, store = Events(), Clean("tmpfs:/run")

    def tell(time: float, word: Word, item: Clean = store) -> bool:
        events.add(Event(time, WEB, word, Clean("why"), item=item))
        return events.told[-1].acknowledged

    assert not tell(0.0, Word.ACT)
    events.acknowledge({events.told[-1].key})
    assert events.told[-1].acknowledged
    assert not tell(100.0, Word.EASED)
    assert tell(200.0, Word.ACT), "it comes and goes: the same"
    assert not tell(300.0, Word.ACT, Clean("tmpfs:/tmp")), "another store"
    assert not tell(400.0, Word.FULL), "worse"
    assert tell(5000.0, Word.ACT)
    tell(5100.0, Word.EASED)
    assert not tell(6000.0, Word.ACT), "it was well for a quarter of an hour"


def test_two_stores_of_a_host_are_two_events() -> None:
    events = Events()
    for item in ("tmpfs:/run", "tmpfs:/tmp", "tmpfs:/run"):
        events.add(Event(1.0, WEB, Word.ACT, Clean("why"), item=Clean(item)))
    assert [(each.item, each.count) for each in events.told] == [
        ("tmpfs:/tmp", 1),
        ("tmpfs:/run", 2),
    ]


def test_a_thousand_hosts_that_fill_at_once_are_one_event() -> None:
    events = Events()
    for number in range(1000):
        name = Clean(f"web{number}")
        events.add(Event(number / 500, name, Word.ACT, Clean("why"), item=Clean("mem")))
    (event,) = events.told
    assert len(event.hosts) == event.count == 1000

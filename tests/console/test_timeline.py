"""A record at each of its moments: who was known how, and the series that led there."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.contact import Contact
from console.events import Event, Word
from console.record import Entry, Recorded
from console.series import Sample
from console.timeline import samples, timeline
from tests.console.test_record import host, level

A, B = Clean("a"), Clean("b")


def entry(name: Clean, at: float, used: int = 0) -> Entry[Contact]:
    seen = replace(host(name, 0), levels=(level(0, used),), at=at, time=100 + at)
    return Entry(at, 100 + at, Contact(name, 2.0, seen))


TOLD = (Event(1.0, A, Word.LOST, Clean("why")),)
RECORDED = Recorded(
    (
        (entry(A, 0.0, 5), entry(A, 2.0, 7), entry(A, 4.0, 9)),
        (entry(B, 0.4), entry(B, 2.4), Entry(4.4, 104.4, Contact(B, 2.0, trouble=Clean("gone")))),
    ),
    events=(Entry(3.0, 103.0, TOLD),),
)
KEY = (A, Clean("tmpfs:/srv/0"))


def test_hosts_that_were_seen_together_share_a_moment() -> None:
    told = timeline(RECORDED, {})
    assert [moment.at for moment in told.moments] == [0.4, 2.4, 4.4]
    assert [told.number(time) for time in (0, 100.4, 102.3, 102.4, 999)] == [0, 0, 0, 1, 2]
    assert told.beyond(100.4, 1) == 1
    assert told.beyond(102.4, -1) == 0
    assert told.beyond(104.4, 1) is told.beyond(100.4, -1) is None


def test_a_moment_shows_what_was_known_then() -> None:
    told = timeline(RECORDED, {})
    first, second, third = map(told.view, range(3))
    assert [contact.host and contact.host.levels[0].used for contact in second.contacts] == [7, 0]
    assert third.contacts[1].trouble == "gone"
    assert (first.events, third.events) == ((), TOLD)
    late = timeline(replace(RECORDED, contacts=(RECORDED.contacts[0], (entry(B, 4.0),))), {})
    assert late.view(0).contacts[1] == Contact(B, 2.0)


def test_series_end_at_the_moment_whichever_way_it_was_come_to() -> None:
    told = timeline(RECORDED, samples(RECORDED, {}))
    for number, used in ((2, [5, 7, 9]), (0, [5]), (1, [5, 7]), (2, [5, 7, 9])):
        series = told.view(number).series[KEY]
        assert list(series.tail(900)[1]) == used
    assert told.view(0).series.get((A, Clean("none"))) is None


def test_what_is_remembered_goes_on_with_what_was_seen_since() -> None:
    before = Sample(-5.0, 95.0, 1, clock="another boot")
    remembered = {A: {KEY[1]: (before, Sample(0.0, 100.0, 5), Sample(2.0004, 102.0, 7))}}
    found = samples(RECORDED, remembered)[KEY]
    assert [(each.at, each.used) for each in found] == [(-5.0, 1), (0.0, 5), (2.0004, 7), (4.0, 9)]
    assert not any(each.clock for each in found)

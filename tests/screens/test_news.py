"""What is told of what happened: each thing once, and many at once as one."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.events import Event, Word
from screens.news import News
from screens.page import Tone

LOST = Event(10.0, Clean("web1"), Word.LOST, Clean("no answer"), since=10.0)


def hosts(count: int, word: Word = Word.LOST) -> tuple[Event, ...]:
    return tuple(
        Event(10.0 + n, Clean(f"web{n}"), word, Clean("why"), since=10.0 + n) for n in range(count)
    )


def begun() -> News:
    """Return news that begin where nothing has happened yet."""
    news = News()
    news.take(())
    return news


def told(news: News, *events: Event) -> list[str]:
    news.take(events)
    return [message.text for message in news.messages()]


def test_one_host_is_told_with_the_reason() -> None:
    news = begun()
    assert news.take((LOST,))
    assert [*news.messages()] == [("web1 lost: no answer", Tone.BAD)]
    assert not news.take((LOST,))
    assert news.messages() == []


def test_sixty_lost_at_once_are_one_message_with_a_count() -> None:
    assert told(begun(), *hosts(60)) == ["60 hosts lost: web0, web1, web2 and 57 more"]
    crowd = replace(LOST, others=tuple(Clean(f"db{n}") for n in range(59)), count=60)
    assert told(begun(), crowd) == ["60 hosts lost: web1, db0, db1 and 57 more"]
    assert told(begun(), *hosts(2)) == ["2 hosts lost: web0, web1"]


def test_of_an_event_that_grew_only_the_new_hosts_are_told() -> None:
    news = begun()
    assert told(news, LOST) == ["web1 lost: no answer"]
    grown = replace(LOST, time=12.0, others=(Clean("db1"), Clean("db2")), count=3)
    assert told(news, grown) == ["2 hosts lost: db1, db2"]
    again = replace(grown, time=13.0, count=9)
    assert told(news, again) == []


def test_each_thing_that_happens_is_a_message_of_its_own() -> None:
    events = (*hosts(2), *hosts(1, Word.KEY_CHANGED), *hosts(3, Word.RETURNED))
    assert told(begun(), *events) == [
        "2 hosts lost: web0, web1",
        "web0 KEY CHANGED: why",
        "3 hosts returned: web0, web1, web2",
    ]


def test_what_fell_out_of_the_list_is_not_told_again() -> None:
    news, events = begun(), hosts(500)
    told(news, *events)
    newer = Event(900.0, Clean("db"), Word.REBOOTED, Clean("up for 3 s"), since=900.0)
    assert told(news, *events[1:], newer) == ["db rebooted: up for 3 s"]


def test_what_happened_before_is_no_news() -> None:
    news = News()
    assert not news.take((LOST,))
    assert told(news, LOST, *hosts(1, Word.RETURNED)) == ["web0 returned: why"]

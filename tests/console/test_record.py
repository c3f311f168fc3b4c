"""The last minutes as they were published: thinned with age, bounded in bytes."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from random import Random

from console.clean import Clean
from console.contact import Contact, answering
from console.events import Event, Word
from console.model import Host, Kind, Level, Limit, State
from console.record import Record, difference

EVERY = 2.0
MIB = 1 << 20


def level(number: int, used: int = 0) -> Level:
    return Level(
        id=Clean(f"tmpfs:/srv/{number}"),
        kind=Kind.TMPFS,
        mount=Clean("/srv"),
        device=None,
        backs=(),
        used=used,
        total=10**10,
        inodes_used=1,
        inodes_total=10**6,
        limit=Limit(10**10, Clean("own size")),
        state=State.OK,
        on_full="writes fail",
    )


def host(name: str, levels: int = 10) -> Host:
    every = tuple(map(level, range(levels)))
    return Host(Clean(name), None, None, every, (), (), (), (), (), 0.0, 0.0)


def watched(record: Record, hosts: int, looks: int, changes: int = 3) -> None:
    """Record looks at some hosts; in each some levels are others."""
    chance = Random(7)  # noqa: S311  guards nothing
    seen = {name: host(name) for name in (f"h{number}" for number in range(hosts))}
    contacts = {name: Contact(Clean(name), EVERY) for name in seen}
    for look in range(looks):
        at = look * EVERY
        for name, was in seen.items():
            levels = list(was.levels)
            for place in chance.sample(range(len(levels)), changes):
                levels[place] = replace(levels[place], used=chance.randrange(10**9))
            seen[name] = replace(was, levels=tuple(levels), at=at, time=at)
            contacts[name] = answering(contacts[name], seen[name], None)
            record.add(contacts[name], at, 1e9 + at)


def test_the_newest_are_all_kept_and_older_ones_one_in_ten_seconds() -> None:
    record = Record()
    watched(record, hosts=1, looks=640)
    (track,) = record.kept.contacts
    times = [entry.at for entry in track]
    end = 639 * EVERY
    assert times == sorted(times)
    assert times[-1] == end
    fresh = [at for at in times if at > end - 120]
    assert fresh == [end - 118 + EVERY * number for number in range(60)]
    old = [at for at in times if at < 620 * EVERY - 250]
    assert {at // 10 for at in old} == set(range(int(old[0] // 10), int(old[-1] // 10) + 1))
    assert len(old) == len({at // 10 for at in old})
    assert 880 < end - times[0] < 900 + 64 * EVERY
    assert all(entry.what.host and entry.what.host.at == entry.at for entry in track)


def test_how_a_host_was_before_the_oldest_moment_is_not_forgotten() -> None:
    record = Record(seconds=100.0)
    lost = Contact(Clean("lost"), EVERY)
    record.add(lost, 0.0, 0.0)
    for number in range(200):
        record.add(replace(lost, retry_at=float(number)), 1000.0 + number, 0.0)
    (track,) = record.kept.contacts
    assert track[0].at <= 1199.0 - 64


def test_it_takes_no_more_memory_than_it_may() -> None:
    gc.collect()
    tracemalloc.start()
    try:
        record = Record(size=MIB)
        watched(record, hosts=5, looks=450, changes=8)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert record.size <= MIB
    assert taken <= 1.1 * MIB
    assert all(len(track) > 8 for track in record.kept.contacts)


def test_what_is_shared_costs_nothing() -> None:
    one = host("a")
    same = replace(one, at=1.0)
    other = replace(same, levels=(*one.levels[:-1], level(9, used=1)))
    assert difference(one, one) == 0
    assert difference(one, same) < difference(one, other) < difference(None, other) / 4


def test_events_are_kept_where_they_changed() -> None:
    record = Record()
    first = (Event(1.0, Clean("a"), Word.LOST, Clean("why")),)
    record.told((), ())
    for _ in range(3):
        record.told(first, ())
    record.told((), ())
    assert [entry.what for entry in record.kept.events] == [first, ()]
    assert record.kept.jobs == ()

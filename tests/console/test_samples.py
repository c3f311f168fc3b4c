"""The newest look at a host, put down again and again."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.model import Kind, Level, State
from console.samples import Newest
from tests.console.hosts import facts, host

MEM = Level(Clean("mem"), Kind.MEMORY, None, None, (), 3, 9, None, None, None, State.OK, "")
RUN = replace(MEM, id=Clean("tmpfs:/run"), kind=Kind.TMPFS, used=4, total=8)
HOST = host(facts("", {}))


def test_a_look_that_waits_stays_as_it_was() -> None:
    newest = Newest({each.id: each for each in (MEM, RUN)})
    first = newest.look(HOST)
    newest.put(1, replace(RUN, used=5))
    second = newest.look(HOST)
    newest.put(0, replace(MEM, total=10))
    newest.put(1, replace(RUN, used=6))
    third = newest.look(HOST)
    looks = (first, second, third)
    assert [look.samples[RUN.id].used for look in looks] == [4, 5, 6]
    assert [look.room.each[MEM.id][0] for look in looks] == [9, 9, 10]


def test_a_size_that_nobody_would_notice_as_another_is_not_put_down_anew() -> None:
    great = replace(MEM, total=1000)
    newest = Newest({MEM.id: great})
    first = newest.look(HOST)
    newest.put(0, replace(great, total=1019))
    second = newest.look(HOST)
    newest.put(0, replace(great, total=1021))
    third = newest.look(HOST)
    assert second.sizes is first.sizes
    assert [look.room.each[MEM.id][0] for look in (first, second, third)] == [1000, 1000, 1021]

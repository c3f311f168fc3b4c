"""What is kept between two moments."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from console.fleet import FleetView
from console.model import Forecast, Host, Trend
from screens.pages import desk as module
from screens.pages.desk import Desk, Kept


@pytest.fixture
def host(seen: FleetView) -> Host:
    (contact,) = seen.contacts
    assert contact.host
    return contact.host


def test_a_thing_is_made_again_for_another_source_or_another_showing() -> None:
    kept, made = Kept[int](), list[int]()

    def make() -> int:
        made.append(len(made))
        return made[-1]

    source = [1]
    assert [kept.of("a", source, "x", make) for _ in range(3)] == [0, 0, 0]
    assert kept.of("b", source, "x", make) == 1
    assert kept.of("a", [1], "x", make) == 2
    assert kept.of("b", source, "y", make) == 3
    kept.clear()
    assert kept.of("b", source, "y", make) == 4


def test_what_is_kept_is_bounded(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 8)
    kept, desk = Kept[str](), Desk()
    for number in range(50):
        assert kept.of(str(number), None, None, lambda: "made") == "made"
        desk.digest(replace(host, name=type(host.name)(f"host{number}")))
    assert len(kept._known) <= 8
    assert len(desk._ranked) <= 8


def test_a_digest_counts_and_ranks(host: Host) -> None:
    digest = Desk().digest(host)
    assert sum(digest.levels) == len(host.all_levels) == len(digest.ranked)
    assert sum(digest.subhosts) == len(host.subhosts)
    assert digest.gaps == len(host.gaps)
    urgencies = [ranked.urgency for ranked in digest.ranked]
    assert urgencies == sorted(urgencies, reverse=True)
    assert digest.worst
    assert digest.worst.level.id == "tmpfs:/tmp"


def test_a_digest_is_made_once_for_each_picture(host: Host) -> None:
    desk = Desk()
    first = desk.digest(host)
    assert desk.digest(host) is first
    assert desk.digest(replace(host)) is not first


def test_order_follows_a_fill_only_when_it_moved_enough(host: Host) -> None:
    desk = Desk()
    level = next(each for each in host.levels if each.id == "mem")
    assert level.limit

    def at(share: float) -> float:
        assert level.limit
        used = round(share * level.limit.total)
        return desk.rank(host, "", replace(level, used=used, inodes_used=None)).fill

    assert at(0.5) == pytest.approx(0.5)
    assert at(0.509) == pytest.approx(0.5)
    assert at(0.491) == pytest.approx(0.5)
    assert at(0.511) == pytest.approx(0.511)
    assert at(0.502) == pytest.approx(0.511)
    assert desk.rank(host, "", replace(level, limit=None, inodes_used=None)).fill == -1


def test_order_follows_the_time_to_full_only_when_it_moved_enough(host: Host) -> None:
    desk = Desk()
    level = next(each for each in host.levels if each.id == "mem")

    def at(seconds: float | None) -> float:
        filling = Forecast(Trend.FILLING, seconds=seconds) if seconds else Forecast(Trend.STEADY)
        return desk.rank(host, "", replace(level, forecast=filling)).seconds

    assert [at(seconds) for seconds in (600, 575, 625, 560, 540, None, 575)] == [
        *(600, 600, 600, 560, 560),
        *(inf, 575),
    ]

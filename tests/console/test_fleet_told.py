"""What a fleet tells of what happened to its hosts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import Denied, Problem, Unreachable, UntrustedKey
from console.events import Word
from console.facts import Evidence, Facts
from console.fleet import Event, Fleet
from console.model import Memory
from console.parse.amount import amount
from console.relief_rule import ReliefRule
from tests.console.clockwork import (
    BEGAN,
    DNS,
    INTERVAL,
    SEEN,
    Scripted,
    fleet,
    play,
    watched,
    watching,
)

LOST = Unreachable("connection lost", problem=Problem.LOST)
UNKNOWN = UntrustedKey("not known", "", Problem.UNKNOWN_KEY, fingerprint="x", line="l", file="f")


def booted(boot_id: str | None, uptime: float = 42.0) -> Facts:
    boot = Clean(boot_id) if boot_id else None
    evidence = Evidence(Clean("6.1"), None, None, boot, Clean("init"), None)
    return replace(SEEN, evidence=evidence, uptime=uptime)


def told(fleet: Fleet) -> list[tuple[str, str, str, int]]:
    def line(event: Event) -> tuple[str, str, str, int]:
        return event.host, event.word, event.text, event.count

    return [line(event) for event in fleet.view.events]


def test_a_reboot_under_the_console_is_noticed_once() -> None:
    async def story() -> None:
        web = Scripted(script=[booted("a"), booted("a"), booted(None), booted("b", 42.0)])
        one = fleet(web)
        await watched(one, 5.0)
        assert one.view.contacts[0].rebooted_at is None
        async with watching(one):
            await asyncio.sleep(20.0)
            (contact,) = one.view.contacts
            assert contact.rebooted_at == pytest.approx(web.looks[3])
            assert told(one) == [("web", "rebooted", "up for 42 s", 1)]
            assert one.view.events[0].time == BEGAN + web.looks[3]

    play(story())


def test_a_reboot_while_the_host_was_lost_is_noticed_too() -> None:
    async def story() -> None:
        web = Scripted(script=[booted("a"), LOST, LOST, booted("b")])
        one = fleet(web)
        await watched(one, 20.0)
        assert one.view.contacts[0].rebooted_at == pytest.approx(web.looks[3])
        words = [event.word for event in one.view.events]
        assert words == ["lost", "returned", "rebooted"]

    play(story())


def test_a_host_that_flaps_is_one_event_that_grows() -> None:
    async def story() -> None:
        one = fleet(Scripted(script=[SEEN, LOST] * 300), Scripted(DNS))
        await watched(one, 600.0)
        (event,) = one.view.events
        assert (event.host, event.word) == ("web", "flapping")
        assert 20 < event.count <= 300

    play(story())


def test_events_of_a_fleet_that_all_falls_are_one() -> None:
    async def story() -> None:
        hosts = [Scripted(Clean(f"web{n}"), [SEEN, SEEN, LOST]) for n in range(80)]
        many = fleet(*hosts)
        await watched(many, 60.0)
        (event,) = many.view.events
        assert (event.word, event.count, len(event.others)) == ("lost", 80, 79)

    play(story())


def test_a_first_contact_that_fails_is_told_only_where_a_human_must_act() -> None:
    async def story() -> None:
        one = fleet(Scripted(script=[Unreachable("no route")]), Scripted(DNS, [UNKNOWN]))
        await watched(one, 60.0)
        assert told(one) == [("dns", "unknown-key", "not known", 1)]

    play(story())


def test_a_reader_of_views_sees_every_failure_once() -> None:
    async def story() -> None:
        one = fleet(Scripted(script=[Denied("no")]))
        views = 0

        async def read() -> None:
            nonlocal views
            async for _ in one.views():
                views += 1

        reader = asyncio.ensure_future(read())
        await watched(one, 100 * INTERVAL)
        reader.cancel()
        assert views == 1

    play(story())


def test_a_store_that_fills_is_told_passed_on_and_acknowledged() -> None:
    class Heard:
        def __init__(self) -> None:
            self.taken: list[tuple[Event, ...]] = []
            self.closed = False

        def take(self, events: tuple[Event, ...]) -> None:
            self.taken.append(events)

        async def close(self) -> None:
            self.closed = True

    def remembering(available: int) -> Facts:
        total = 4 << 30
        return replace(SEEN, memory=Memory(total, available, 0, 0, 0, 0))

    async def story() -> None:
        web = Scripted(script=[remembering(3 << 30), remembering(400 << 20), remembering(0)])
        one, heard = fleet(web), Heard()
        one.herald = heard
        await watched(one, 3 * INTERVAL)
        assert [(each.word, each.item) for each in one.view.events] == [
            ("act", "mem"),
            ("full", "mem"),
        ]
        assert heard.taken[-1] == one.view.events
        await one.close()
        assert heard.closed
        one.acknowledge({one.view.events[0].key})
        assert [each.acknowledged for each in one.view.events] == [True, False]
        one.tell(Clean(""), Word.FAILED, Clean("alert hook: exit status 1"))
        assert one.view.events[-1].text == "alert hook: exit status 1"

    play(story())


def test_that_levels_grow_by_themselves_is_seen() -> None:
    async def story() -> None:
        one = fleet(Scripted())
        assert one.view.auto == 0
        one.relieve((ReliefRule(amount("+25%"), 1 << 30),))
        assert one.view.auto == 1
        await watched(one, INTERVAL)

    play(story())

"""What brings a look forward, and how a reader of views is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from console.clean import Clean
from console.errors import Denied, Unreachable
from console.fleet import ContactState, Fleet, Source
from tests.console.clockwork import (
    DNS,
    SEEN,
    WEB,
    Scripted,
    fleet,
    now,
    play,
    state,
    watched,
    watching,
)


async def in_company(fleet: Fleet, seconds: float, *, of: Coroutine[None, None, None]) -> None:
    """Watch for so long while something else happens."""
    other = asyncio.ensure_future(of)
    await watched(fleet, seconds)
    await other


def test_refresh_asks_the_slow_questions_and_looks_at_once() -> None:
    async def story() -> None:
        web, dns = Scripted(), Scripted(DNS)
        both = fleet(web, dns)

        async def impatient() -> None:
            await asyncio.sleep(0.5)
            both.refresh(WEB)
            await asyncio.sleep(0.5)
            both.refresh()

        await in_company(both, 1.75, of=impatient())
        assert web.looks == [0.0, 0.5, 1.0]
        assert web.events == ["look", "refresh", "look", "refresh", "look"]
        assert dns.looks == [0.0, 1.0]

    play(story())


def test_refresh_during_a_look_counts_for_the_next() -> None:
    async def story() -> None:
        web = Scripted(takes=1.0)
        one = fleet(web)

        async def impatient() -> None:
            await asyncio.sleep(0.5)
            one.refresh()

        await in_company(one, 1.5, of=impatient())
        assert (web.looks, web.events) == ([0.0, 1.0], ["look", "refresh", "look"])

    play(story())


def test_refresh_of_a_host_that_cannot_be_reached_is_only_another_try() -> None:
    async def story() -> None:
        tries: list[float] = []

        async def connect() -> Scripted:
            tries.append(now())
            raise Unreachable("refused")

        one = fleet(Source(WEB, connect))
        one.refresh()
        await watched(one, 1.0)
        assert (state(one), tries) == (ContactState.UNREACHABLE, [0.0])

    play(story())


def test_a_change_on_the_host_brings_the_next_look_forward() -> None:
    async def story() -> None:
        web = Scripted()

        async def mount() -> None:
            await asyncio.sleep(0.75)
            web.alarm.set()
            await asyncio.sleep(0)
            web.alarm.clear()

        await in_company(fleet(web), 3.0, of=mount())
        assert web.looks == [0.0, 0.75, 2.0]
        assert "refresh" not in web.events

    play(story())


def test_a_look_that_takes_long_is_rested_from_unless_somebody_asks() -> None:
    async def story() -> None:
        web = Scripted(takes=0.3)
        web.alarm.set()
        one = fleet(web)
        async with watching(one):
            await asyncio.sleep(1.1)
            assert web.looks == [0.0, 0.9]
            one.refresh()
            await asyncio.sleep(0.3)
            assert web.looks == [0.0, 0.9, 1.2]

    play(story())


def test_however_much_happens_a_host_is_left_in_peace_for_a_while() -> None:
    async def story() -> None:
        web = Scripted()
        web.alarm.set()
        await watched(fleet(web), 1.1)
        assert web.looks == [0.0, 0.25, 0.5, 0.75, 1.0]

    play(story())


def test_a_host_that_was_lost_is_heard_again_once_it_is_back() -> None:
    async def story() -> None:
        web = Scripted(script=[SEEN, Unreachable("gone"), SEEN])

        async def mount() -> None:
            await asyncio.sleep(1.0)
            web.alarm = asyncio.Event()  # the one that is listened to will never be set
            await asyncio.sleep(6.25)
            assert now() - web.looks[-1] > 0.25
            before = len(web.looks)
            web.alarm.set()
            await asyncio.sleep(0.1)
            assert len(web.looks) == before + 1

        await in_company(fleet(web), 8.0, of=mount())

    play(story())


def test_a_fault_while_listening_to_a_host_is_no_news() -> None:
    class Deaf(Scripted):
        async def changed(self) -> None:
            raise KeyError(self.name)

    async def story() -> None:
        web = Deaf()
        await watched(fleet(web), 5.0)
        assert web.looks == [0.0, 2.0, 4.0]

    play(story())


# Views


def test_a_slow_reader_skips_to_the_newest() -> None:
    async def story() -> None:
        web = Scripted()
        one = fleet(web)
        ages: list[float | None] = []

        async def read() -> None:
            async for view in one.views():
                ages.append(view.contacts[0].age(now()))
                await asyncio.sleep(5.5)

        reader = asyncio.ensure_future(read())
        await watched(one, 12.0)
        reader.cancel()
        assert ages == [0.0, 1.5, 1.0]  # at 0, 5.5 and 11 seconds

    play(story())


def test_news_that_are_none_wake_nobody() -> None:
    async def story() -> None:
        one = fleet(Scripted(script=[Denied("no")]))
        seen: list[ContactState] = []

        async def read() -> None:
            async for view in one.views():
                seen.append(view.contacts[0].state_at(now()))

        reader = asyncio.ensure_future(read())
        await watched(one, 5.0)
        one.refresh()
        await watched(one, 5.0)
        reader.cancel()
        assert seen == [ContactState.DENIED]

    play(story())


def test_a_view_has_the_past_of_every_level() -> None:
    async def story() -> None:
        one = fleet(Scripted(), Scripted(DNS))
        await watched(one, 5.0)
        assert len(one.view.series[WEB, Clean("mem")]) == 3
        assert len(one.view.series[DNS, Clean("fs:/")]) == 3
        assert one.view.trouble is None

    play(story())

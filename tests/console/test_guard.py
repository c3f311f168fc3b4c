"""What may not be done: where nobody is permitted, what is protected, what is not written down."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from console.clean import Clean
from console.entering import Entering
from console.errors import ConsoleError, Denied, Unreachable
from console.plan import Obstacle, Tier, Verb, Wish
from tests.console.clockwork import WEB, fleet, watching
from tests.console.handwork import (
    MTA,
    Book,
    Workable,
    at_work,
    plan,
    play,
    seen,
    working,
)

START = Wish(Verb.START, MTA)


def test_nothing_may_be_done_until_it_is_permitted() -> None:
    async def story() -> None:
        web = Workable()
        one = fleet(web)
        async with watching(one):
            await seen(one)
            assert one.deeds.read_only
            with pytest.raises(Denied, match="only watches"):
                await one.deeds.begin(plan())
            with pytest.raises(Denied, match="only watches"):
                await one.deeds.terminal(WEB, Entering(MTA), None)
            assert not web.work.launched and not web.work.terminals

    play(story())


def test_a_read_only_run_stays_one() -> None:
    async def story() -> None:
        async with at_work(read_only=True) as (web, one, book):
            with pytest.raises(ConsoleError, match="read-only"):
                one.deeds.unlock("pager")
            made = await one.deeds.planned(WEB, START)
            assert made.obstacles[0].text == "this run is read-only"
            with pytest.raises(ConsoleError, match="read-only"):
                await one.deeds.begin(plan())
            assert (web.work.launched, book.records) == ([], [])

    play(story())


def test_a_protected_host_wants_a_reason_which_is_written_down() -> None:
    async def story() -> None:
        async with at_work(protected=True) as (_, one, book):
            made = await one.deeds.planned(WEB, START)
            assert (made.tier, made.obstacles[0].text) == (Tier.LOSES, "web is protected")
            with pytest.raises(Denied, match="protected"):
                await one.deeds.begin(plan())
            one.deeds.unlock(" disk is full ")
            made = await one.deeds.planned(WEB, START)
            assert (made.tier, made.obstacles) == (Tier.LOSES, ())
            await one.deeds.begin(made)
            assert book.records[0].reason == one.deeds.unlocked == "disk is full"

    play(story())


def test_protection_returns_half_an_hour_after_the_last_deed() -> None:
    async def story() -> None:
        async with at_work(protected=True) as (_, one, _):
            one.deeds.unlock("why not")
            await asyncio.sleep(1790)
            await one.deeds.begin(plan())
            await asyncio.sleep(1790)
            assert one.deeds.refusal(WEB, Verb.STOP) is None
            await asyncio.sleep(20)
            refused = one.deeds.refusal(WEB, Verb.STOP)
            assert (refused and refused.text) == "web is protected"
            assert one.deeds.unlocked is None

    play(story())


def test_a_console_can_be_made_read_only_and_back() -> None:
    async def story() -> None:
        one = working(Workable())
        async with watching(one):
            await seen(one)
            assert not one.deeds.read_only
            one.deeds.lock()
            assert one.deeds.read_only
            with pytest.raises(Denied, match="made read-only"):
                await one.deeds.begin(plan())
            with pytest.raises(ConsoleError, match="no reason"):
                one.deeds.unlock("  ")
            one.deeds.unlock("go on")
            assert one.deeds.refusal(WEB) is None

    play(story())


def test_a_host_that_does_not_answer_can_be_asked_nothing() -> None:
    async def story() -> None:
        web = Workable()
        web.work.lost = Unreachable("no route", "plug it in")
        one = working(web)
        refused = one.deeds.refusal(WEB)
        assert (refused and refused.text) == "web has not answered yet"
        async with watching(one):
            await seen(one)
            refused = one.deeds.refusal(WEB)
            assert refused == Obstacle(Clean("web does not answer: no route"), Clean("plug it in"))
            with pytest.raises(Unreachable, match="web: no route"):
                await one.deeds.planned(WEB, START)
        with pytest.raises(ConsoleError, match="dns: no such host"):
            await one.deeds.planned(Clean("dns"), START)

    play(story())


def test_a_plan_with_obstacles_or_for_another_boot_is_not_begun() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            hindered = replace(plan(), obstacles=(Obstacle(Clean("no bridge br9"), None),))
            with pytest.raises(Denied, match="start mta on web: no bridge br9"):
                await one.deeds.begin(hindered)
            with pytest.raises(ConsoleError, match="booted anew"):
                await one.deeds.begin(replace(plan(), boot_id=Clean("boot-0")))
            assert web.work.launched == []

    play(story())


def test_nothing_is_done_that_cannot_be_written_down() -> None:
    async def story() -> None:
        web, book = Workable(), Book(full=True)
        one = working(web, book=book)
        async with watching(one):
            await seen(one)
            with pytest.raises(ConsoleError, match="No space left"):
                await one.deeds.begin(plan())
            with pytest.raises(ConsoleError, match="No space left"):
                await one.deeds.terminal(WEB, Entering(MTA), None)
            assert not web.work.launched and not web.work.terminals
            assert one.view.jobs == ()

    play(story())

"""What may be done, and what is made of it: nothing that is not permitted, shown and written."""

from __future__ import annotations

import asyncio
import re
from unittest.mock import patch

import pytest

from console.clean import Clean
from console.entering import Entering
from console.errors import ConsoleError, Denied
from console.guard import IDLE
from console.jobs import JobState, Order, Settling
from console.plan import Verb, Wish
from console.shell import digest
from tests.console.clockwork import BEGAN, WEB, now
from tests.console.handwork import (
    ALICE,
    CONF,
    LOST,
    MTA,
    RUNNING,
    at_work,
    plan,
    play,
)

START = Wish(Verb.START, MTA)


def test_a_plan_is_made_from_what_is_there_now() -> None:
    async def story() -> None:
        async with at_work(RUNNING) as (web, one, _):
            assert (await one.deeds.planned(WEB, START)).title == "start mta on web"
            share = (Clean("/srv/x"), Clean("/x"))
            await one.deeds.planned(WEB, Wish(Verb.SHARE, MTA, share=share))
            first, second = web.work.surveyed
            assert (first.subhost, first.conf, first.pid, first.extra) == (MTA, CONF, 1702, ())
            assert second.extra == ("/srv/x",)

    play(story())


def test_what_the_console_does_by_itself_is_written_down_as_that_and_keeps_nothing_unlocked() -> (
    None
):
    async def story() -> None:
        async with at_work(RUNNING) as (web, one, book):
            one.deeds.unlock("an incident")
            await asyncio.sleep(IDLE - 5)
            await one.deeds.begin(plan(), auto=True)
            (order,) = web.work.launched
            assert order.who == f"{ALICE} (auto)"
            assert [record.who for record in book.records] == [f"{ALICE} (auto)"]
            assert [each.text for each in one.view.events] == [f"start mta, by {ALICE} (auto)"]
            await asyncio.sleep(10)
            assert one.deeds.unlocked is None

    play(story())


def test_a_deed_is_launched_written_down_and_seen() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            job_id = await one.deeds.begin(plan())
            (order,) = web.work.launched
            assert (order.id, order.plan, order.who) == (job_id, plan(), ALICE)
            assert re.fullmatch(r"20260921T\d{6}Z-[0-9a-f]{6}", job_id)
            (record,) = book.records
            assert (record.id, record.who, record.host, record.subhost) == (
                job_id,
                ALICE,
                WEB,
                MTA,
            )
            assert (record.digest, record.outcome) == (digest(plan()), None)
            assert record.time == pytest.approx(BEGAN + now(), abs=1)
            await web.work.tell(job_id, step=1)
            web.shows = RUNNING
            looks = len(web.looks)
            await web.work.tell(job_id, JobState.DONE, step=2, seconds=3.0)
            job = await one.deeds.ended(job_id)
            assert (job.state, len(web.looks)) == (JobState.DONE, looks + 1)
            assert one.view.jobs == (job,)
            assert book.outcomes == [("start", None), ("start", "done")]
            events = [(each.word, each.text) for each in one.view.events]
            assert events == [
                ("began", "start mta, by alice@bastion"),
                ("ended", "start mta: done in 3 s"),
            ]

    play(story())


def test_what_a_host_refuses_was_not_begun() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            web.work.refusal = ConsoleError("/run is read-only there")
            with pytest.raises(ConsoleError, match="read-only there"):
                await one.deeds.begin(plan())
            assert (one.view.jobs, one.view.events) == ((), ())
            assert book.outcomes == [("start", None), ("start", "not begun")]
            assert book.records[1].told == "/run is read-only there"

    play(story())


def test_who_enters_is_written_down() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            with pytest.raises(ConsoleError, match="no terminals here"):
                await one.deeds.terminal(WEB, Entering(MTA, ("ls",)), None)
            assert web.work.terminals == [Entering(MTA, ("ls",))]
            assert [(each.verb, each.subhost) for each in book.records] == [("enter", MTA)]

    play(story())


def test_the_log_of_a_subhost_is_where_its_configuration_says() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            with pytest.raises(ConsoleError, match="/var/log/mta: no such file"):
                await one.deeds.log(WEB, MTA, 2)
            web.work.files[Clean("/var/log/mta")] = tuple(map(Clean, "abc"))
            assert await one.deeds.log(WEB, MTA, 2) == ("b", "c")
            with pytest.raises(ConsoleError, match="nosuch: its configuration is not known"):
                await one.deeds.log(WEB, Clean("nosuch"), 2)

    play(story())


def test_a_killed_job_is_finished_or_taken_back_and_that_is_written_down() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            job_id = await one.deeds.begin(plan())
            await web.work.tell(job_id, JobState.KILLED, step=1, finishable=True)
            assert (await one.deeds.ended(job_id)).state is JobState.KILLED
            with pytest.raises(ConsoleError, match="no such job on web"):
                await one.deeds.settle(WEB, Clean("nosuch"), Settling.FINISH)
            await one.deeds.settle(WEB, job_id, Settling.ROLL_BACK)
            assert web.work.settled == [(job_id, Settling.ROLL_BACK)]
            await web.work.tell(job_id, JobState.UNDONE, step=1)
            assert (await one.deeds.ended(job_id)).state is JobState.UNDONE
            assert book.outcomes == [
                ("start", None),
                ("start", "killed"),
                ("roll-back", None),
                ("start", "undone"),
            ]
            one.deeds.lock()
            with pytest.raises(Denied, match="made read-only"):
                await one.deeds.settle(WEB, job_id, Settling.FINISH)

    play(story())


def test_an_end_that_cannot_be_written_down_is_told() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            job_id = await one.deeds.begin(plan())
            book.full = True
            await web.work.tell(job_id, JobState.UNDONE, told=Clean("no bridge br9"))
            await one.deeds.ended(job_id)
            assert [each.text for each in one.view.events][1:] == [
                "start mta: undone: no bridge br9",
                "start mta: its end is not written down: audit.jsonl: No space left on device",
            ]

    play(story())


def test_quitting_leaves_jobs_running_and_writes_that_down() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            job_id = await one.deeds.begin(plan())
        await one.close()
        assert web.work.there[job_id].state is JobState.RUNNING
        assert book.outcomes == [("start", None), ("start", "left running")]

    play(story())


def test_a_launch_is_seen_through_when_nobody_waits_for_it_any_more() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            launch, sending = web.work.launch, asyncio.Event()

            async def slow(order: Order) -> None:
                sending.set()
                await asyncio.sleep(0.5)
                await launch(order)

            with patch.object(web.work, "launch", slow):
                beginning = asyncio.create_task(one.deeds.begin(plan()))
                await sending.wait()
                beginning.cancel()
                await one.close()
            assert beginning.cancelled()
            assert len(web.work.launched) == 1

    play(story())


def test_a_lost_link_is_no_reason_to_begin_again() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            web.work.lost = LOST
            job_id = await one.deeds.begin(plan())  # it arrived, its answer did not
            assert (await one.deeds.ended(job_id)).state is JobState.UNKNOWN
            web.work.lost = None
            web.shows = RUNNING
            await web.work.tell(job_id, JobState.DONE)
            await asyncio.sleep(30)
            assert one.deeds.jobs[0].state is JobState.DONE
            assert len(web.work.launched) == 1

    play(story())


def test_a_view_comes_with_every_change() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            job_id = await one.deeds.begin(plan())
            steps: list[int] = []

            async def read() -> None:
                async for view in one.views():
                    steps.extend(job.step for job in view.jobs)

            reading = asyncio.create_task(read())
            for step in (1, 2):
                await web.work.tell(job_id, step=step)
                await asyncio.sleep(0.05)
            reading.cancel()
            assert {1, 2} <= set(steps)

    play(story())

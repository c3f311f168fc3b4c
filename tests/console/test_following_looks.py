"""When a host is looked at for the jobs of ours there."""

from __future__ import annotations

import asyncio

import pytest

from console.jobs import JobState
from tests.console.clockwork import now
from tests.console.handwork import RUNNING, at_work, plan, play


def test_one_look_shows_all_that_ends_at_about_the_same_time() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            first, second, third = [await one.deeds.begin(plan()) for _ in range(3)]
            web.shows = RUNNING
            looks, began = len(web.looks), now()
            await web.work.tell(first, JobState.DONE)
            await asyncio.sleep(0.1)
            await web.work.tell(second, JobState.DONE)
            ended = [await one.deeds.ended(each) for each in (first, second)]
            assert [job.state for job in ended] == [JobState.DONE, JobState.DONE]
            assert len(web.looks) == looks + 1
            assert now() - began < 2  # they do not wait for the third to end
            began = now()
            await web.work.tell(third, JobState.DONE)
            assert (await one.deeds.ended(third)).state is JobState.DONE
            assert now() - began < 0.3

    play(story())


def test_no_job_waits_for_ever_for_others_that_end() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            jobs = [await one.deeds.begin(plan()) for _ in range(16)]
            web.shows = RUNNING
            await asyncio.sleep(2.9 - now() % 2)
            looks, began = len(web.looks), now()
            first = asyncio.create_task(one.deeds.ended(jobs[0]))
            for job_id in jobs[:-1]:
                await web.work.tell(job_id, JobState.DONE)
                await asyncio.sleep(0.5)
            assert first.done() and first.result().state is JobState.DONE
            off_beat = [at - began for at in web.looks[looks:] if 0.01 < at % 2 < 1.99]
            assert off_beat[0] == pytest.approx(4.0, abs=0.1)
            assert len(off_beat) <= 2

    play(story())


def test_what_a_job_of_ours_changes_is_looked_at_when_it_ends() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            first, second = [await one.deeds.begin(plan()) for _ in range(2)]
            await asyncio.sleep(0.01)
            before = len(web.looks)
            web.alarm.set()  # something happens there all the time
            began = now()
            await asyncio.sleep(4)
            beats = web.looks[before:]
            assert len(beats) == 2 and beats[1] - beats[0] == 2.0
            web.shows = RUNNING
            for each in (first, second):
                await web.work.tell(each, JobState.DONE)
            for each in (first, second):
                await one.deeds.ended(each)
            assert now() - began < 4.5
            before = len(web.looks)
            await asyncio.sleep(2)
            assert len(web.looks) - before >= 7

    play(story())


def test_a_link_that_is_lost_to_a_job_has_its_host_looked_at() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            await one.deeds.begin(plan())
            await asyncio.sleep(0.3)
            before = len(web.looks)
            await web.work.cut()
            await asyncio.sleep(0.01)
            assert len(web.looks) == before + 1

    play(story())

"""Jobs to their end: what is seen counts, what is lost is unknown until its host is back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from unittest.mock import patch

import pytest

from console.clean import Clean
from console.errors import Denied, Problem
from console.fleet import Fleet
from console.jobs import Job, JobState
from console.model import Gap
from console.plan import Verb
from tests.console.clockwork import WEB, now
from tests.console.handwork import (
    RUNNING,
    STOPPED,
    at_work,
    booted,
    plan,
    play,
)
from tests.console.hosts import with_subhost


async def state_when_known(fleet: Fleet, seconds: float = 60) -> Job:
    """Return the only job as it is after so long."""
    await asyncio.sleep(seconds)
    (job,) = fleet.view.jobs
    return job


def test_done_is_only_what_the_host_shows() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            job_id = await one.deeds.begin(plan())
            began = now()
            await web.work.tell(job_id, JobState.DONE)
            job = await one.deeds.ended(job_id)
            assert (job.state, job.told) == (JobState.MISSED, "mta is stopped")
            assert 4 <= now() - began < 6
            assert book.outcomes[-1] == ("start", "missed")
            assert one.view.events[-1].text == "start mta: missed: mta is stopped"
            await one.deeds.look(WEB)
            assert one.view.jobs == (job,)  # the host itself knows no better

    play(story())


def test_what_an_old_look_shows_is_not_believed() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            job_id = await one.deeds.begin(plan())
            gap = Gap(Clean("processes"), Clean("no answer"), problem=Problem.HUNG)
            web.shows = replace(STOPPED, processes=None, gaps=(gap,))
            await web.work.tell(job_id, JobState.DONE)
            job = await one.deeds.ended(job_id)
            told = "it ended, but not all was seen since: no answer"
            assert (job.state, job.told) == (JobState.UNKNOWN, told)
            web.shows = RUNNING
            assert (await state_when_known(one)).state is JobState.DONE

    play(story())


def test_what_shows_a_little_later_is_done() -> None:
    async def story() -> None:
        async with at_work(RUNNING) as (web, one, _):
            job_id = await one.deeds.begin(plan(Verb.STOP))
            await web.work.tell(job_id, JobState.DONE)
            await asyncio.sleep(2)
            web.shows = STOPPED
            assert (await one.deeds.ended(job_id)).state is JobState.DONE

    play(story())


def test_a_subhost_started_anew_is_another_one() -> None:
    async def story() -> None:
        async with at_work(RUNNING) as (web, one, _):
            job_id = await one.deeds.begin(plan(Verb.RESTART))
            await web.work.tell(job_id, JobState.DONE)
            job = await one.deeds.ended(job_id)
            assert (job.state, job.told) == (
                JobState.MISSED,
                "mta is still the one that ran before",
            )
            job_id = await one.deeds.begin(plan(Verb.RESTART))
            web.shows = booted(with_subhost("mta", 1800))
            await web.work.tell(job_id, JobState.DONE)
            assert (await one.deeds.ended(job_id)).state is JobState.DONE

    play(story())


@pytest.mark.parametrize("state", [JobState.REFUSED, JobState.UNDONE, JobState.LEFT])
def test_what_failed_is_told_after_one_more_look(state: JobState) -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            job_id = await one.deeds.begin(plan())
            looks = len(web.looks)
            await web.work.tell(job_id, state, told=Clean("no bridge br9"))
            job = await one.deeds.ended(job_id)
            assert (job.state, job.told) == (state, "no bridge br9")
            assert len(web.looks) == looks + 1
            assert one.view.events[-1].text == f"start mta: {state}: no bridge br9"

    play(story())


def test_a_job_is_unknown_while_its_host_is_lost_and_known_when_it_is_back() -> None:
    async def story() -> None:
        async with at_work() as (web, one, book):
            job_id = await one.deeds.begin(plan())
            await web.work.tell(job_id, step=1)
            await asyncio.sleep(0.01)
            await web.work.cut()
            job = await one.deeds.ended(job_id)
            assert (job.state, job.told, job.step) == (JobState.UNKNOWN, "the link was lost", 1)
            assert (await state_when_known(one)).state is JobState.UNKNOWN
            web.shows = RUNNING
            web.work.lost = None
            await web.work.tell(job_id, JobState.DONE)
            assert (await state_when_known(one)).state is JobState.DONE
            assert len(web.work.launched) == 1
            outcomes = [outcome for _, outcome in book.outcomes]
            assert outcomes == [None, "unknown", "done"]

    play(story())


def test_a_job_whose_host_was_lost_right_after_its_end_is_unknown() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            job_id = await one.deeds.begin(plan())
            web.shows = RUNNING
            await web.work.tell(job_id, JobState.DONE)
            await asyncio.sleep(0)
            await web.work.cut()
            assert (await one.deeds.ended(job_id)).state in {JobState.UNKNOWN, JobState.DONE}
            web.work.lost = None
            assert (await state_when_known(one)).state is JobState.DONE

    play(story())


@pytest.mark.parametrize("arrives", [True, False])
def test_a_launch_that_was_cut_off_is_looked_up(arrives: bool) -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            web.work.arrives = arrives
            await web.work.cut()
            job_id = await one.deeds.begin(plan())
            assert (await one.deeds.ended(job_id)).state is JobState.UNKNOWN
            web.work.lost = None
            job = await state_when_known(one)
            if arrives:
                assert job.state is JobState.RUNNING
            else:
                assert job.state is JobState.REFUSED
                assert job.told == "it never arrived there: nothing was changed"

    play(story())


def test_a_job_that_a_reboot_ended_stays_unknown() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            job_id = await one.deeds.begin(plan())
            await web.work.cut()
            await one.deeds.ended(job_id)
            web.work.there.clear()
            web.shows = booted(STOPPED, Clean("boot-2"))
            web.work.lost = None
            job = await state_when_known(one)
            told = "the host was booted anew before its end was known"
            assert (job.state, job.told) == (JobState.UNKNOWN, told)

    play(story())


def test_a_fault_of_ours_leaves_a_job_unknown_and_is_tried_again_ever_later() -> None:
    async def story() -> None:
        async with at_work() as (web, one, _):
            job_id = await one.deeds.begin(plan())
            asked: list[float] = []

            async def broken() -> tuple[Job, ...]:
                asked.append(now())
                raise KeyError("mta")

            await web.work.cut(Denied("sudo wants a password"))
            await one.deeds.ended(job_id)
            web.work.lost = None
            with patch.object(web.work, "jobs", broken):
                job = await state_when_known(one, 300)
            assert (job.state, job.told) == (JobState.UNKNOWN, "internal: 'mta'")
            assert 5 <= len(asked) < 15
            web.shows = RUNNING
            await web.work.tell(job_id, JobState.DONE)
            assert (await state_when_known(one, 100)).state is JobState.DONE

    play(story())


def test_a_job_that_may_have_cut_us_off_is_told_that_it_has_not() -> None:
    async def story() -> None:
        async with at_work(RUNNING) as (web, one, _):
            waits = replace(plan(), awaited=30)
            job_id = await one.deeds.begin(waits)
            await asyncio.sleep(5)
            assert web.work.confirmed == [job_id, job_id], "until it hears it"
            await web.work.tell(job_id, JobState.DONE)
            assert (await one.deeds.ended(job_id)).state is JobState.DONE
            other = await one.deeds.begin(plan())
            await asyncio.sleep(5)
            assert other not in web.work.confirmed

    play(story())


def test_one_that_has_cut_us_off_is_told_nothing_until_we_are_back() -> None:
    async def story() -> None:
        async with at_work(RUNNING) as (web, one, _):
            job_id = await one.deeds.begin(replace(plan(), awaited=30))
            web.work.confirmed.clear()
            await web.work.cut()
            await asyncio.sleep(20)
            assert web.work.confirmed == []
            web.work.lost = None
            await web.work.tell(job_id, JobState.UNDONE)
            await asyncio.sleep(90)
            assert (await one.deeds.ended(job_id)).state is JobState.UNDONE

    play(story())

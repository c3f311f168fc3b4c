"""Jobs of others, and of machines of several names: listed, followed, and forgotten again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import ConsoleError
from console.jobs import Job, JobState
from tests.console.clockwork import DNS, WEB, watching
from tests.console.handwork import (
    MTA,
    Book,
    Workable,
    plan,
    play,
    seen,
    working,
)

BOB = Clean("bob@b")
OTHERS = Job(Clean("20260101T000000Z-000001"), WEB, Clean("stop"), MTA, BOB, JobState.DONE)


def test_jobs_of_others_are_listed_and_followed_but_not_judged() -> None:
    async def story() -> None:
        web, book = Workable(), Book()
        one = working(web, book=book)
        later = replace(OTHERS, id=Clean("20260101T000001Z-000001"), state=JobState.RUNNING)
        web.work.there = {each.id: each for each in (OTHERS, later)}
        async with watching(one):
            await seen(one)
            await one.deeds.look(WEB)
            assert one.view.jobs == (later, OTHERS)
            looks = len(web.looks)
            await web.work.tell(later.id, JobState.DONE, step=3)
            job = await one.deeds.ended(later.id)
            assert (job.state, job.step) == (JobState.DONE, 3)
            await asyncio.sleep(0.3)
            assert len(web.looks) == looks + 1
            assert (book.records, one.view.events) == ([], ())

    play(story())


def test_what_a_host_forgets_is_forgotten() -> None:
    async def story() -> None:
        web, dns = Workable(), Workable(DNS)
        both = working(web, dns)
        elsewhere = replace(OTHERS, id=Clean("1"), host=DNS)
        web.work.there = {OTHERS.id: OTHERS}
        dns.work.there = {elsewhere.id: elsewhere}
        async with watching(both):
            await seen(both)
            await asyncio.gather(both.deeds.look(WEB), both.deeds.look(DNS))
            assert len(both.view.jobs) == 2
            web.work.there.clear()
            await both.deeds.look(WEB)
            assert list(both.view.jobs) == [elsewhere]
            with pytest.raises(ConsoleError, match="no such job"):
                await both.deeds.ended(OTHERS.id)

    play(story())


def test_only_so_many_jobs_are_remembered_and_no_running_one_is_forgotten() -> None:
    async def story() -> None:
        web = Workable()
        one = working(web)
        running = replace(OTHERS, id=Clean("0"), state=JobState.RUNNING, started=0.0)
        many = [replace(OTHERS, id=Clean(f"{n:05}"), started=float(n)) for n in range(1, 1500)]
        web.work.there = {each.id: each for each in (running, *many)}
        async with watching(one):
            await seen(one)
            await one.deeds.look(WEB)
            assert len(one.view.jobs) == 1000
            assert one.view.jobs[0] == many[-1]
            assert one.view.jobs[-1] == running

    play(story())


def test_a_machine_of_two_names_has_its_jobs_under_both() -> None:
    async def story() -> None:
        web, dns = Workable(), Workable(DNS)
        both = working(web, dns)
        async with watching(both):
            await seen(both)
            job_id = await both.deeds.begin(plan(host=DNS))
            web.work.there = {job_id: replace(OTHERS, id=job_id, state=JobState.RUNNING)}
            await both.deeds.look(WEB)
            assert {job.host for job in both.view.jobs} == {WEB, DNS}
            await dns.work.tell(job_id, JobState.REFUSED)
            assert (await both.deeds.ended(job_id)).host == DNS

    play(story())

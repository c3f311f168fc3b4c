"""Following many jobs of one host by one program, also when the link is lost meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from backends.job_follower import JobFollower
from console.clean import Clean
from console.errors import ConsoleError, Unreachable
from console.jobs import Job, JobState

HOST = Clean("web")


class There:
    """A host that knows these jobs, by their state; it tells of each change once."""

    def __init__(self, **jobs: str) -> None:
        self.jobs = jobs
        self.asked: list[bytes] = []
        self.begun = self.closed = 0
        self.lost = False
        self._told: dict[str, str] = {}
        self._changed = asyncio.Condition()

    async def until(self, so: Callable[[], bool]) -> None:
        """Return when it is so."""
        async with self._changed, asyncio.timeout(20):
            await self._changed.wait_for(so)

    async def begin(self) -> There:
        self.begun += 1
        self._told = {}
        return self

    async def ask(self, line: bytes, seconds: float) -> bytes:
        if self.lost:
            raise Unreachable("the link was lost")
        self.asked.append(line)
        answer = f"u {len(self.asked)}\n"
        for word in line.decode().split():
            job_id = word.removeprefix("+")
            state = self.jobs.get(job_id)
            if state is None:
                answer += f"n {job_id}\n"
            elif word != job_id or self._told.get(job_id) != state:
                self._told[job_id] = state
                answer += f"d {job_id}\ns alive\na id={job_id}\na verb=start\na subhost={job_id}\n"
                answer += "".join(f"j {each}\n" for each in state.split(";"))
        await self._tell()
        return answer.encode()

    async def send(self, data: bytes, seconds: float) -> None:
        raise NotImplementedError

    async def answer(self, seconds: float) -> bytes:
        raise NotImplementedError

    async def close(self) -> None:
        self.closed += 1
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def states(follower: JobFollower, job_id: str) -> list[tuple[JobState, int]]:
    return [(job.state, job.step) async for job in follower.follow(Clean(job_id))]


async def test_each_follower_hears_of_its_own_job_and_all_of_one_program() -> None:
    there = There(a="1.0 begun", b="1.0 begun;1.1 step 1")
    follower = JobFollower(HOST, there.begin)
    following = [asyncio.create_task(states(follower, each)) for each in ("a", "b", "b")]
    await there.until(lambda: len(there.asked) == 2)
    there.jobs = {"a": "1.0 begun;1.2 end done", "b": "1.0 begun;1.1 step 1;1.3 end done"}
    a, *both = await asyncio.gather(*following)
    assert a == [(JobState.RUNNING, 0), (JobState.DONE, 0)]
    assert both == [[(JobState.RUNNING, 1), (JobState.DONE, 1)]] * 2
    assert there.asked[:2] == [b"+a +b", b"a b"]
    await there.until(lambda: there.closed == 1)
    assert (there.begun, there.closed) == (1, 1)


async def test_who_comes_later_is_told_all_at_once() -> None:
    there = There(a="1.0 begun")
    follower = JobFollower(HOST, there.begin)
    first, second = follower.follow(Clean("a")), follower.follow(Clean("a"))
    told: list[Job] = [await anext(first)]
    await asyncio.sleep(0.05)
    told.append(await anext(second))
    assert told[0] == told[1]
    await first.aclose()
    await second.aclose()


async def test_a_lost_link_is_told_to_all_and_the_next_one_begins_anew() -> None:
    there = There(a="1.0 begun", b="1.0 begun")
    follower = JobFollower(HOST, there.begin)
    following = [asyncio.create_task(states(follower, each)) for each in ("a", "b")]
    await there.until(lambda: len(there.asked) == 2)
    there.lost = True
    found = await asyncio.gather(*following, return_exceptions=True)
    assert [str(each) for each in found] == ["the link was lost"] * 2
    there.lost, there.jobs = False, {"a": "1.0 begun;1.2 end done"}
    assert await states(follower, "a") == [(JobState.DONE, 0)]
    assert there.begun == 2


async def test_a_job_that_is_not_there_is_the_trouble_of_its_follower_alone() -> None:
    there = There(a="1.0 begun;1.2 end done")
    follower = JobFollower(HOST, there.begin)
    found, missing = await asyncio.gather(
        states(follower, "a"), states(follower, "none"), return_exceptions=True
    )
    assert found == [(JobState.DONE, 0)]
    assert isinstance(missing, ConsoleError)
    with pytest.raises(ConsoleError, match="none: no such job on web"):
        await states(follower, "none")


async def test_a_job_that_is_told_again_as_it_was_is_no_news() -> None:
    there = There(a="1.0 begun")
    follower = JobFollower(HOST, there.begin)
    following = asyncio.create_task(states(follower, "a"))
    await there.until(lambda: len(there.asked) == 1)
    await there.begin()  # it has forgotten what it told, and so tells it later once more
    await there.until(lambda: len(there.asked) == 3)
    there.jobs = {"a": "1.0 begun;1.2 end done"}
    assert await following == [(JobState.RUNNING, 0), (JobState.DONE, 0)]

"""Many jobs at once, here and over a real SSH connection: few programs, each told apart."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from backends.hands import ShellHands
from console.clean import Clean
from console.errors import ConsoleError
from console.jobs import JobState, Order
from console.plan import Plan
from tests.backends import handmade
from tests.backends.handmade import order, outcome, plan, reached
from tests.lab.inventory import descent, parents, until
from tests.lab.watching import argv

pytestmark = [pytest.mark.root, pytest.mark.needs("sshd", "ssh", "flock", "setsid")]


async def test_following_costs_no_process_and_leaves_none(hands: ShellHands) -> None:
    made = order(plan("sleep 60"))
    await hands.launch(made)
    await reached(hands, made.id, 1)
    states = hands.follow(made.id)
    first = await anext(states)
    assert len(followers()) == 1
    waiting = asyncio.ensure_future(anext(states))
    await asyncio.sleep(1)
    assert not waiting.done(), (first, waiting.result())
    waiting.cancel()
    await asyncio.wait([waiting])
    await states.aclose()
    assert first.state is JobState.RUNNING
    await nobody_follows()
    handmade.kill(made.id)


async def test_many_jobs_are_followed_by_one_shell(hands: ShellHands) -> None:
    orders = [order(of(number, plan("sleep 60"))) for number in range(5)]
    await asyncio.gather(*(hands.launch(each) for each in orders))
    everyone = [hands.follow(each.id) for each in orders]
    running = await asyncio.gather(*map(anext, everyone))
    assert {job.state for job in running} == {JobState.RUNNING}
    assert len({job.id for job in running}) == len(orders)
    assert len(followers()) == 1
    for each in orders:
        handmade.kill(each.id)
    ended = await asyncio.gather(*(outcome(hands, each.id) for each in orders))
    assert {job.state for job in ended} == {JobState.KILLED}
    for states in everyone:
        await states.aclose()
    await nobody_follows()


async def test_each_of_many_that_begin_at_once_is_told_apart(
    hands: ShellHands, tmp_path: Path
) -> None:
    shown = tmp_path / "done"
    good = [order(of(number, plan(f"echo {number} >>{shown}"))) for number in range(20)]
    bad = Order(Clean("no id"), plan("true"), Clean("alice@bastion"))
    before = good[0]
    await hands.launch(before)
    await outcome(hands, before.id)
    found = await asyncio.gather(
        *(hands.launch(each) for each in (*good, bad, good[1])), return_exceptions=True
    )
    assert [each for each in found if each is not None] == [found[len(good)]]
    assert isinstance(found[len(good)], ConsoleError)
    for each in good:
        assert (await outcome(hands, each.id)).state is JobState.DONE
    assert sorted(map(int, shown.read_text().split())) == list(range(20))


def of(number: int, made: Plan) -> Plan:
    """Return the plan for another subhost, so that it waits for none of the others."""
    return replace(made, subhost=Clean(f"{handmade.SUBHOST}{number}"))


async def nobody_follows() -> None:
    """Return when no shell is left that follows jobs."""
    gone = partial(until, lambda: not followers(), handmade.PATIENCE, "who follows to end")
    await asyncio.to_thread(gone)


def followers() -> list[int]:
    """Return the shells below this process that read what they are to do, without watchers."""
    ours = descent(os.getpid())
    shells = [each for each in ours if argv(each)[:2] == [b"/bin/sh", b"-s"]]
    begun_by = dict(parents())
    return [each for each in shells if begun_by.get(each) not in shells]

"""Whatever a job that grows a store is struck at, nothing is lost, nor left suspended.

Here at a few of the programs that it calls; ``make leaks`` strikes at all of them, in every sort
of store: the shell of the job, whoever calls the program, and the program itself, which fails. It
also loses all connections at each step of each.
"""

from __future__ import annotations

import os

import pytest

from tests.lab.growing import grower
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.striking import CASES, Striking, distinct

pytestmark = [
    *NEEDS_LAB,
    pytest.mark.skipif("LEAKS" not in os.environ, reason="takes minutes: make leaks"),
    pytest.mark.parametrize("guest", ["dracut-po"], indirect=True),
]

ALL = os.environ.get("LEAKS") == "all"
"""Whether to take the time that it takes: minutes for each."""
EVERY = int(os.environ.get("EVERY", "1"))
"""One in so many calls; with 3 each is struck once, by one victim after the other."""
VICTIMS = ("shell", "caller", "fail")
SOME = [("deleted", "caller", 29, 30)]
MATRIX = [(case, who, at, EVERY) for case in CASES for at, who in enumerate(VICTIMS)]


@pytest.mark.parametrize(("case", "victim", "first", "every"), MATRIX if ALL else SOME)
async def test_a_job_struck_at_a_program_it_calls(
    guest: Guest, case: str, victim: str, first: int, every: int
) -> None:
    async with grower(guest) as grow:
        striking = Striking(grow, case)
        try:
            await striking.prepared()
            numbers = distinct(await striking.laid())[first % every :: every]
            told = []
            async for line in striking.strikes(victim, numbers):
                print(line, flush=True)  # noqa: T201 pytest shows it where it fails
                told.append(line)
        finally:
            await striking.lifted()
        assert len(told) == len(numbers)
        assert not [line for line in told if "FAULT" in line]


@pytest.mark.skipif(not ALL, reason="takes minutes: make leaks")
@pytest.mark.parametrize("case", CASES)
async def test_a_job_whose_link_is_lost_at_a_step(guest: Guest, case: str) -> None:
    async with grower(guest) as grow:
        striking = Striking(grow, case)
        try:
            plan = await striking.prepared()
            told = [await striking.adrift(step) for step in range(1, len(plan.steps) + 1)]
        finally:
            await striking.lifted()
        print(*told, sep="\n")  # noqa: T201 pytest shows it where it fails
        assert told
        assert not [line for line in told if "FAULT" in line]

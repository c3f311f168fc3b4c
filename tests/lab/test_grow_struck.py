"""Whatever a job that grows a store is struck at, nothing is lost, nor left suspended.

Here at a few of the programs that it calls; ``make leaks`` strikes at all of them, in every sort
of store: the shell of the job, whoever calls the program, and the program itself, which fails.
"""

from __future__ import annotations

import os

import pytest

from tests.lab.growing import grower
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.striking import CASES, Striking

pytestmark = [
    *NEEDS_LAB,
    pytest.mark.skipif("LEAKS" not in os.environ, reason="takes minutes: make leaks"),
    pytest.mark.parametrize("guest", ["dracut-po"], indirect=True),
]

ALL = os.environ.get("LEAKS") == "all"
"""Whether to take the time that it takes: minutes for each."""
SOME = [("deleted", "caller", 30)]
MATRIX = [(case, who, 1) for case in CASES for who in ("shell", "caller", "fail")]


@pytest.mark.parametrize(("case", "victim", "every"), MATRIX if ALL else SOME)
async def test_a_job_struck_at_a_program_it_calls(
    guest: Guest, case: str, victim: str, every: int
) -> None:
    async with grower(guest) as grow:
        striking = Striking(grow, case)
        try:
            calls = await striking.laid()
            told = await striking.strikes(victim, every, calls, every)
        finally:
            await striking.lifted()
        print(*told, sep="\n")  # noqa: T201 pytest shows it where it fails
        assert told
        assert not [line for line in told if "FAULT" in line]

"""Jobs that grow the stores of a guest, struck there: ``Striking(grow, "file").strikes(...)``.

By programs of its own: over SSH each strike would take ten times as long. The stand-ins of
``tripwire.c`` tell ``striker.c`` what a job calls, also in a root of its own that it makes.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from console.errors import ConsoleError
from console.jobs import JobState
from console.plan import Plan
from console.shell import script
from tests.lab.growing import STAGE, Grower

_HERE = Path(__file__).parent
_FIRST_IN_PATH = "/usr/local/sbin"
_FOLDER = "/run/striking"
_STRIKING = (_HERE / "striking.sh").read_text()
_AT_ONCE = 5
"""Strikes of one command over SSH."""
_PATIENCE = 100
"""Looks until a job has ended."""
MIB = 1 << 20
CASES: Mapping[str, int] = {
    "file": 18 * MIB,
    "deleted": 18 * MIB,
    "joined": 26 * MIB,
    "revived": 16 * MIB,
    "pool": 16 * MIB,
}
"""What each store is to hold, in bytes."""
_LAY = f"""
mkdir -p {_FIRST_IN_PATH}
mount -t tmpfs -o mode=755 struck {_FIRST_IN_PATH}
mv {_FOLDER}/tripwire {_FIRST_IN_PATH}/.tripwire
for each in /usr/sbin/* /usr/bin/*; do
    ln {_FIRST_IN_PATH}/.tripwire {_FIRST_IN_PATH}/${{each##*/}} 2>/dev/null || :
done
"""


class Striking:
    """One sort of store in one guest, and how it is grown."""

    def __init__(self, grow: Grower, case: str) -> None:
        self._grow, self._case = grow, case
        self._plan: Plan

    async def prepared(self) -> Plan:
        """Make what the store is made of, and the plan by which it is grown; return that."""
        await self._grow.ssh(f"mkdir -p {_FOLDER}")
        if self._case == "joined":
            await self._put("first", "case_deleted", 18 * MIB)
        self._plan = await self._put(self._case, f"case_{self._case}", CASES[self._case])
        return self._plan

    async def laid(self) -> list[str]:
        """Lay out what strikes; return what a job calls that nobody disturbs."""
        for name in ("tripwire", "striker"):
            await self._grow.put(f"{_FOLDER}/{name}", await asyncio.to_thread(_compiled, name))
        await self._grow.ssh(_LAY)
        told = "\n".join([each async for each in self.strikes("nobody", [0])])
        assert "FAULT" not in told, told
        return (await self._grow.ssh(f"cut -d' ' -f2- {_FOLDER}/calls")).splitlines()

    async def strikes(self, victim: str, numbers: Sequence[int]) -> AsyncIterator[str]:
        """Strike at calls of these numbers; yield a line of each."""
        for first in range(0, len(numbers), _AT_ONCE):
            some = " ".join(map(str, numbers[first : first + _AT_ONCE]))
            words = f"strikes {self._case} {victim} {CASES[self._case]} {some}"
            for line in (await self._run(words)).splitlines():
                yield line

    async def adrift(self, step: int) -> str:
        """Grow it over SSH and lose all connections at a step; return what came of it."""
        grow, job = self._grow, self._grow.name()
        await self._run(f"set +e; laid {self._case}; adrift {job} {step}")
        with contextlib.suppress(ConsoleError):
            await grow.begin(self._plan, job)
        waiting = f"until [ -s {_FOLDER}/adrift ]; do sleep 0.1; done; cat {_FOLDER}/adrift"
        with contextlib.suppress(AssertionError):  # it may be lost with the others
            await grow.ssh(waiting)
        assert int(await grow.ssh(waiting)), "there was no session"
        for _ in range(_PATIENCE):
            state = await grow.settled(job)
            if state is not JobState.RUNNING:
                break
            await asyncio.sleep(0.5)
        wrong = await self._run(f"set +e; seen {self._case} {CASES[self._case] // 512}; :")
        fault = "" if state is JobState.DONE else f" FAULT: {await grow.told(job)}"
        return f"{self._case} link step {step}: {state}{fault} {wrong}".rstrip()

    async def lifted(self) -> None:
        """Let programs be what they were."""
        await self._grow.ssh(f"umount {_FIRST_IN_PATH} || :; rm -rf {_FOLDER}")

    async def _put(self, name: str, made: str, size: int) -> Plan:
        await self._run(f"set +e; {made} 2>/dev/null; :")
        plan: Plan = await self._grow.plan("dm:hit", size)
        assert not plan.obstacles, plan.obstacles
        await self._grow.put(f"{_FOLDER}/{name}", script(plan))
        await self._run("set +e; gone hit >/dev/null 2>&1; gone hit >/dev/null 2>&1; :")
        return plan

    async def _run(self, words: str) -> str:
        return await self._grow.ssh(f"{STAGE}\n{_STRIKING}\n{words}", 600.0)


def distinct(calls: Sequence[str]) -> list[int]:
    """Return the numbers of calls, from 1; of files that are copied in a row only the first.

    Whether the fifth library is copied that a root in memory takes, or the sixth, is the same.
    """
    copied = [each.startswith("cp -L ") for each in calls]
    return [at for at in range(1, len(calls) + 1) if not all(copied[max(at - 2, 0) : at])]


def _compiled(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, name)
        here = f'-DHERE="{_FIRST_IN_PATH}"'
        command = ["gcc", "-Os", "-static", "-s", here, "-o", str(out), str(_HERE / f"{name}.c")]
        subprocess.run(command, check=True)
        return out.read_bytes()

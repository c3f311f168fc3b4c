"""Jobs that grow the stores of a guest, struck there: ``Striking(grow, "file").strikes(...)``.

By programs of its own: over SSH each strike would take ten times as long. The stand-ins of
``tripwire.c`` tell ``striker.c`` what a job calls, also in a root of its own that it makes.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from console.plan import Plan
from console.shell import script
from tests.lab.growing import STAGE, Grower

_HERE = Path(__file__).parent
_FIRST_IN_PATH = "/usr/local/sbin"
_FOLDER = "/run/striking"
_STRIKING = (_HERE / "striking.sh").read_text()
_AT_ONCE = 10
"""Strikes of one command over SSH."""
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

    async def laid(self) -> int:
        """Lay out all that it takes; return how many programs a job calls that nobody disturbs."""
        grow = self._grow
        await grow.ssh(f"mkdir -p {_FOLDER}")
        for name in ("tripwire", "striker"):
            await grow.put(f"{_FOLDER}/{name}", await asyncio.to_thread(_compiled, name))
        await grow.ssh(_LAY)
        if self._case == "joined":
            await self._put("first", "case_deleted", 18 * MIB)
        await self._put(self._case, f"case_{self._case}", CASES[self._case])
        told = "\n".join(await self.strikes("nobody", 0, 0))
        assert "FAULT" not in told, told
        return int(await grow.ssh(f"wc -l <{_FOLDER}/calls"))

    async def strikes(self, victim: str, first: int, last: int, step: int = 1) -> list[str]:
        """Strike at calls of these numbers; return a line of each."""
        told: list[str] = []
        for at in range(first, last + 1, step * _AT_ONCE):
            end = min(last, at + step * (_AT_ONCE - 1))
            words = f"{self._case} {victim} {CASES[self._case]} {at} {end} {step}"
            told += await self._run(f"strikes {words}")
        return told

    async def lifted(self) -> None:
        """Let programs be what they were."""
        await self._grow.ssh(f"umount {_FIRST_IN_PATH} || :; rm -rf {_FOLDER}")

    async def _put(self, name: str, made: str, size: int) -> None:
        await self._run(f"set +e; {made} 2>/dev/null; :")
        plan: Plan = await self._grow.plan("dm:hit", size)
        assert not plan.obstacles, plan.obstacles
        await self._grow.put(f"{_FOLDER}/{name}", script(plan))
        await self._run("set +e; gone hit >/dev/null 2>&1; gone hit >/dev/null 2>&1; :")

    async def _run(self, words: str) -> list[str]:
        said = await self._grow.ssh(f"{STAGE}\n{_STRIKING}\n{words}", 600.0)
        return said.splitlines()


def _compiled(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, name)
        here = f'-DHERE="{_FIRST_IN_PATH}"'
        command = ["gcc", "-Os", "-static", "-s", here, "-o", str(out), str(_HERE / f"{name}.c")]
        subprocess.run(command, check=True)
        return out.read_bytes()

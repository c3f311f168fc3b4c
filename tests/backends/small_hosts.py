"""Hosts that are folders: what boots them are processes that nobody waits for.

``made(folder, names)`` makes them on an old image; ``SmallHosts(folder)`` upgrades them as a
rollout wants it, and knows nothing but what is in their folders.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from console.clean import Clean
from console.errors import Unreachable
from console.rollout.gates import Before, Gate, Reading, Runs, Sight, Verdict, before
from console.rollout.mover import Ticket
from tests.console.rollout.world import NEW, OLD, picture
from tests.lab.inventory import until

_BOOT = """
set -C; : >"$1/$2" || exit 0
echo "$3" >>"$1/launched"
sleep 0.1; rm "$1/up"; sleep 0.2
set +C; printf %s "$3" >"$1/image"; rm -f "$1/job-"*
printf %s "boot-$2" >"$1/boot_id"; : >"$1/up"
"""
"""Begins the job of that name, once; then the host goes down, and boots another image."""


def made(folder: Path, names: Iterable[Clean]) -> None:
    """Make hosts that run the old image."""
    for name in names:
        host = folder / name
        host.mkdir(parents=True)
        (host / "image").write_text(OLD)
        (host / "boot_id").write_text("boot-1")
        (host / "up").touch()


def _gone(path: Path) -> bool:
    return not path.exists()


class SmallHosts:
    """All hosts of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def look(self, target: Clean) -> Sight:
        """Look at a host."""
        host = self._folder / target
        if not (host / "up").exists():
            return Sight(None, trouble=Clean("no route to host"))
        runs = Runs.NEW if (host / "image").read_text() == NEW else Runs.OLD
        return Sight(picture(target, self._boot_id(target)), runs)

    async def stage(self, target: Clean) -> None:
        """Nothing is needed."""

    async def before(self, target: Clean) -> Before:
        """Return what a host is like."""
        return before(picture(target, self._boot_id(target)), Clean(""), OLD, reboots=True)

    async def change(self, target: Clean, ticket: Ticket) -> None:
        """Boot another image, and wait for the job that does it."""
        host, job = self._folder / target, f"job-{ticket.job}"
        if not (host / "up").exists():
            raise Unreachable(f"{target}: no route to host")
        if self._boot_id(target) == ticket.boot_id and not (host / job).exists():
            argv = ("setsid", "sh", "-c", _BOOT, "boot", str(host), job, ticket.image)
            await asyncio.to_thread(subprocess.Popen, argv, stdin=subprocess.DEVNULL)
        await asyncio.to_thread(until, partial(_gone, host / job), 10.0, f"{job} to end")

    async def ask(self, target: Clean, command: Clean) -> Reading:
        """Be content."""
        return Reading(Gate.COMMAND, Verdict.PASS, command)

    def _boot_id(self, target: Clean) -> Clean:
        return Clean((self._folder / target / "boot_id").read_text())

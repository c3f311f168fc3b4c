"""The questions about another host whose answers seldom change.

``await RemoteSlow(prober, globs, 6.0).look(shell, now, changed=False)`` asks them when they are
due and otherwise gives what they gave before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from zlib import crc32

from backends.answers import Now, Slow
from backends.confs import Confs
from backends.evidence import Evidences
from backends.ssh.asker import RemoteProber
from backends.ssh.cabling import Networks
from backends.ssh.shell import Answerer
from backends.ssh.storage import Storage
from console.errors import Problem
from console.facts import Evidence
from console.memo import equal
from console.model import Gap, Mount

SLOW = 30.0
"""Seconds between two askings, give or take a third."""
SOON = 5.0
"""The same, where something changed or did not answer."""

_Guests = tuple[tuple[str, int | None], ...]


class RemoteSlow:
    """Asks, and remembers the answers."""

    def __init__(
        self, prober: RemoteProber, globs: Sequence[str], seconds: float, name: str
    ) -> None:
        # By a hash of the name, or a fleet would ask all its slow questions in the same moment.
        self.period = SLOW * (2 + crc32(name.encode()) / 2**31) / 3
        self.storage = Storage()
        self._prober = prober
        self._confs = Confs(prober, b"", globs)
        self._evidences = Evidences(prober, b"")
        self._networks = Networks()
        self._seconds = seconds
        self._known = Slow()
        self._guests: _Guests = ()
        self.stale()

    def stale(self) -> None:
        """Ask again at the next look, whatever the time."""
        self._asked_at = float("-inf")
        self._soon = True

    def soon(self) -> None:
        """Ask again before long."""
        self._soon = True

    async def look(self, shell: Answerer, now: Now, *, changed: bool) -> Slow:
        """Return the answers. Raises ``Unreachable``."""
        guests = tuple((tree.conf, tree.init) for tree in now.trees)
        self._soon |= changed or guests != self._guests
        self._guests = guests
        if time.monotonic() - self._asked_at < (SOON if self._soon else self.period):
            return self._known
        self._asked_at = time.monotonic()
        self._known = await self._ask(shell, now)
        self._soon = any(gap.problem is Problem.HUNG for gap in self._known.gaps)
        return self._known

    async def _ask(self, shell: Answerer, now: Now) -> Slow:
        (evidence, missed), configured, cabling = await asyncio.gather(
            self._images(shell, now.mounts),
            self._confs.look(tree.conf for tree in now.trees),
            self._networks.look(shell, now.networks, self._seconds),
        )
        loops, known = self.storage.loops, self._known
        gaps = (*loops.gaps, *missed, *cabling.gaps, *configured.gaps)
        return Slow(
            evidence,
            equal(configured, known.configured),
            cabling.since(known.cabling),
            equal(loops.devices, known.loops),
            gaps,
        )

    async def _images(
        self, shell: Answerer, mounts: Sequence[Mount]
    ) -> tuple[Evidence, tuple[Gap, ...]]:
        """Look at devices and, as if they were those of before, at what was booted from them."""
        before = self.storage.loops.devices
        _, found = await asyncio.gather(
            self.storage.look(shell, self._prober, self._seconds),
            self._evidences.look(mounts, before),
        )
        if (devices := self.storage.loops.devices) != before:
            found = await self._evidences.look(mounts, devices)
        return found

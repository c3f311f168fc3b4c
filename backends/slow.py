"""The questions about this host whose answers seldom change, asked together.

``await SlowQuestions(...).look(now)`` gives configurations, cabling, loop devices and evidence of
the boot, each independent of the others: what one does not answer is a gap.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from backends import devices, sysfs
from backends.answers import Now, Slow
from backends.cabling import Cabling
from backends.confs import Confs
from backends.evidence import Evidences
from backends.gaps import cut_off, failed, late
from backends.lane import DEADLINE, Lane
from backends.prober import Prober
from console.errors import Unparsable
from console.facts import Evidence
from console.model import Gap, LoopDevice, Mount
from console.parse.links import sysfs as links_of_sysfs

_NETLINK = "backends.netlink"
"""Imported in a thread, for pyroute2 takes longer than all the rest of a first look."""
_PATIENCE = 5.0
"""Seconds a look at the networks may take where that import is waited for."""
_AFTERWARDS = 0.2
"""Seconds after the first look at which the import begins where it is not."""


class SlowQuestions:
    """Asks below one root; ``patient`` waits for pyroute2 rather than look at links twice."""

    def __init__(
        self, prober: Prober, lane: Lane, root: str, globs: Sequence[str], *, patient: bool
    ) -> None:
        self._prober = prober
        self._lane = lane
        self._root = root
        self._confs = Confs(prober, os.fsencode(root), globs)
        self._evidences = Evidences(prober, os.fsencode(root))
        self._patient = patient
        self._networks = Lane("netlink", _PATIENCE if patient else DEADLINE)
        self._known = Cabling()
        self._import: asyncio.TimerHandle | None = None

    def prepare(self) -> None:
        """Begin with what takes long, while other questions are out."""
        if self._patient and not self._root and _NETLINK not in sys.modules:
            self._networks.start(importlib.import_module, _NETLINK)

    async def look(self, now: Now, again: Callable[[], None]) -> Slow:
        """Return the answers; ``again`` is called when there will soon be better ones."""
        gaps: list[Gap] = []
        cabling, (loops, evidence), configured = await asyncio.gather(
            self._cabling(now, again),
            self._images(now.mounts, gaps),
            self._confs.look(tree.conf for tree in now.trees),
        )
        gaps += (*cabling.gaps, *configured.gaps)
        self._known = cabling.since(self._known)
        return Slow(evidence, configured, self._known, loops, tuple(gaps))

    def close(self) -> None:
        """Let go of the thread."""
        if self._import is not None:
            self._import.cancel()
        self._networks.close()

    async def _images(
        self, mounts: Sequence[Mount], gaps: list[Gap]
    ) -> tuple[tuple[LoopDevice, ...], Evidence | None]:
        try:
            attributes = await self._lane.run(sysfs.loop_attributes, f"{self._root}/sys")
            loops, missed = await devices.loops(self._prober, attributes, f"{self._root}/dev")
            gaps += missed
            evidence, missed = await self._evidences.look(mounts, loops)
            gaps += missed
        except TimeoutError:
            gaps.append(late("boot"))
            return (), None
        return loops, evidence

    async def _cabling(self, now: Now, again: Callable[[], None]) -> Cabling:
        if self._root:
            return await self._by_sysfs(())
        if not self._patient and _NETLINK not in sys.modules:
            self._begin(again)
            return await self._by_sysfs(())
        try:
            return await self._networks.run(_namespaces, now.networks)
        except TimeoutError:
            return await self._by_sysfs((late("links"),))
        except OSError as error:
            return await self._by_sysfs((failed("links", error.errno or 0),))

    def _begin(self, again: Callable[[], None]) -> None:
        """Have pyroute2 imported soon, so that a later look has more to tell."""
        if self._import is None:
            loop = asyncio.get_running_loop()
            self._import = loop.call_later(_AFTERWARDS, self._fetch, again)

    def _fetch(self, again: Callable[[], None]) -> None:
        fetched = self._networks.start(importlib.import_module, _NETLINK)
        fetched.add_done_callback(lambda _: again())

    async def _by_sysfs(self, gaps: tuple[Gap, ...]) -> Cabling:
        """Return the host's own links as far as ``/sys`` tells."""
        try:
            text = await self._lane.run(sysfs.link_lines, f"{self._root}/sys")
            return Cabling(links_of_sysfs(text), gaps=gaps)
        except TimeoutError:
            return Cabling(gaps=(*gaps, late("links")))
        except Unparsable as error:
            return Cabling(gaps=(*gaps, cut_off("links", error)))


def _namespaces(networks: Mapping[int, int]) -> Cabling:
    from backends.netlink import Namespaces

    return Namespaces(Path("/run/netns")).look(networks)

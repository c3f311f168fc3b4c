"""This host, looked at through its own kernel.

``await LocalBackend().sample()`` gives its ``Facts``. Fill, memory, processes and mapped devices
are asked each time; configurations, cabling and boot identity every half minute, and at once
after a mount, a link or ``refresh``. Whatever hangs, is not permitted or makes no sense costs a
``Gap``; the rest is on time.

``root`` may be a folder with ``proc``, ``sys``, ``etc`` ... of another host: every path is then
taken below it, links come from its ``sys``, and the fill of its mounts is not known.
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backends import devices, sysfs
from backends.answers import Fast, Now, Slow, facts, networks
from backends.changes import Changes
from backends.gaps import failed, late
from backends.lane import Lane
from backends.memory import measured, uptime
from backends.prober import Prober
from backends.proc import content
from backends.processes import ProcessTable
from backends.slow import SlowQuestions
from backends.views import HERE, Place, Views
from console.clean import Clean
from console.errors import Problem, Unreachable
from console.facts import Facts, View
from console.model import DmDevice, Gap, Memory, Process
from console.trees import trees

if TYPE_CHECKING:
    from console.backend import Hands

LOCAL = Clean("local")
GLOBS = ("/opt/*/*.conf",)
"""Where configurations of subhosts are looked for unless told."""
SLOW = 30.0
"""Seconds between two askings of the slow questions."""
SOON = 5.0
"""The same, after something did not answer."""
DEADLINE = 0.8
"""Seconds until a question counts as hung."""
PATIENCE = 5.0
"""The same for reads of ``/proc`` where the first look must have everything."""
_TEXTS = ("self/mountinfo", "meminfo", "pressure/memory", "uptime")
_CALLED = ("mountinfo", "meminfo", "pressure", "uptime")
"""What each of them is called where there is only one of its kind."""

_Said = bytes | OSError


class LocalBackend:
    """Looks at this host.

    ``patient`` makes the first sample wait for what takes long to import; otherwise it comes
    without namespaces, and ``changed`` returns as soon as they can be had.
    """

    def __init__(
        self,
        root: Path = Path("/"),
        globs: Sequence[str] = GLOBS,
        *,
        name: Clean = LOCAL,
        patient: bool = False,
        deadline: float = DEADLINE,
    ) -> None:
        self._name = name
        self._root = "" if root == Path("/") else str(root)
        # A single look has no next one that would tell more: it rather waits for a slow machine.
        self._lane = Lane("proc", max(deadline, PATIENCE) if patient else deadline)
        self._prober = Prober(deadline)
        self._table = ProcessTable(Path(f"{self._root}/proc"))
        self._views = Views(self._prober)
        self._changes = Changes()
        self._questions = SlowQuestions(
            self._prober, self._lane, self._root, globs, patient=patient
        )
        self._slow = Slow()
        self._slow_at = -SLOW
        self._hands: Hands | None = None
        self._raw: Sequence[_Said] = ()

    @property
    def name(self) -> Clean:
        """The host as the inventory calls it."""
        return self._name

    async def sample(self) -> Facts:
        """Look once. Whatever hangs costs its own deadline at most, one after the other."""
        try:
            return await self._look()
        except OSError as error:  # no thread, no process, no descriptor left to look with
            why = error.strerror or str(error)
            raise Unreachable(f"{self._name} cannot be looked at: {why}") from error

    async def _look(self) -> Facts:
        if not self._root:
            self._changes.listen()
        self._prober.start()
        self._questions.prepare()
        gaps: list[Gap] = []
        self._raw = texts = await self._texts()
        processes = await self._processes(gaps)
        inside = self._inside(processes or ())
        due = self._changes.happened or time.monotonic() - self._slow_at >= SLOW
        self._changes.happened = False
        fast = replace(
            await self._fast(texts[0], inside),
            processes=processes,
            memory=_memory(texts[1], texts[2], gaps),
            uptime=_seconds(texts[3]),
        )
        if due:
            await self._ask_slowly(fast, inside)
        return facts(replace(fast, gaps=(*gaps, *fast.gaps)), self._slow)

    async def changed(self) -> None:
        """Return when a mount, a link, an address or a namespace came, went or changed.

        With a folder as root that is never: what happens here is not about that host.
        """
        if self._root:
            await asyncio.Event().wait()
        await self._changes.wait()

    async def refresh(self) -> None:
        """Ask the slow questions again at the next sample, and what hung as well."""
        self._changes.happened = True
        self._prober.forgive()

    @property
    def hands(self) -> Hands:
        """What can be done on this host."""
        if self._hands is None:
            from backends.local_hands import hands  # not needed for a look

            self._hands = hands(self._name, self._root)
        return self._hands

    @property
    def raw(self) -> Mapping[str, bytes]:
        """What the last look was told, as it was told."""
        said = zip(_CALLED, self._raw, strict=False)
        return {name: text for name, text in said if isinstance(text, bytes)}

    async def close(self) -> None:
        """Let go of everything, at once; never waits for a hung filesystem."""
        self._changes.close()
        self._prober.close()
        self._lane.close()
        self._questions.close()

    async def _texts(self) -> list[_Said]:
        paths = [f"{self._root}/proc/{name}" for name in _TEXTS]
        try:
            return await self._lane.run(_contents, paths)
        except TimeoutError:
            return [OSError(errno.ETIMEDOUT, "")] * len(paths)

    async def _processes(self, gaps: list[Gap]) -> tuple[Process, ...] | None:
        try:
            found = await self._lane.run(self._table.look)
        except TimeoutError:
            self._table = self._table.successor()
            gaps.append(late("processes"))
            return None
        except (OSError, ValueError) as error:
            gaps.append(failed("processes", getattr(error, "errno", errno.EIO)))
            return None
        # From root too the kernel hides some processes of its own choice, which are no subhosts.
        if self._table.denied and os.geteuid() != 0:
            gaps.append(failed("processes of others", errno.EACCES))
        return found

    def _inside(self, processes: Iterable[Process]) -> tuple[Place, ...]:
        """Return where the running subhosts are seen from outside."""
        proc = os.fsencode(f"{self._root}/proc")
        return tuple(
            Place(b"%s/%d/root" % (proc, tree.init), tree.name, tree.init, not self._root)
            for tree in trees(processes)
            if tree.init is not None
        )

    async def _fast(self, mountinfo: _Said, inside: Sequence[Place]) -> Fast:
        host = Place(os.fsencode(self._root), live=False) if self._root else HERE
        self._views.forget((host, *inside))
        said = zip((host, *inside), (mountinfo, *await self._tables(inside)), strict=True)
        (dm, dm_gaps), seen = await asyncio.gather(self._mapped(), self._seen(dict(said)))
        gaps = [*(gap for _, missed in seen.values() for gap in missed), *dm_gaps]
        others = {place.pid or 0: seen[place][0] for place in inside}
        return Fast(seen[host][0], others, dm, gaps=tuple(gaps))

    async def _tables(self, inside: Sequence[Place]) -> list[_Said]:
        paths = [f"{self._root}/proc/{place.pid}/mountinfo" for place in inside]
        try:
            return await self._lane.run(_contents, paths) if paths else []
        except TimeoutError:
            return [OSError(errno.ETIMEDOUT, "")] * len(paths)

    async def _seen(
        self, tables: Mapping[Place, _Said]
    ) -> Mapping[Place, tuple[View, tuple[Gap, ...]]]:
        read = {place: text for place, text in tables.items() if isinstance(text, bytes)}
        seen = dict(zip(read, await self._views.look(list(read.items())), strict=True))
        for place, text in tables.items():
            if isinstance(text, OSError):
                probe = f"mountinfo of {place.name}" if place.name else "mountinfo"
                seen[place] = View(), (_failed(probe, text),)
        return seen

    async def _mapped(self) -> tuple[tuple[DmDevice, ...], tuple[Gap, ...]]:
        try:
            if not await self._lane.run(sysfs.mapped, f"{self._root}/sys"):
                return (), ()
        except TimeoutError:
            return (), (late("device-mapper"),)
        control = os.fsencode(f"{self._root}/dev/mapper/control")
        return await devices.mapped(self._prober, control)

    async def _ask_slowly(self, fast: Fast, inside: Sequence[Place]) -> None:
        processes = fast.processes or ()
        now = Now(fast.view.mounts, trees(processes), networks(processes, inside))
        self._slow_at = time.monotonic()
        slow = await self._questions.look(now, self._changes.alarm)
        if slow.evidence is None:
            slow = replace(slow, evidence=self._slow.evidence, loops=self._slow.loops)
        if any(gap.problem is Problem.HUNG for gap in slow.gaps):
            self._slow_at -= SLOW - SOON
        self._slow = slow


def _contents(paths: Iterable[str]) -> list[_Said]:
    said: list[_Said] = []
    for path in paths:
        try:
            said.append(content(path))
        except OSError as error:
            said.append(error)
    return said


def _failed(probe: str, error: OSError) -> Gap:
    if error.errno == errno.ETIMEDOUT:
        return late(probe)
    return failed(probe, error.errno or errno.EIO)


def _memory(meminfo: _Said, pressure: _Said, gaps: list[Gap]) -> Memory | None:
    if isinstance(meminfo, OSError):
        gaps.append(_failed("memory", meminfo))
        return None
    # Kernels built without pressure stall information have no such file, or refuse to read it.
    return measured(meminfo, pressure if isinstance(pressure, bytes) else b"", gaps)


def _seconds(said: _Said) -> float | None:
    return uptime(said) if isinstance(said, bytes) else None

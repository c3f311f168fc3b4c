"""Who fills a level: from what a host answered to the report; pure.

A process is blamed by what its counters grew between two looks, if it can reach the store: it
holds a file open for writing on one of its mounts (``mnt_id`` of its ``fdinfo``, never
``st_dev``, which an overlay makes up), or one of them is mounted in its namespace. What children
that ended had written before comes to their parent's counters at once, and is taken off again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from console.clean import Clean
from console.holdings import Holdings
from console.model import Host
from console.tracing import OpenFile, Traced, Written
from console.writers import Counter, Deleted, Writer, Writers

_TOLD = 20
"""Writers and deleted files in a report."""
_NAMED = 5
"""Files told of one writer."""
_MAYBE = 0.1
"""What a rate counts of a process that could write there, but was not seen to."""
_KIN = 40
"""Generations that a process is followed up by."""
_NOBODY = Written()


def blamed(
    host: Host, subhost: Clean, level: Clean, traced: Traced, holdings: Holdings
) -> Writers:
    """Return the report; ``holdings`` is all that was found in the store so far."""
    crowd = _Crowd(host, traced)
    return Writers(
        host=host.name,
        subhost=subhost,
        level=level,
        time=traced.time,
        seconds=traced.rates.seconds,
        since=holdings.since,
        compared=holdings.before is not None,
        writers=tuple(crowd.writers()),
        files=holdings.files(),
        folders=holdings.folders(),
        deleted=tuple(crowd.deleted()),
        unseen=traced.unseen,
        inodes=holdings.scan.inodes,
        complete=holdings.scan.after is None,
    )


class _Crowd:
    """The processes of a host between two looks."""

    def __init__(self, host: Host, traced: Traced) -> None:
        self._host = host
        self._spaces = traced.spaces
        self._terrain = traced.terrain
        self._rates = traced.rates

    def writers(self) -> list[Writer]:
        """Return who wrote, the worst first."""
        found = [each for pid in self._grown if (each := self._writer(pid))]
        found.sort(key=lambda each: -each.rate * (1 if each.sure else _MAYBE))
        return found[:_TOLD]

    def deleted(self) -> Iterator[Deleted]:
        """Yield files that are only held, the largest first; each once."""
        told: set[tuple[Clean, int | None]] = set()
        for each in self._rates.deleted:
            if each.size and (each.path, each.size) not in told and len(told) < _TOLD:
                told.add((each.path, each.size))
                yield Deleted(
                    pid=each.pid,
                    name=self._known(each.pid).name,
                    subhost=self._subhost(each.pid),
                    service=_service(self._known(each.pid).group),
                    descriptor=each.number,
                    path=each.path,
                    size=each.size,
                )

    def _writer(self, pid: int) -> Writer | None:
        held = self._held.get(pid, ())
        memory, block = self._reach(pid)
        if held:
            memory = memory or bool(self._terrain.memory)
            block = block or bool(self._terrain.block)
        wchar, blocks = self._grown[pid]
        in_memory = max(wchar - blocks, 0) if memory else 0
        written = in_memory + (blocks if block else 0)
        if written <= 0 or self._rates.me in self._lineage(pid):
            return None
        process = self._known(pid)
        return Writer(
            pid=pid,
            name=process.name,
            subhost=self._subhost(pid),
            service=_service(process.group),
            rate=written / self._rates.seconds,
            counter=Counter.WCHAR if in_memory * 2 > written else Counter.WRITE_BYTES,
            files=tuple(dict.fromkeys(each.path for each in held))[:_NAMED],
        )

    @cached_property
    def _grown(self) -> Mapping[int, tuple[int, int]]:
        """By pid what its two counters grew."""
        before, after = self._rates.before, self._rates.after
        grown: dict[int, tuple[int, int]] = {}
        for pid, now in after.items():
            was = before.get(pid, _NOBODY)
            if now.wchar < was.wchar or now.blocks < was.blocks:
                was = _NOBODY  # the number went to another process meanwhile
            grown[pid] = (now.wchar - was.wchar, now.blocks - was.blocks)
        for pid, ended in before.items():
            if pid not in after and ended.parent in grown:
                wchar, blocks = grown[ended.parent]
                grown[ended.parent] = wchar - ended.wchar, blocks - ended.blocks
        return grown

    @cached_property
    def _held(self) -> Mapping[int, list[OpenFile]]:
        held: defaultdict[int, list[OpenFile]] = defaultdict(list)
        for each in self._rates.written:
            held[each.pid].append(each)
        return held

    @cached_property
    def _reached(self) -> Mapping[int | None, tuple[bool, bool]]:
        """By mount namespace whether mounts of the store in memory and on blocks are in it."""
        found: dict[int | None, tuple[bool, bool]] = {}
        for pid, table in self._spaces.tables.items():
            ids = {mount.id for mount in table}
            space = self._spaces.mount.get(pid) if pid else self._spaces.own
            found[space] = bool(ids & self._terrain.memory), bool(ids & self._terrain.block)
        return found

    @cached_property
    def _inside(self) -> Mapping[tuple[str, int], Clean]:
        """Subhosts by the namespaces of their first process."""
        spaces = self._spaces
        found: dict[tuple[str, int], Clean] = {}
        for sub in self._host.subhosts:
            mount, pid = spaces.mount.get(sub.pid or 0), spaces.pid.get(sub.pid or 0)
            if mount is not None and mount != spaces.own:
                found["mount", mount] = sub.name
            if pid is not None and pid != spaces.pid.get(1):
                found["pid", pid] = sub.name
        return found

    def _reach(self, pid: int) -> tuple[bool, bool]:
        for each in self._lineage(pid):
            if (space := self._spaces.mount.get(each)) is not None:
                return self._reached.get(space, (False, False))
        return False, False

    def _subhost(self, pid: int) -> Clean:
        spaces = self._spaces
        for each in self._lineage(pid):
            for kind, space in (("mount", spaces.mount.get(each)), ("pid", spaces.pid.get(each))):
                if space is not None and (name := self._inside.get((kind, space))) is not None:
                    return name
        return Clean("")

    def _lineage(self, pid: int) -> Iterator[int]:
        """Yield a process and those it comes from."""
        for _ in range(_KIN):
            if not pid:
                return
            yield pid
            pid = self._known(pid).parent

    def _known(self, pid: int) -> Written:
        return self._rates.after.get(pid) or self._rates.before.get(pid, _NOBODY)


def _service(group: Clean) -> Clean | None:
    """Return the innermost unit of a control group's path."""
    parts = reversed(group.split("/"))
    return next((Clean(part) for part in parts if part.endswith((".service", ".scope"))), None)

"""Who writes to a store, and what takes room in it: a program of sh asked in a few steps.

First namespaces and mounts, from which follows what to look at; then two looks at every process
and a walk of the store within a budget. Nothing of it is asked by itself, only when somebody wants
to know, and it gives way to everything else on that host.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from backends.run import Ended
from console.clean import Clean, clean, clean_path
from console.errors import ConsoleError, Problem, Unreachable
from console.holdings import aliases, beneath, names, together
from console.parse import writers as parse
from console.parse.decimal import decimal
from console.places import terrain
from console.tracing import (
    FOLDER,
    Rates,
    Root,
    Scan,
    Terrain,
    Traced,
    TraceRequest,
    Unfinished,
)

PROGRAM: Final = Path(__file__).with_name("writers.sh").read_bytes()
_SECONDS: Final = 20.0
"""Until a host that has not answered counts as hung; a walk may take its budget besides."""
_ASKED: Final = 1000
"""Paths that one question may name."""

Run = Callable[[bytes, Sequence[bytes], float], Awaitable[Ended]]
"""Runs a program of ``sh`` with these words for at most so many seconds."""


async def traced(run: Run, request: TraceRequest) -> Traced:
    """Return the facts. Raises ``ConsoleError``, and whatever ``run`` raises."""
    pids = dict.fromkeys(place.pid for place in request.places if place.pid is not None)
    spaces = parse.spaces(await _answer(run, ["spaces", *map(str, pids)]))
    ground = await _with_real_names(run, terrain(request, spaces))
    unseen = list(ground.unseen)
    rates = await _rates(run, ground, request.pause, unseen)
    scan = await _Walk(run, request, unseen).through(ground) if request.walk else Scan()
    scan = await _with_users(run, scan, ground, rates)
    if not spaces.root:
        unseen.append(Clean("processes and folders of others: only root may look at them"))
    return Traced(time.time(), spaces, ground, rates, scan, tuple(unseen))


async def _answer(run: Run, words: Sequence[str | bytes], seconds: float = 0.0) -> bytes:
    raw = [each.encode() if isinstance(each, str) else each for each in words]
    ended = await run(PROGRAM, raw, _SECONDS + seconds)
    if ended.status != 0:
        told = clean(ended.trouble.strip().rpartition(b"\n")[2]) or f"status {ended.status}"
        raise ConsoleError(f"who writes there cannot be found out: {told}")
    return ended.said


async def _with_real_names(run: Run, ground: Terrain) -> Terrain:
    paths = list(dict.fromkeys(layer.path for layer in ground.layers if layer.path))
    if not paths:
        return ground
    found = parse.values(await _answer(run, ["real", *paths[:_ASKED]]))
    return aliases(
        ground, {path: where for path, where in zip(paths, found, strict=False) if where}
    )


async def _rates(run: Run, ground: Terrain, pause: float, unseen: list[Clean]) -> Rates:
    ids = sorted(ground.mounts)
    rates = parse.rates(await _answer(run, ["rates", f"{pause:g}", *map(str, ids)], pause))
    if rates.cut:
        unseen.append(Clean("some of the processes: there are too many to tell"))
    return rates


async def _with_users(run: Run, scan: Scan, ground: Terrain, rates: Rates) -> Scan:
    """Ask who runs the files that were found, has them mapped or makes devices of them."""
    called = {path: name for path, name in names(scan, ground).items() if b"\n" not in name}
    asked = list(dict.fromkeys(called.values()))[:_ASKED]
    if not asked:
        return scan
    found = parse.users(await _answer(run, ["users", *asked]))
    return replace(
        scan,
        users={path: _user(found[name], rates) for path, name in called.items() if name in found},
    )


def _user(users: Sequence[bytes], rates: Rates) -> Clean:
    """Return one of them, whose name is known if that is so of any."""
    pids = sorted(pid for each in users if (pid := decimal(each)) is not None)
    for pid in pids:
        if (process := rates.after.get(pid)) is not None:
            return clean(f"{process.name} ({pid})")
    return clean(f"process {pids[0]}") if pids else clean(users[0])


class _Walk:
    """Looks through the folders of a store until a budget is used up."""

    def __init__(self, run: Run, request: TraceRequest, unseen: list[Clean]) -> None:
        self._run = run
        self._request = request
        self._unseen = unseen
        self._inodes = request.inodes
        self._until = time.monotonic() + request.seconds

    async def through(self, ground: Terrain) -> Scan:
        """Return what was found from where the request begins."""
        scan = Scan()
        after = self._request.after
        roots = list(ground.roots)
        if after is not None and any(root.path == after.root for root in roots):
            while roots[0].path != after.root:
                roots.pop(0)
        else:
            after = None
        for root in roots:
            start = after.last if after is not None and after.root == root.path else b""
            if self._inodes <= 0 or self._until <= time.monotonic():
                scan = replace(scan, after=Unfinished(root.path, start))
                break
            scan = together(scan, await self._one(root, start))
            if scan.after is not None:
                break
        return await self._with_lower(scan, ground)

    async def _one(self, root: Root, start: bytes) -> Scan:
        name = clean_path(root.path or b"/")
        seconds = max(self._until - time.monotonic(), 1.0)
        request = self._request
        floor = "boot" if request.since_boot else "0"
        budget = str(self._inodes), f"{seconds:.0f}"
        words: list[str | bytes] = [
            "scan",
            root.path,
            f"{request.since:.0f}",
            floor,
            *budget,
            start,
            *root.avoid,
        ]
        try:
            found = parse.scan(await _answer(self._run, words, seconds), root.path)
        except Unreachable as error:
            if error.problem not in {Problem.HUNG, Problem.TIMEOUT}:
                raise
            self._unseen.append(clean(f"{name}: {error}"))
            return Scan(after=Unfinished(root.path, start))
        if found is None:
            self._unseen.append(clean(f"{name}: not reachable by that name"))
            return Scan()
        scan, full = found
        self._inodes -= scan.inodes
        if scan.after is not None:
            why = {"inodes": f"{request.inodes:,} entries", "seconds": f"{request.seconds:.0f} s"}
            told = f"a look ends after {why[full]}" if full in why else "the walk was ended"
            self._unseen.append(clean(f"{name}: what is left of it: {told}"))
        return scan

    async def _with_lower(self, scan: Scan, ground: Terrain) -> Scan:
        """Ask whether lower layers have the files that were found."""
        paths = beneath(scan, ground)[:_ASKED]
        if not paths:
            return scan
        found = parse.values(await _answer(self._run, ["sizes", *paths]))
        lower = {
            path: size
            for path, told in zip(paths, found, strict=False)
            if (size := FOLDER if told == b"-1" else decimal(told)) is not None
        }
        return replace(scan, lower=lower)

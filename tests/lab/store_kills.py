"""Kills or fails a job about a store, at each program it calls, while somebody writes there.

Run ``apart``: ``python -m tests.lab.store_kills CASE VICTIM EVERY``. The ``CASE`` is one of
``CASES``, ``VICTIM`` is ``shell`` (the job's) or ``fail``: then it is the program itself that
fails. What was killed is finished and taken back in turns. What is printed is a ``Report``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from console.actions.ballast import FOLDER
from console.clean import Clean
from console.plan import Plan, Verb, Wish
from tests.lab.alone import QUIET, Lab, laboratory
from tests.lab.apart import NAME
from tests.lab.inventory import FOLDERS, until
from tests.lab.journal import vacuumed
from tests.lab.kills import Blow, Report, text
from tests.lab.planning import Begun, begun
from tests.lab.traces import traces
from tests.lab.tripwire import Call, Verdict, go
from tests.lab.world import mount
from tests.lab.writing import Writer

_OLD, _NEW = 4 << 20, 8 << 20
_WHOLE = 1 << 20
"""Bytes of a file that is to go."""
_HELD = 1 << 19
_STORE = FOLDERS / f"{NAME}-store"


class Case(Protocol):
    """One way to relieve a store."""

    @property
    def wish(self) -> Wish:
        """What is done."""

    @property
    def folder(self) -> Path:
        """Where somebody writes meanwhile, by the way of the host."""

    def reset(self) -> None:
        """Make it so that there is something to be done."""

    def wrong(self, word: str) -> Iterator[str]:
        """Yield what is neither as before nor as it was to become, or not as the job says."""


@dataclass(frozen=True, slots=True)
class Grown:
    """A tmpfs that is to hold more."""

    wish: Wish
    folder: Path
    remount: tuple[str, ...]
    """What makes it small again."""

    def reset(self) -> None:
        """Make it small."""
        subprocess.run(self.remount, check=True)

    def wrong(self, word: str) -> Iterator[str]:
        """Yield how large it is, where that cannot be."""
        seen = os.statvfs(self.folder)
        total = seen.f_blocks * seen.f_frsize
        if total not in {"done": {_NEW}, "undone": {_OLD}}.get(word, {_OLD, _NEW}):
            yield f"it holds {total} bytes"


@dataclass(frozen=True, slots=True)
class Gone:
    """A file that is to go, or to become empty."""

    wish: Wish
    file: Path
    folder: Path

    def reset(self) -> None:
        """Make it, and another beside it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        for path in (self.file, self.folder / "beside"):
            path.write_bytes(b"x" * _WHOLE)

    def wrong(self, word: str) -> Iterator[str]:
        """Yield what is half gone, or gone beside it."""
        left = self.file.stat().st_size if self.file.exists() else None
        gone = 0 if self.wish.verb is Verb.TRUNCATE else None
        if left not in ({gone} if word == "done" else {gone, _WHOLE}):
            yield f"{left} bytes of it are left"
        if (self.folder / "beside").stat().st_size != _WHOLE:
            yield "and more than that went"


@dataclass(frozen=True, slots=True)
class Ballast:
    """What is to be held, or let go."""

    wish: Wish
    folder: Path

    @property
    def _held(self) -> Path:
        return self.folder / FOLDER

    def reset(self) -> None:
        """Hold one where it is to be let go, else none."""
        shutil.rmtree(self._held, ignore_errors=True)
        if self.wish.verb is Verb.RELEASE:
            self._held.mkdir(mode=0o700)
            (self._held / "room").write_bytes(b"x" * _HELD)

    def wrong(self, word: str) -> Iterator[str]:
        """Yield what is there that should not be, or the other way round."""
        wanted = {"done": self.wish.verb is Verb.HOLD, "undone": self.wish.verb is Verb.RELEASE}
        room = self._held / "room"
        if word in wanted and (room.exists() and room.stat().st_size >= _HELD) != wanted[word]:
            yield f"it holds {[*self._held.glob('*')]}"


async def _inside(lab: Lab) -> Path:
    """Return the host's way to the root of a subhost that runs."""
    if (await lab.seen()).pid is None:
        await lab.do(Verb.START)
    return Path(f"/proc/{(await lab.seen()).pid}/root")


async def _run(lab: Lab) -> Case:
    root = await _inside(lab)
    wish = Wish(Verb.GROW, Clean(NAME), level=Clean("tmpfs:/run"), size=_NEW)
    enter = ("nsenter", "-t", root.parts[2], "-m", "mount", "-o", f"remount,size={_OLD}", "/run")
    return Grown(wish, root / "run", enter)


async def _tmpfs(lab: Lab) -> Case:
    store = _mounted()
    wish = Wish(Verb.GROW, Clean(""), level=Clean(f"tmpfs:{store}"), size=_NEW)
    return Grown(wish, store, ("mount", "-o", f"remount,size={_OLD}", str(store)))


async def _overlay(lab: Lab) -> Case:
    store, merged = _mounted(), _STORE.with_name(f"{NAME}-merged")
    if not merged.exists():
        for each in (merged, store / "upper", store / "work", store / "lower"):
            each.mkdir()
        layers = f"lowerdir={store}/lower,upperdir={store}/upper,workdir={store}/work"
        mount(NAME, merged, "overlay", layers)
    wish = Wish(Verb.GROW, Clean(""), level=Clean(f"overlay:{merged}"), size=_NEW)
    return Grown(wish, merged, ("mount", "-o", f"remount,size={_OLD}", str(store)))


def _mounted() -> Path:
    if not _STORE.exists():
        _STORE.mkdir()
        mount("tmpfs", _STORE, "tmpfs", f"size={_OLD}")
    return _STORE


def _ballast(verb: Verb) -> Callable[[Lab], Awaitable[Case]]:
    async def made(lab: Lab) -> Case:
        store = _mounted()
        sizes = (_HELD, 9) if verb is Verb.HOLD else (None, None)
        level = Clean(f"tmpfs:{store}")
        return Ballast(Wish(verb, Clean(""), level=level, size=sizes[0], inodes=sizes[1]), store)

    return made


def _going(verb: Verb, inside: str = "", file: str = "") -> Callable[[Lab], Awaitable[Case]]:
    async def made(lab: Lab) -> Case:
        place = await _inside(lab) / "srv" if inside else _mounted()
        path = inside or f"{place}/going"
        wish = Wish(verb, Clean(NAME if inside else ""), paths=(Clean(path),))
        return Gone(wish, Path(f"{place.parent if inside else ''}{path}{file}"), place)

    return made


CASES: Mapping[str, Callable[[Lab], Awaitable[Case]]] = {
    "run": _run,
    "tmpfs": _tmpfs,
    "overlay": _overlay,
    "delete": _going(Verb.DELETE),
    "truncate": _going(Verb.TRUNCATE),
    "delete-inside": _going(Verb.DELETE, "/srv/going"),
    "truncate-inside": _going(Verb.TRUNCATE, "/srv/going"),
    "purge-inside": _going(Verb.PURGE, "/var/cache/apt", "/archives/going_1_all.deb"),
    "vacuum": vacuumed,
    "hold": _ballast(Verb.HOLD),
    "release": _ballast(Verb.RELEASE),
}


async def undisturbed(lab: Lab, case: Case) -> list[str]:
    """Do it as it is meant; return the programs that its job calls."""
    calls: list[Call] = []
    plan = await _planned(lab, case)

    def heard(call: Call) -> Verdict:
        calls.append(call)
        return Verdict.GO

    lab.wire.tripped = heard
    job = begun(plan)
    word = job.ended()
    lab.wire.tripped = go
    assert word == "done", f"{plan.title}: {word}: {job.journal} {job.log}"
    assert not [*case.wrong(word)], [*case.wrong(word)]
    return [text(call) for call in calls]


async def disturbed(lab: Lab, case: Case, victim: str, at: int) -> list[str]:
    """Kill or fail at the call of that number; return what is wrong then."""
    plan, before = await _planned(lab, case), traces()
    with Writer(case.folder) as writer:
        blow = Blow(victim, at)
        lab.wire.tripped = blow
        blow.job = job = begun(plan)
        with suppress(TimeoutError):
            job.ended(QUIET)
        busy = lab.rest()
        lab.wire.tripped = go
        lab.outcomes = [" ".join(blow.struck.split())[:90], job.word or "killed"]
        found = [*busy, *case.wrong(job.word or "killed")]
        word = job.word or _settled(lab, job, "finish" if at % 2 else "roll-back")
        found += case.wrong(word)
        if word == "killed" or (job.word is None and word.startswith("left")):
            found.append(f"{word}: {job.log}")
        writer.goes_on()
        found += writer.torn()
    left = replace(traces(), processes=before.processes).against(before)
    return [*found, *([f"and yet: {left}"] if left else [])]


def _settled(lab: Lab, job: Begun, how: str) -> str:
    until(lambda: _is_free(job.folder / "lock"), QUIET, "who was called last to end")
    word = job.again(how).ended(QUIET)
    lab.outcomes.append(f"{how}: {word}")
    return word


def _is_free(lock: Path) -> bool:
    return not subprocess.run(["flock", "-n", lock, "true"], check=False).returncode


async def _planned(lab: Lab, case: Case) -> Plan:
    case.reset()
    plan = await lab.operator.planned(case.wish)
    assert not plan.obstacles, f"{plan.title}: {plan.obstacles}"
    return plan


async def matrix(lab: Lab, name: str, victim: str, every: int) -> Report:
    """Strike at every so-many-th call."""
    case = await CASES[name](lab)
    calls = await undisturbed(lab, case)
    outcomes, faults = [], []
    for at in range(every, len(calls) + 1, every):
        try:
            wrong = await disturbed(lab, case, victim, at)
        except (AssertionError, TimeoutError, OSError) as error:
            wrong = [f"{type(error).__name__} {error}"]
        outcomes.append(f"{at} {': '.join(lab.outcomes)}")
        faults += [f"{name} {victim} {outcomes[-1]}: {each}" for each in wrong]
    return Report(calls, outcomes, faults)


def _gone() -> None:
    for place in (_STORE.with_name(f"{NAME}-merged"), _STORE):
        if place.exists():
            subprocess.run(["umount", place], check=False)
            shutil.rmtree(place)


async def main(name: str, victim: str, every: int) -> Report:
    """Do what the command line says."""
    with laboratory() as lab:
        try:
            return await matrix(lab, name, victim, every)
        finally:
            if (await lab.seen()).pid is not None:
                await lab.do(Verb.STOP)
            await lab.operator.close()
            await asyncio.to_thread(_gone)


if __name__ == "__main__":
    report = asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    sys.stdout.write(json.dumps(report._asdict(), indent=1))

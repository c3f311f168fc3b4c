"""Journals of rollouts: ``$XDG_STATE_HOME/subdeck/rollouts/ID.jsonl``, a record a line, on disk.

Every record is on disk before what it announces is done. Any console of this operator may read a
journal and write what its operator says; one alone drives, by a lock that its crash ends. Of those
that are over only the last are kept.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.lane import Lane
from backends.private import append, opened, read, written
from console.clean import Clean, clean
from console.errors import ConsoleError
from console.rollout.journal import line, records
from console.rollout.machine import Machine, replayed
from console.rollout.phases import Course, Phase
from console.rollout.records import Begun, Record

KEPT: Final = 30
"""Journals of rollouts that are over."""
_DEADLINE: Final = 20.0
_HOLDER: Final = 256


@dataclass(frozen=True, slots=True)
class Kept:
    """One rollout whose journal is kept."""

    id: Clean
    machine: Machine | None
    """``None``: its journal cannot be read."""
    driver: Clean | None
    """Who drives it just now."""
    trouble: Clean | None = None


class Rollouts:
    """The rollouts of one operator, in a folder that is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lane = Lane("rollouts", _DEADLINE)

    async def begin(self, begun: Begun) -> None:
        """Begin a journal. Raises ``ConsoleError``, also where another rollout has the target."""
        await written(self._lane, self._folder, self._begin, begun)

    async def kept(self) -> tuple[Kept, ...]:
        """Return all rollouts there are, the oldest first."""
        return await read(self._lane, self._folder, lambda: tuple(self._kept()))

    async def find(self, beginning: str) -> Clean:
        """Return the id that begins so; empty: of the only rollout that is not over."""
        found = await self.kept()
        if beginning:
            ids = [each.id for each in found if each.id.startswith(beginning)]
        else:
            ids = [each.id for each in found if each.machine is None or not _over(each.machine)]
        if len(ids) == 1:
            return ids[0]
        hint = "subdeck rollout list lists them"
        if not ids:
            what = (
                f"{clean(beginning)}: no such rollout" if beginning else "no rollout is under way"
            )
            raise ConsoleError(what, hint)
        raise ConsoleError(f"which rollout? {', '.join(ids)}", hint)

    def book(self, rollout: Clean) -> RolloutFile:
        """Return the journal of one rollout, which has not been read yet."""
        return RolloutFile(self._path(rollout))

    @contextmanager
    def driving(self, rollout: Clean, who: Clean) -> Iterator[None]:
        """Keep others from driving it. Raises ``ConsoleError`` that says who does."""
        with opened(self._lock(rollout), os.O_RDWR | os.O_CREAT) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                hint = f"subdeck rollout show {rollout}"
                raise ConsoleError(f"{rollout}: is driven by {_holder(lock)}", hint) from None
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{who}, process {os.getpid()}".encode(), 0)
            yield

    def driver(self, rollout: Clean) -> Clean | None:
        """Return who drives a rollout just now."""
        with suppress(FileNotFoundError), opened(self._lock(rollout), os.O_RDONLY) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _holder(lock)
        return None

    def close(self) -> None:
        """Let go of the thread."""
        self._lane.close()

    def _begin(self, begun: Begun) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened(self._folder / "lock", os.O_RDWR | os.O_CREAT) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            wanted = {target for wave in begun.waves for target in wave}
            kept = tuple(self._kept())
            for other in kept:
                _refuse_common(other, wanted)
            self._drop(kept)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
            with opened(self._path(begun.id), flags) as file:
                append(file, line(begun))
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _drop(self, kept: Sequence[Kept]) -> None:
        """Let go the oldest of those to which nothing can happen any more."""
        past = [each for each in kept if each.driver is None and _past(each.machine)]
        for each in past[: max(len(past) - KEPT + 1, 0)]:
            self._path(each.id).unlink(missing_ok=True)
            self._lock(each.id).unlink(missing_ok=True)

    def _kept(self) -> Iterator[Kept]:
        for path in sorted(self._folder.glob("*.jsonl")):
            name = clean(path.stem)
            try:
                with opened(path, os.O_RDONLY) as file:
                    fcntl.flock(file, fcntl.LOCK_SH)
                    text = os.pread(file, os.fstat(file).st_size, 0)
                machine = replayed(records(text, path.name))
                yield Kept(name, machine, self.driver(name))
            except (ConsoleError, ValueError) as error:
                yield Kept(name, None, None, clean(f"{path.name}: {error}"))

    def _path(self, rollout: Clean) -> Path:
        return self._folder / f"{rollout}.jsonl"

    def _lock(self, rollout: Clean) -> Path:
        return self._folder / f"{rollout}.lock"


class RolloutFile:
    """One console's end of a journal."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lane = Lane("rollout", _DEADLINE)
        self._at = 0
        self._lines = 0

    async def read(self) -> tuple[Record, ...]:
        """Return what was written since it was read last."""
        return await read(self._lane, self._path, self._read)

    async def write(self, record: Record, *, guarded: bool) -> tuple[bool, tuple[Record, ...]]:
        """Write a record; of what stands before it, what is new is returned too.

        A ``guarded`` one is not written where there is any.
        """
        return await written(self._lane, self._path, self._write, record, guarded)

    def close(self) -> None:
        """Let go of the thread; what was written is on disk."""
        self._lane.close()

    def _read(self) -> tuple[Record, ...]:
        with opened(self._path, os.O_RDONLY) as file:
            if os.fstat(file).st_size == self._at:
                return ()
            fcntl.flock(file, fcntl.LOCK_SH)
            return self._news(file)

    def _write(self, record: Record, guarded: bool) -> tuple[bool, tuple[Record, ...]]:
        with opened(self._path, os.O_RDWR | os.O_APPEND) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            news = self._news(file)
            if guarded and news:
                return False, news
            os.ftruncate(file, self._at)  # what a crash has torn was never acted upon
            said = line(record)
            append(file, said)
            self._at += len(said)
            self._lines += 1
            return True, (*news, record)

    def _news(self, file: int) -> tuple[Record, ...]:
        """Return what whole lines are new."""
        text = os.pread(file, os.fstat(file).st_size - self._at, self._at)
        found = records(text, self._path.name, self._lines + 1)
        self._at += text.rfind(b"\n") + 1
        self._lines += len(found)
        return found


def _holder(lock: int) -> Clean:
    return clean(os.pread(lock, _HOLDER, 0)) or Clean("another console")


def _over(machine: Machine) -> bool:
    return machine.course in {Course.DONE, Course.STOPPED}


def _past(machine: Machine | None) -> bool:
    """Whether it is over, and none of its targets is still to be found."""
    if machine is None or not _over(machine):
        return False
    return all(each.phase is not Phase.LOST for each in machine.standings.values())


def _refuse_common(other: Kept, wanted: set[Clean]) -> None:
    if other.machine is None or _over(other.machine):
        return
    theirs = set(other.machine.standings)
    hosts = {each.partition("/")[0] for each in theirs}
    for target in sorted(wanted):
        host = target.partition("/")[0]
        if target in theirs or host in theirs or (host == target and host in hosts):
            hint = f"subdeck rollout resume {other.id}, or abort {other.id}"
            raise ConsoleError(f"{target}: is part of rollout {other.id} already", hint)

"""Questions to another host that may never be answered, asked so that only they are lost.

What is harmless goes to the shell that also brings the fast answers. What is below a suspicious
mount goes to side shells on the same connection: one whose program hangs is left alone until it
comes back, which tells at once that the mount is back, and never is there a second one for the
same mount.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from backends.probe_child import HUNG
from backends.questions import Answer, Question, suspect
from backends.ssh import operations
from backends.ssh.batch import batched, first_of
from backends.ssh.shell import Answerer, Shell, Silent
from console.errors import ConsoleError
from console.parse.probe_frames import Frame

DEADLINE = 1.0
"""Seconds until a question to a suspicious mount counts as hung."""
STUCK = 4
"""Side shells that may hang at once; a server allows some ten sessions a connection."""


@dataclass(slots=True)
class _Stuck:
    shell: Shell
    answer: asyncio.Future[Frame | None]


class Sides:
    """Shells for what may hang, one question at a time."""

    def __init__(self, another: Callable[[], Awaitable[Shell]]) -> None:
        self._another = another
        self._idle: Shell | None = None
        self._stuck: dict[bytes, _Stuck] = {}

    async def ask(self, key: bytes, request: bytes) -> Frame | None:
        """Return the answer of what is below the mount ``key``; ``None``: it hangs.

        Raises ``ConsoleError`` when there is no shell to be had.
        """
        if not self._is_back(key) or len(self._stuck) >= STUCK:
            return None
        shell, self._idle = self._idle, None
        if shell is None or not shell.alive:
            shell = await self._another()
        answer = shell.post(request)
        done, _ = await asyncio.wait([answer], timeout=DEADLINE)
        if not done:
            self._stuck[key] = _Stuck(shell, answer)
            return None
        self._idle = shell
        return shell.result(answer.result())

    def close(self) -> None:
        """Let go of all of them."""
        for each in self._stuck.values():
            each.shell.close()
        if self._idle is not None:
            self._idle.close()
        self._stuck.clear()
        self._idle = None

    def _is_back(self, key: bytes) -> bool:
        out = self._stuck.get(key)
        if out is not None and out.answer.done():
            del self._stuck[key]
            if self._idle is None:
                self._idle = out.shell
            else:
                out.shell.close()
        return key not in self._stuck


class RemoteProber:
    """Asks one host, through a main shell and side shells."""

    def __init__(self, seconds: float) -> None:
        self.suspects: Mapping[bytes, bytes] = {}
        """Mount points that may hang, each with the key under which all below it is asked."""
        self.numbers: tuple[Sequence[bytes], Sequence[bytes]] = (), ()
        """Paths, and the numbers of ``statvfs`` that came along with the fast answers for each."""
        self.stores: tuple[bytes, ...] = ()
        """Paths whose ``statvfs`` was asked lately and answered."""
        self.learned: set[bytes] = set()
        """Paths that hung the main shell, though nothing told that they might."""
        self._seconds = seconds
        self._main: Answerer | None = None
        self._sides: Sides | None = None

    @property
    def early(self) -> Mapping[bytes, bytes]:
        """Those numbers by path."""
        return dict(zip(*self.numbers, strict=True))

    def use(self, main: Answerer, another: Callable[[], Awaitable[Shell]]) -> None:
        """Ask through these from now on."""
        self.drop()
        self._main, self._sides = main, Sides(another)

    def drop(self) -> None:
        """Let go of side shells and of what was learned through them."""
        if self._sides is not None:
            self._sides.close()
        self._main = self._sides = None
        self.numbers, self.stores = ((), ()), ()

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the answers in the order of the questions. Raises ``Unreachable``."""
        keys = [self._key(question) for question in questions]
        early = self.early
        known = [
            Answer(0, early[each.path])
            if each.operation == b"statvfs" and not key and each.path in early
            else None
            for each, key in zip(questions, keys, strict=True)
        ]
        plain = [at for at, key in enumerate(keys) if not key and known[at] is None]
        plainly = await self._plainly([questions[at] for at in plain])
        answers = dict(zip(plain, plainly, strict=True))
        for at, key in enumerate(keys):
            if key:
                answers[at] = await self._aside(questions[at], key)
        said = [known[at] or answers[at] for at in range(len(questions))]
        self._remember(questions, keys, said)
        return said

    def shunned(self, path: bytes) -> set[bytes]:
        """Return the suspicious mounts apart from the one ``path`` itself lies on."""
        return (self.learned | set(self.suspects)) - {self._suspect(path)}

    def blame(self, begun: bytes, questions: Sequence[Question] = ()) -> None:
        """Learn from what hung the main shell: the question of that number, or all stores.

        Not each is announced, so it may also be one that follows. Asked apart from now on, those
        that answer are acquitted.
        """
        if begun == b"fill":
            self.learned.update(self.stores)
        elif (first := first_of(begun)) is not None:
            self.learned.update(each.path for each in questions[first:])

    def _suspect(self, path: bytes) -> bytes:
        return suspect(path, (*self.suspects, *self.learned))

    def _key(self, question: Question) -> bytes:
        mount = self._suspect(question.path)
        return question.key or self.suspects.get(mount, mount)

    async def _plainly(self, questions: Sequence[Question]) -> list[Answer]:
        if not questions or self._main is None:
            return [Answer(errno.EIO)] * len(questions)
        batch = batched(tuple(questions))
        try:
            frame = await self._main.ask(batch.request, self._seconds, unsaid=b"q0")
        except Silent as error:
            self.blame(error.begun, questions)
            raise
        return batch.answers(frame.sections, self._main.mark)

    async def _aside(self, question: Question, key: bytes) -> Answer:
        if self._sides is None:
            return Answer(HUNG)
        try:
            frame = await self._sides.ask(key, operations.request(question, b"q"))
        except ConsoleError:
            return Answer(errno.EAGAIN)
        if frame is None:
            return Answer(HUNG)
        self.learned.discard(key)
        return operations.answer(question, b"q", frame.sections)

    def _remember(
        self, questions: Sequence[Question], keys: Sequence[bytes], said: Sequence[Answer]
    ) -> None:
        asked = [
            (question.path, answer)
            for question, key, answer in zip(questions, keys, said, strict=True)
            if question.operation == b"statvfs" and not key
        ]
        if asked:
            self.stores = tuple(path for path, answer in asked if not answer.code)

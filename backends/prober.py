"""Questions to the kernel that may never be answered, asked so that only they are lost.

``await Prober().ask([statvfs(b"/mnt/nfs")])`` returns within the deadline whatever the file
server does: ``[Answer(code=HUNG, data=b"")]``. What is harmless is asked in one long-lived child
(``probe_child.py``); what is below a suspicious mount in a fork of it, one at a time a mount. Such
a fork is left alone until its call returns, which tells at once that the mount is back.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from backends.probe_child import HUNG, LARGEST, pack, unpack
from backends.questions import Answer, Question, suspect

DEADLINE = 1.0
"""Seconds until a question counts as hung."""
SECOND_CHANCE = 0.4
"""Seconds for each question of a batch one of which hung, when asked again alone."""
RETRY = 30.0
"""Seconds until something hung is asked again, in case nobody is out any more to tell."""
_LEAVING = 200
"""Milliseconds a fork may take to end after its answer."""
_CHILD = str(Path(__file__).with_name("probe_child.py"))
_unburied: list[subprocess.Popen[bytes]] = []
"""Children that were told to end, until they are seen to have done so."""


@dataclass(slots=True)
class _Pending:
    question: Question
    key: bytes
    answer: asyncio.Future[Answer] = field(default_factory=asyncio.Future)

    def settle(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class Prober:
    """Asks questions of the kernel that touch file systems and devices."""

    def __init__(self, deadline: float = DEADLINE, retry: float = RETRY) -> None:
        self.suspects: Mapping[bytes, bytes] = {}
        """Mount points that may hang, each with the key under which all below it is asked."""
        self._learned: set[bytes] = set()
        self._hung: dict[bytes, float] = {}
        self._deadline = deadline
        self._retry = retry
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: dict[bytes, _Pending] = {}
        self._last = 0

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the answers in the order of the questions, within about the deadline."""
        _bury()
        try:
            self._connected()
        except OSError as error:  # no more processes, or no interpreter that may be run
            return [Answer(error.errno or errno.EIO)] * len(questions)
        asked = [_Pending(question, self._key(question)) for question in questions]
        await self._until_free({each.key for each in asked if each.key})
        await self._try(asked, self._deadline)
        again = [
            _Pending(each.question, each.question.path)
            for each in asked
            if not each.key and not each.answer.done()
        ]
        if again:
            self._abandon()
            await self._try(again, SECOND_CHANCE)
        for each in again:
            if not each.answer.done():
                self._learned.add(each.key)
        late = {id(each.question): each for each in again}
        return [self._verdict(late.get(id(each.question), each)) for each in asked]

    def start(self) -> None:
        """Have the child started by the time it is asked; that takes it some 10 ms."""
        with suppress(OSError):  # asked, it is told
            self._connected()

    def forgive(self) -> None:
        """Ask what hung again without waiting for its time."""
        self._hung = dict.fromkeys(self._hung, 0.0)

    def close(self) -> None:
        """Let go of the children; never waits for one."""
        self._abandon()

    @property
    def child(self) -> int | None:
        """Process id of the child of the moment."""
        return self._child.pid if self._child else None

    def shunned(self, path: bytes) -> set[bytes]:
        """Return the suspicious mounts apart from the one ``path`` itself lies on."""
        return (self._learned | set(self.suspects)) - {self._suspect(path)}

    def _suspect(self, path: bytes) -> bytes:
        return suspect(path, (*self.suspects, *self._learned))

    def _key(self, question: Question) -> bytes:
        mount = self._suspect(question.path)
        return question.key or self.suspects.get(mount, mount)

    def _verdict(self, pending: _Pending) -> Answer:
        if pending.answer.done():
            return pending.answer.result()
        if pending.key not in self._hung:
            self._hung[pending.key] = self._now() + self._retry
        return Answer(HUNG)

    async def _until_free(self, keys: set[bytes]) -> None:
        """Wait for what others ask of the same mounts, where one question is out at a time."""
        until = self._now() + self._deadline
        while out := keys and [
            each
            for each in self._pending.values()
            if each.key in keys and each.key not in self._hung
        ]:
            if self._now() >= until:
                self._hung.update((each.key, until + self._retry) for each in out)
                return
            answers = [each.answer for each in out]
            await asyncio.wait(answers, timeout=until - self._now())

    async def _try(self, asked: Iterable[_Pending], patience: float) -> None:
        waited = [each.answer for each in self._sent(asked)]
        if waited:
            await asyncio.wait(waited, timeout=patience)

    def _sent(self, asked: Iterable[_Pending]) -> list[_Pending]:
        """Send what is worth sending; return what is worth waiting for."""
        groups: dict[bytes, list[_Pending]] = {}
        for each in asked:
            groups.setdefault(each.key, []).append(each)
        hopeful: list[_Pending] = []
        for key, group in groups.items():
            retry_at = self._hung.get(key)
            if retry_at is None:
                hopeful += group
            elif self._now() < retry_at:
                continue
            else:
                self._hung[key] = self._now() + self._retry
            patience = 1 if retry_at else _LEAVING
            self._send(key, patience, [self._posted(each) for each in group])
        return hopeful

    def _posted(self, pending: _Pending) -> bytes:
        self._last += 1
        name = b"%d" % self._last
        self._pending[name] = pending
        question = pending.question
        return pack([name, question.operation, question.path, question.argument])

    def _send(self, key: bytes, patience: int, questions: list[bytes]) -> None:
        """Send in messages that fit; a child that takes no more is treated as silent."""
        while questions:
            size = count = 0
            while count < len(questions) and (not count or size < LARGEST // 2):
                size += len(questions[count])
                count += 1
            try:
                self._connected().send(pack([key, b"%d" % patience, *questions[:count]]))
            except OSError:
                return
            del questions[:count]

    def _connected(self) -> socket.socket:
        if self._socket is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                ours.setblocking(False)
                self._child = subprocess.Popen(  # noqa: S603  # our own interpreter and program
                    [sys.executable, "-I", "-S", _CHILD],
                    stdin=theirs.fileno(),
                    env={},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    start_new_session=True,
                )
            self._socket = ours
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(ours, self._receive)
        return self._socket

    def _receive(self) -> None:
        while self._socket is not None:
            try:
                message = self._socket.recv(LARGEST * 2)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                died = list(self._pending.values())
                self._abandon()
                for each in died:
                    each.settle(Answer(errno.EIO))
                return
            for answer in unpack(message):
                self._arrived(*unpack(answer))

    def _arrived(self, name: bytes, code: bytes, data: bytes) -> None:
        pending = self._pending.pop(name, None)
        if pending is None:
            return
        answer = Answer(int(code), data)
        if answer.hung:
            self._hung.setdefault(pending.key, self._now() + self._retry)
        elif self._hung.pop(pending.key, None) is not None:
            self._learned.discard(pending.key)
        pending.settle(answer)

    def _abandon(self) -> None:
        """Turn away from the child: its socket tells it to end, a signal makes it."""
        if self._socket is not None and self._loop is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._socket)
            self._socket.close()
        if self._child is not None:
            with suppress(ProcessLookupError):  # it leads a session: its forks end with it
                os.killpg(self._child.pid, signal.SIGKILL)
            _unburied.append(self._child)
        self._socket = self._child = None
        self._pending.clear()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _bury() -> None:
    """Reap children that did end, so that none stays a zombie."""
    _unburied[:] = [child for child in _unburied if child.poll() is None]

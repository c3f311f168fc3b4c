"""What several ask one shell in the same moment, as one request.

``together = Together(shell)``; whoever awaits ``together.ask(b"head q0 /proc/version 512", 6.0)``
while others do shares a frame with them, and finds its own sections in it. A far host so costs one
way there and back for all of them, and any host one frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backends.ssh.shell import Answerer, Silent
from console.parse.probe_frames import Frame, Section


@dataclass(frozen=True, slots=True)
class _Asked:
    request: bytes
    seconds: float
    unsaid: bytes
    answer: asyncio.Future[Frame]

    def tell(self, said: Frame | Exception) -> None:
        """Give whoever asked what came of it."""
        if self.answer.done():
            return
        if isinstance(said, Frame):
            self.answer.set_result(said)
        else:
            self.answer.set_exception(said)


class Together:
    """A shell that any number may ask at a time."""

    def __init__(self, shell: Answerer) -> None:
        self._shell = shell
        self._waiting: list[_Asked] = []
        self._asking: asyncio.Task[None] | None = None

    @property
    def mark(self) -> bytes:
        """As of the shell."""
        return self._shell.mark

    @property
    def complaint(self) -> str:
        """The last line that a program complained with, whosever question that was."""
        return self._shell.complaint

    async def ask(
        self, request: bytes, seconds: float, unsaid: bytes = b"", parts: int = 1
    ) -> Frame:
        """Return the answer to one line; raises like the shell, and ends it where that does."""
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(request, seconds, unsaid, answer))
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        try:
            return await answer
        except asyncio.CancelledError:
            if self._asking is not None:
                self._asking.cancel()
            raise

    async def _ask(self) -> None:
        """Ask what waits, and what began to wait meanwhile."""
        asked: Sequence[_Asked] = ()
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                said = zip(asked, await self._answers(asked), strict=True)
                # Of one look fails first what knows what hung.
                for each, answer in sorted(said, key=_knows_nothing):
                    each.tell(answer)
        finally:
            for each in (*asked, *self._waiting):
                each.answer.cancel()
            self._waiting, self._asking = [], None

    async def _answers(self, asked: Sequence[_Asked]) -> Iterable[Frame | Exception]:
        seconds = max(each.seconds for each in asked)
        named = [b"%d." % at for at in range(len(asked))] if len(asked) > 1 else [b""]
        unsaid = named[0] + asked[0].unsaid if asked[0].unsaid else b""
        try:
            frame = await self._shell.ask(_joined(asked, named), seconds, unsaid, len(asked))
        except Silent as error:
            hung = next((at for at, name in enumerate(named) if error.begun.startswith(name)), 0)
            # What follows may hang as well: not each is announced.
            begun = [b""] * hung + [error.begun.removeprefix(named[hung])]
            begun += [each.unsaid if error.begun else b"" for each in asked[hung + 1 :]]
            return [Silent(seconds, each) for each in begun]
        except Exception as error:  # whoever asked is to know what it means
            return [error] * len(asked)
        return [Frame(frame.number, _of(name, frame.sections)) for name in named]


def _joined(asked: Sequence[_Asked], named: Sequence[bytes]) -> bytes:
    """Return one line for all, in which the sections of each are called after it."""
    if len(asked) == 1:
        return asked[0].request
    parts = [b"as=%s; %s" % (name, each.request) for name, each in zip(named, asked, strict=True)]
    return b"; ".join((*parts, b"as="))


def _of(name: bytes, sections: Mapping[bytes, Section]) -> Mapping[bytes, Section]:
    return {
        each.removeprefix(name): section
        for each, section in sections.items()
        if each.startswith(name)
    }


def _knows_nothing(told: tuple[_Asked, Frame | Exception]) -> bool:
    return isinstance(told[1], Silent) and not told[1].begun

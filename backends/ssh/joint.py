"""What several ask one shell in the same moment, as one request.

``joint = Joint(shell)``; whoever awaits ``joint.ask(b"head q0 /proc/version 512", 6.0)`` while
others do shares a frame with them, and finds its own sections in it. A far host so costs one way
there and back for all of them, and any host one frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from backends.ssh.shell import Shell, Silent
from backends.together import Together
from console.parse.probe_frames import Frame, Section

_AT_ONCE = 16
"""Questions in one request."""


class _Asked(NamedTuple):
    request: bytes
    seconds: float
    unsaid: bytes


class Joint:
    """A shell that any number may ask at a time."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        # Of one look fails first what knows what hung.
        self._together = Together(self._answers, _AT_ONCE, last=_knows_nothing)

    @property
    def mark(self) -> bytes:
        """As of the shell."""
        return self._shell.mark

    @property
    def complaint(self) -> str:
        """The last line that a program complained with, whosever question that was."""
        return self._shell.complaint

    async def ask(self, request: bytes, seconds: float, unsaid: bytes = b"") -> Frame:
        """Return the answer to one line; raises like the shell, and ends it where that does."""
        try:
            return await self._together.ask(_Asked(request, seconds, unsaid))
        except asyncio.CancelledError:
            self._together.cancel()
            raise

    async def _answers(self, asked: Sequence[_Asked]) -> Sequence[Frame | Exception]:
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
            return [Silent(error.seconds, each) for each in begun]
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


def _knows_nothing(said: Frame | Exception) -> bool:
    return isinstance(said, Silent) and not said.begun

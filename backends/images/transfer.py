"""The files of a set brought to a host over the connection there is, under a new name.

``stage`` goes on where an earlier try, whoever made it, left off in ``FOLDER.part``. A file is
brought, or the host fetches it by itself where it has a URL and is able to. The host itself hashes
every byte, and gives the folder its name when all its files are what they should be: nothing that
is incomplete, or another, ever has that name.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Final

from backends.runner import Runner, Talk
from console.clean import Clean, clean
from console.errors import ConsoleError, Problem, Unreachable
from console.images.moving import Meter, Tell
from console.images.staged import Read, StagedFile, StagedImage

_PROGRAM: Final = Path(__file__).with_name("stage.sh").read_bytes()
_SECONDS: Final = 30.0
"""Until a host that takes nothing, or has not answered, counts as hung."""
_HASHES: Final = 20 << 20
"""Bytes a second that any host can hash: what it has already, it looks at once more."""
_CHUNK: Final = 1 << 16
_TRIES: Final = 6
"""One after the other without a byte that was kept, before the link is given up."""
_PAUSES: Final = 0.5, 8.0
"""Seconds between two tries, at first and at most."""
_ROOM: Final = "make room there, or stage it elsewhere"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(?:/[A-Za-z0-9][A-Za-z0-9._+-]*)*")


async def stage(
    runner: Runner, image: StagedImage, read: Read, tell: Tell, *, public: bool = False
) -> None:
    """Have a host hold the set in ``image.folder``, which is root's alone unless it is ``public``.

    A lost link is made anew a few times. Raises ``Unreachable`` when it stays lost; what came is
    kept in ``FOLDER.part``. Any other ``ConsoleError`` means that the set cannot be there.
    """
    kept, tries = 0, 0

    def count(done: int) -> None:
        nonlocal kept, tries
        if done > kept:
            kept, tries = done, 0
        meter.at(done)

    def unfetched(why: Clean) -> None:
        meter.unfetched = why

    meter = Meter(image.size, time.monotonic, tell)
    while True:
        shipping = _Shipping(image, read, count, unfetched)
        try:
            await shipping.all(runner, b"755" if public else b"700")
            return
        except Unreachable as error:
            tries += 1
            if tries >= _TRIES:
                where = f"what came is kept in {image.folder}.part"
                told = f"{image.title} did not get there: {error}; {where}"
                raise Unreachable(told, error.hint, error.problem) from error
            least, most = _PAUSES
            await asyncio.sleep(min(least * 2 ** (tries - 1), most))


class _Shipping:
    """One try."""

    def __init__(
        self,
        image: StagedImage,
        read: Read,
        count: Callable[[int], None],
        unfetched: Callable[[Clean], None],
    ) -> None:
        self._image = image
        self._read = read
        self._count = count
        self._unfetched = unfetched
        self._there = 0
        self._begun: dict[str, int] = {}
        """Bytes of files that were there before, by their paths."""

    async def all(self, runner: Runner, mode: bytes) -> None:
        """Bring all files that are not there yet."""
        folder = self._image.folder
        talk = await runner.talk(_PROGRAM, (folder.encode(), mode), _SECONDS)
        try:
            await self._taken(talk)
            left = [file for file in self._image.files if not await self._has(talk, file)]
            lacking = self._image.size - self._there
            told = await _asked(talk, f"room {lacking}")
            if told != "yes":
                raise ConsoleError(f"{self._image.title}: {told.removeprefix('no ')}", _ROOM)
            for file in left:
                await self._bring(talk, file)
            if (told := await _asked(talk, "whole")) != "done":
                raise ConsoleError(told.removeprefix("no "))
        finally:
            await talk.close()

    async def _taken(self, talk: Talk) -> None:
        told = await _asked(talk, "take")
        if told.startswith("busy "):
            raise Unreachable(told.removeprefix("busy "), "wait for the other", Problem.BUSY)
        if told != "ready":
            raise ConsoleError(told.removeprefix("no "))

    async def _has(self, talk: Talk, file: StagedFile) -> bool:
        """Count what is there of a file; whether that is all, and nothing is left to look at."""
        told = await _asked(talk, f"have {self._said(file)}", _patience(file))
        if told.startswith("other "):
            path = told.removeprefix("other ")
            raise ConsoleError(f"{path} is not what was staged", f"remove {self._image.folder}")
        size, _, whole = told.partition(" ")
        have = _number(size)
        if have is None or have > file.size:
            raise Unreachable("it told no size", "", Problem.GARBLED)
        self._there += have
        self._begun[file.path] = have
        self._count(self._there)
        return whole == "whole"

    async def _bring(self, talk: Talk, file: StagedFile) -> None:
        if file.url is None or not await self._pulled(talk, file, file.url):
            await self._sent(talk, file)

    async def _pulled(self, talk: Talk, file: StagedFile, url: str) -> bool:
        """Have the host fetch it; whether it can."""
        have = self._begun[file.path]
        others = self._there - have
        told = await _asked(talk, f"pull {self._said(file)} {url}")
        while told.startswith("at ") and (at := _number(told[3:])) is not None:
            self._there = others + min(at, file.size)
            self._count(self._there)
            told = clean((await talk.answer(_patience(file))).strip(), 1000)
        if told.startswith("none "):
            self._unfetched(clean(told.removeprefix("none ")))
            self._there = others + have
            return False
        self._there = others + file.size
        self._judged(file, told, have)
        self._count(self._there)
        return True

    async def _sent(self, talk: Talk, file: StagedFile) -> None:
        told = await _asked(talk, f"file {self._said(file)}", _patience(file))
        have = _number(told)
        if have is None or have > file.size:
            have = file.size
        async with aclosing(_exactly(self._read(file, have), file, have)) as pieces:
            async for piece in pieces:
                await talk.send(piece, _SECONDS)
                self._there += len(piece)
                self._count(self._there)
        told = (await talk.answer(_patience(file))).decode(errors="replace").strip()
        self._judged(file, told, have)

    def _judged(self, file: StagedFile, told: str, have: int) -> None:
        """Raise what came of it, unless it is there; of ``have`` bytes it was not seen how."""
        if told == "done":
            return
        what = f"{self._image.title}: {file.role} {file.path}"
        if told == "full":
            raise ConsoleError(f"{what}: no room was left for it", _ROOM)
        if told != "other":
            raise Unreachable(f"{what}: not all of it came", "", Problem.LOST)
        if have:  # it may be what lay there before that is another: now that is gone
            raise Unreachable(f"{what}: another was begun there before", "", Problem.STALE)
        raise ConsoleError(
            f"{what}: it is not what the set says, by its SHA-256; it was removed again",
            "verify the store it comes from",
        )

    def _said(self, file: StagedFile) -> str:
        name = file.path.removeprefix(f"{self._image.folder}/")
        if not _NAME.fullmatch(name):
            raise ConsoleError(f"{file.path}: a file of a set cannot be called that")
        return f"{name} {file.size} {file.sha256}"


async def _exactly(
    pieces: AsyncIterator[bytes], file: StagedFile, offset: int
) -> AsyncGenerator[bytes, None]:
    """Yield what is left of a file in small pieces, and never more than there is to be."""
    left = file.size - offset
    async for piece in pieces:
        for at in range(0, min(len(piece), left), _CHUNK):
            yield piece[at : min(at + _CHUNK, left)]
        left -= min(len(piece), left)
        if not left:
            return
    if left:
        whole = f"{file.size - left} of {file.size} bytes"
        raise ConsoleError(f"{file.role}: its source ended after {whole}", "verify the store")


async def _asked(talk: Talk, line: str, seconds: float = _SECONDS) -> str:
    return clean((await talk.ask(line.encode(), seconds)).strip(), 1000)


def _number(told: str) -> int | None:
    return int(told) if re.fullmatch("[0-9]{1,18}", told) else None


def _patience(file: StagedFile) -> float:
    return _SECONDS + file.size / _HASHES

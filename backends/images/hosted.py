"""A store in a directory on a host, asked by way of programs of sh that change nothing there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Final

from backends.images.reader import Listed, Piece, Whole, indexed
from backends.run import LARGEST
from backends.runner import Runner
from console.clean import Clean, clean
from console.errors import ConsoleError, Problem, Unreachable
from console.images.heads import HEAD

_PROGRAM: Final = Path(__file__).with_name("hosted.sh").read_bytes()
_PATIENCE: Final = 30.0
_HASHING: Final = 3600.0
"""Seconds that a host may take to read all of a file."""
_BLOCK: Final = 65_536
_BLOCKS: Final = 15
"""Blocks asked for at once: what a runner brings at most."""
_ROOM: Final = LARGEST - _BLOCK
"""Bytes of pieces asked for at once."""
_SUM: Final = re.compile(rb"(\d{1,16})\n([0-9a-f]{64})  ?-?\n")


class Hosted:
    """Reads a store on a host; ``runner`` gives the way there, or makes one."""

    def __init__(
        self, host: Clean, root: PurePath, runner: Callable[[], Awaitable[Runner]]
    ) -> None:
        self._host = host
        self._root = root
        self._runner = runner

    async def listed(self) -> Listed:
        """Return what it holds."""
        return indexed(await self._ask("list"), f"{self._host}:{self._root}")

    async def pieces(self, wanted: Sequence[tuple[str, int]]) -> tuple[Piece | None, ...]:
        """Return the begin of files."""
        found: list[Piece | None] = []
        for group in _grouped(wanted):
            words = [word for path, most in group for word in (path, str(most))]
            said = await self._ask("pieces", *words)
            for _, most in group:
                piece, said = self._piece(said, most)
                found.append(piece)
        return tuple(found)

    async def whole(self, path: str, most: int) -> Whole:
        """Have the host read all of a file, and its begin be sent."""
        (piece,) = await self.pieces([(path, HEAD)])
        if piece is not None and piece.size is not None and piece.size > most:
            raise ConsoleError(f"{path}: is longer than {most} bytes")
        said = await self._ask("whole", path, seconds=_HASHING)
        if not (match := _SUM.fullmatch(said)) or piece is None:
            raise self._garbled(said)
        return Whole(int(match[1]), Clean(match[2].decode()), piece.data)

    async def stream(self, path: str, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield what a file holds, piece by piece."""
        block, skip = divmod(offset, _BLOCK)
        while data := await self._ask("chunk", path, str(block), str(_BLOCKS)):
            if len(data) > skip:
                yield data[skip:]
            if len(data) < _BLOCK * _BLOCKS:
                return
            block, skip = block + _BLOCKS, 0

    async def _ask(self, *words: str, seconds: float = _PATIENCE) -> bytes:
        runner = await self._runner()
        said = [each.encode() for each in (str(self._root), *words)]
        ended = await runner.run(_PROGRAM, said, seconds)
        if ended.status:
            lines = ended.trouble.strip().splitlines() or [b"it cannot be read"]
            raise ConsoleError(f"{self._host}:{self._root}: {clean(lines[-1], 160)}")
        return ended.said

    def _piece(self, said: bytes, most: int) -> tuple[Piece | None, bytes]:
        line, _, rest = said.partition(b"\n")
        if line == b"-":
            return None, rest
        if not re.fullmatch(rb"\d{1,16}", line):
            raise self._garbled(line)
        count = min(int(line), most)
        if len(rest) < count:
            raise self._garbled(rest)
        return Piece(int(line), rest[:count]), rest[count:]

    def _garbled(self, said: bytes) -> Unreachable:
        why = f"{self._host}:{self._root}: it answers with what makes no sense: "
        return Unreachable(f"{why}{clean(said, 80)}", "", Problem.GARBLED)


def _grouped(wanted: Sequence[tuple[str, int]]) -> Iterator[Sequence[tuple[str, int]]]:
    """Yield what fits into one answer after the other."""
    group: list[tuple[str, int]] = []
    room = _ROOM
    for path, most in wanted:
        if group and most + 32 > room:
            yield group
            group, room = [], _ROOM
        group.append((path, most))
        room -= most + 32
    if group:
        yield group

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from backends import descriptors


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for each in ends:
        with suppress(OSError):  # closed by the test
            os.close(each)


async def test_reading_waits_without_holding_up_the_loop(pipe: tuple[int, int]) -> None:
    reading = asyncio.create_task(descriptors.read(pipe[0]))
    await asyncio.sleep(0)
    assert not reading.done()
    os.write(pipe[1], b"here")
    assert await reading == b"here"
    os.close(pipe[1])
    assert await descriptors.read(pipe[0]) == b""


async def test_writing_waits_for_room_and_writes_all(pipe: tuple[int, int]) -> None:
    blob = os.urandom(1 << 20)
    writing = asyncio.create_task(descriptors.write(pipe[1], blob))
    found = b""
    while len(found) < len(blob):
        found += await descriptors.read(pipe[0])
    await writing
    assert found == blob


async def test_nobody_to_write_to(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    with pytest.raises(BrokenPipeError):
        await descriptors.write(pipe[1], b"x")


async def test_a_file_is_always_ready(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"some bytes")
    with path.open("r+b", buffering=0) as file:
        assert await descriptors.read(file.fileno()) == b"some bytes"
        assert await descriptors.read(file.fileno()) == b""
        await descriptors.write(file.fileno(), b" more")
    assert path.read_bytes() == b"some bytes more"


async def test_a_terminal_that_is_gone_is_an_end() -> None:
    ours, theirs = os.openpty()
    os.close(theirs)
    assert await descriptors.read(ours) == b""
    os.close(ours)

"""What is assigned is kept: changed whole, by one at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backends.images.assigned import FILE, Assigned
from console.clean import Clean
from console.errors import ConsoleError


async def test_assigned_and_taken_away(tmp_path: Path) -> None:
    assigned = Assigned(tmp_path / "state")
    assert await assigned.read() == {}
    await assigned.change(Clean("web1"), Clean("web/1"))
    await assigned.change(Clean("@db"), Clean("main:db"))
    await assigned.change(Clean("web1"), Clean("web/2"))
    assert await Assigned(tmp_path / "state").read() == {"web1": "web/2", "@db": "main:db"}
    await assigned.change(Clean("web1"), None)
    await assigned.change(Clean("web9"), None)
    assert await assigned.read() == {"@db": "main:db"}


async def test_several_at_once_lose_nothing(tmp_path: Path) -> None:
    several = [Assigned(tmp_path) for _ in range(8)]
    await asyncio.gather(
        *(each.change(Clean(f"web{at}"), Clean("web/1")) for at, each in enumerate(several))
    )
    assert len(await several[0].read()) == 8


async def test_a_spoilt_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("web1 web/1\nnonsense\n")
    assigned = Assigned(tmp_path)
    for attempt in (assigned.read(), assigned.change(Clean("web2"), Clean("web/1"))):
        with pytest.raises(ConsoleError, match=f"{FILE}:2: expected HOST IMAGE"):
            await attempt
    assert (tmp_path / FILE).read_text() == "web1 web/1\nnonsense\n"


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConsoleError, match="file/state/assigned-images: Not a directory"):
        await Assigned(tmp_path / "file" / "state").change(Clean("x"), Clean("web"))

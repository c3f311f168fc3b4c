"""What a folder has room for, before anything is brought there: on disks, in memory, in layers."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backends.images.transfer import stage
from backends.local_runner import LocalRunner
from console.clean import Clean
from console.errors import ConsoleError
from console.images.staged import StagedFile, StagedImage

pytestmark = [pytest.mark.root, pytest.mark.needs("mount", "mkfs.ext4", "flock")]


class Begun(Exception):
    """It was found that there is room."""


async def begun(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
    raise Begun
    yield b""


def available() -> int:
    """Return the bytes of memory that are available."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(kilobytes) << 10


async def asked(folder: Path, size: int) -> None:
    """Bring a set of so many bytes there, as far as it is asked for any."""
    file = StagedFile(Clean("squashfs"), Clean(f"{folder}/10/root"), size, Clean("0" * 64))
    image = StagedImage(Clean("edge"), Clean("10"), (file,), folder=Clean(f"{folder}/10"))
    await stage(LocalRunner(), image, begun, print)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that is larger than memory."""
    file, place = tmp_path / "disk.img", tmp_path / "disk"
    place.mkdir()
    size = available() * 2
    with file.open("wb") as made:
        made.truncate(size)
    lazy = "lazy_itable_init=1,lazy_journal_init=1,nodiscard"
    sparse = ("-O", "^has_journal", "-T", "largefile4", "-m", "0")
    subprocess.run(["mkfs.ext4", "-q", *sparse, "-E", lazy, file], check=True)
    subprocess.run(["mount", "-o", "loop", file, place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs that promises more than there is."""
    place = tmp_path / "memory"
    place.mkdir()
    options = ("-o", f"size={available() * 2},mode=755")
    subprocess.run(["mount", "-t", "tmpfs", *options, "none", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def over(tmp_path: Path) -> Iterator[Path]:
    """Where an overlay is mounted."""
    place = tmp_path / "over"
    place.mkdir()
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def layered(upper: Path, place: Path) -> None:
    """Mount an overlay that writes there."""
    for each in ("lower", "upper", "work"):
        (upper / each).mkdir()
    layers = f"lowerdir={upper}/lower,upperdir={upper}/upper,workdir={upper}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "none", place], check=True)


async def test_a_disk_has_room_for_more_than_memory_has(disk: Path, over: Path) -> None:
    with pytest.raises(Begun):
        await asked(disk, available() + (1 << 30))
    layered(disk, over)
    with pytest.raises(Begun):
        await asked(over, available() + (1 << 30))
    with pytest.raises(ConsoleError, match="has room for"):
        await asked(over, available() * 3)


async def test_what_lies_in_memory_takes_from_it(memory: Path, over: Path) -> None:
    with pytest.raises(ConsoleError, match="lies in memory"):
        await asked(memory, available())
    layered(memory, over)
    with pytest.raises(ConsoleError, match="lies in memory"):
        await asked(over, available())
    with pytest.raises(Begun):
        await asked(over, 1 << 20)


@pytest.fixture
def hidden(disk: Path, over: Path) -> Iterator[Path]:
    """An overlay whose upper layer is behind another mount."""
    layered(disk, over)
    subprocess.run(["mount", "-t", "tmpfs", "none", disk], check=True)
    yield over
    subprocess.run(["umount", disk], check=True)


async def test_an_upper_layer_that_is_not_seen_is_taken_to_be_in_memory(hidden: Path) -> None:
    with pytest.raises(ConsoleError, match="lies in memory"):
        await asked(hidden, available())

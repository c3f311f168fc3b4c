from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends import devices, sysfs
from backends.prober import Prober
from backends.questions import Question
from console.errors import Problem
from console.model import LoopDevice
from console.parse.squashfs import SIZE, superblock

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="makes loop devices: run pytest as root"),
    pytest.mark.skipif(not shutil.which("losetup"), reason="needs losetup of util-linux"),
]


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    prober = Prober()
    yield prober
    prober.close()


@pytest.fixture
def backing(tmp_path: Path) -> Path:
    """A sparse file of 1 MiB with 8 KiB in it."""
    file = tmp_path / "a name"
    with file.open("wb") as opened:
        opened.write(b"x" * 8192)
        opened.truncate(1 << 20)
    return file


@contextmanager
def attached(file: Path, *options: str) -> Iterator[str]:
    """The name of a loop device over a file."""
    command = ["losetup", *options, "--find", "--show", str(file)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    device = said.stdout.strip()
    try:
        yield device.removeprefix("/dev/")
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture
def loop_name(backing: Path) -> Iterator[str]:
    with attached(backing) as name:
        yield name


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A squashfs made at 1700000000."""
    (tmp_path / "tree").mkdir()
    subprocess.run(
        ["mksquashfs", tmp_path / "tree", tmp_path / "image", "-mkfs-time", "1700000000"],
        check=True, capture_output=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    return tmp_path / "image"


def allocated(file: Path) -> int:
    return file.stat().st_blocks * 512


def device_of(file: Path) -> tuple[int, int]:
    number = file.stat().st_dev
    return os.major(number), os.minor(number)


async def seen(prober: Prober, name: str) -> LoopDevice:
    attributes = sysfs.loop_attributes("/sys")
    found, gaps = await devices.loops(prober, {name: attributes[name]}, "/dev")
    assert not gaps
    (device,) = found
    return device


async def test_a_sparse_file_tells_what_it_occupies(
    prober: Prober, backing: Path, loop_name: str
) -> None:
    device = await seen(prober, loop_name)
    assert device.path == bytes(backing)
    assert (device.size, device.file_size) == (1 << 20, 1 << 20)
    assert device.file_allocated == allocated(backing) < 1 << 20
    assert device.file_device == device_of(backing)


async def test_a_replaced_file_is_not_mistaken_for_the_one_held(
    prober: Prober, backing: Path, loop_name: str
) -> None:
    kept = str(backing)[:63]
    (backing.parent / "newer").write_bytes(b"y" * 4096)
    (backing.parent / "newer").replace(backing)
    device = await seen(prober, loop_name)
    assert device.deleted
    assert device.setup_name == kept
    assert device.file_size is None
    assert device.file_device is not None


@pytest.mark.skipif(not shutil.which("mksquashfs"), reason="needs mksquashfs of squashfs-tools")
async def test_the_head_of_an_image_is_read_from_its_device(prober: Prober, image: Path) -> None:
    with attached(image, "--read-only") as name:
        (answer,) = await prober.ask([Question(b"block", f"/dev/{name}".encode(), b"%d" % SIZE)])
    assert superblock(answer.data).built == 1700000000


async def test_without_a_control_node_there_is_a_gap(prober: Prober, tmp_path: Path) -> None:
    found, (gap,) = await devices.mapped(prober, bytes(tmp_path / "control"))
    assert not found
    assert gap.problem is Problem.MISSING


async def test_what_is_no_control_node_is_refused(prober: Prober) -> None:
    found, (gap,) = await devices.mapped(prober, b"/dev/null")
    assert not found
    assert gap.problem is Problem.LOST


def test_mapped_devices_are_told_by_the_block_layer(tmp_path: Path) -> None:
    (tmp_path / "block/loop0").mkdir(parents=True)
    assert not sysfs.mapped(str(tmp_path))
    (tmp_path / "block/dm-0").mkdir()
    assert sysfs.mapped(str(tmp_path))

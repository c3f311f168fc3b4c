"""The SHA-256 of a running image is read from the loop device under it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from backends.images.running import running_digest
from backends.local_runner import LocalRunner
from console.clean import Clean
from console.errors import ConsoleError
from console.model import Image
from tests.backends.images.shelving import Workshop

pytestmark = [pytest.mark.root, pytest.mark.needs("mksquashfs", "losetup")]


@pytest.fixture
def image(tmp_path: Path) -> Iterator[tuple[Path, Image]]:
    """A squashfs on a loop device."""
    path = Workshop(tmp_path).squashfs("root.squashfs", bytes(range(256)) * 100)
    command = ["losetup", "--find", "--show", "--read-only", str(path)]
    device = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield path, Image(Clean("root"), None, None, device=Clean(device))
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


async def test_it_is_that_of_the_file(image: tuple[Path, Image]) -> None:
    path, running = image
    content = path.read_bytes()
    found = await running_digest(LocalRunner(), running, len(content))
    assert found == sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("device", "told"),
    [
        (None, "root: lies on no loop device"),
        ("/dev/sda", "root: lies on no loop device"),
        ("/dev/loop0; reboot", "root: lies on no loop device"),
        ("/dev/loop9999999", "/dev/loop9999999: /dev/loop9999999: no such device"),
    ],
)
async def test_where_there_is_none(device: str | None, told: str) -> None:
    running = Image(Clean("root"), None, None, device=Clean(device) if device else None)
    with pytest.raises(ConsoleError) as raised:
        await running_digest(LocalRunner(), running, 4096)
    assert str(raised.value).startswith(told)

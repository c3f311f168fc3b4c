from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backends.changes import Changes

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="makes mounts: run pytest as root")


@pytest.fixture
async def changes() -> AsyncIterator[Changes]:
    changes = Changes()
    changes.listen()
    yield changes
    changes.close()


def mount(place: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "test", place], check=True)


def unmount(place: Path) -> None:
    subprocess.run(["umount", "-l", place], check=True)


@root_only
async def test_every_mount_and_unmount_is_heard(changes: Changes, tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        for change in (mount, unmount, mount, unmount):
            change(tmp_path)
            await changes.wait()
            assert changes.happened
            changes.happened = False


@root_only
async def test_a_new_link_is_heard(changes: Changes) -> None:
    name = f"sd{os.getpid()}c"
    await link("add", name, "type", "bridge")
    async with asyncio.timeout(20):
        await changes.wait()
    await link("del", name)


async def link(*words: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", "link", *words)
    assert await process.wait() == 0


async def test_it_can_be_closed_twice_and_without_a_listen() -> None:
    changes = Changes()
    changes.close()
    changes.listen()
    changes.close()
    changes.close()

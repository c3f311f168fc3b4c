"""Histories, mounts and hands that are closed and gone when the test is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from backends.hands import ShellHands
from backends.history import History
from backends.local import LocalBackend
from backends.ssh.backend import SshBackend
from tests.backends import handmade
from tests.backends.histories import NEVER, Opener, run
from tests.backends.ssh.bastions import bastion
from tests.lab.sshd import sshd


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "subdeck" / "history.db"


@pytest.fixture
async def opened(path: Path) -> AsyncIterator[Opener]:
    """Open histories that store when told to, and close them all at the end."""
    async with AsyncExitStack() as stack:

        def opener(where: Path = path, every: float = NEVER) -> History:
            history = History(where, every=every)
            stack.push_async_callback(history.close)
            return history

        yield opener


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount on folders of the test, and unmount at its end whoever still looks in."""
    points: list[Path] = []

    def mount(*options: str, on: str = "mnt") -> Path:
        point = tmp_path / on
        point.mkdir(exist_ok=True)
        run("mount", *options, str(point))
        points.append(point)
        point.chmod(0o700)
        return point

    yield mount
    for point in reversed(points):
        run("umount", "-l", str(point))


@pytest.fixture(params=["here", "over ssh"])
async def hands(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ShellHands]:
    with handmade.swept():
        if request.param == "here":
            local = LocalBackend()
            assert isinstance(local.hands, ShellHands)
            yield local.hands
            await local.close()
            return
        with sshd(tmp_path / "server", "SetEnv SHLVL=2") as server:
            async with bastion(server) as out:
                remote = SshBackend(server.entry, out, (), 2.0)
                assert isinstance(remote.hands, ShellHands)
                yield remote.hands
                await remote.close()

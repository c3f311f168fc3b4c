"""A store on a host, by way of a real sshd and of the shell here: the same as a directory."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backends.images.hosted import Hosted
from backends.local_runner import LocalRunner
from backends.run import Ended
from backends.runner import Runner
from backends.ssh.backend import SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from console.clean import Clean
from console.errors import ConsoleError, Unreachable
from console.turnstile import Turnstile
from tests.backends.images.shelving import Workshop, reaching, read
from tests.backends.images.test_store import linked, piped, truncated
from tests.lab.sshd import sshd

pytestmark = pytest.mark.needs("mksquashfs", "ssh-keygen", "sshd")


@asynccontextmanager
async def over_ssh(folder: Path) -> AsyncIterator[Runner]:
    with sshd(folder) as server:
        bastion = Bastion(Turnstile(8), OpenSSH(server.config))
        backend = SshBackend(server.entry, bastion, (), 2.0)
        try:
            yield backend.runner
        finally:
            await backend.close()
            await bastion.close()


@asynccontextmanager
async def here(_: Path) -> AsyncIterator[Runner]:
    yield LocalRunner()


Way = Callable[[Path], AbstractAsyncContextManager[Runner]]


@pytest.mark.parametrize(
    ("way", "spoils"), [(over_ssh, [truncated]), (here, [truncated, linked, piped])]
)
async def test_a_store_is_read_as_it_was_published(
    tmp_path: Path, way: Way, spoils: Sequence[Callable[[Path], None]]
) -> None:
    workshop = Workshop(tmp_path)
    await workshop.published(content=os.urandom(1_200_000))
    await workshop.publisher.point("web", "current", "1")
    (workshop.root / "web/good").symlink_to("../../x")
    place = replace(workshop.place, host=Clean("server"))
    async with way(tmp_path / "sshd") as runner:
        store = workshop.store(place, runner)
        shelf = await store.shelf()
        (known,) = shelf.sets
        local = (await workshop.store().shelf()).sets[0]
        assert known == local
        assert len(shelf.troubles) == 1
        assert await store.check(known) == ()
        initrd = (workshop.folder / "initrd.img").read_bytes()
        assert await read(store, known, "initrd.img") == initrd
        assert await read(store, known, "initrd.img", 1_000_001) == initrd[1_000_001:]

        for spoil in spoils:
            path = workshop.root / "web/1/root.squashfs"
            content = path.read_bytes()
            spoil(path)
            (known,) = (await store.shelf()).sets
            assert len(known.faults) == 1
            assert len(await store.check(known)) == 1
            path.unlink()
            path.write_bytes(content)


async def test_what_is_not_there(tmp_path: Path) -> None:
    store = Hosted(Clean("server"), tmp_path / "none", lambda: reaching(LocalRunner())(Clean("")))
    with pytest.raises(ConsoleError, match=r"server:.*/none: no such folder, or none that may be"):
        await store.listed()
    (tmp_path / "none").mkdir()
    assert (await store.listed()).titles == ()
    assert await store.pieces([("web/1/manifest.json", 10)]) == (None,)
    with pytest.raises(ConsoleError, match="web/1/x: no such file"):
        await anext(store.stream("web/1/x"))


class Liar:
    """Answers what it likes."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    async def run(self, program: bytes, words: object, seconds: float) -> Ended:
        return Ended(0, self._said, b"")

    async def talk(self, program: bytes, words: object, seconds: float) -> object:
        raise AssertionError


@pytest.mark.parametrize("said", [b"", b"x\n", b"-5\nx", b"10\nxy", b"\xff\n", b"9" * 30 + b"\n"])
async def test_a_host_that_makes_no_sense(tmp_path: Path, said: bytes) -> None:
    async def runner() -> Runner:
        return Liar(said)  # type: ignore[return-value]

    store = Hosted(Clean("server"), tmp_path, runner)
    for asked in (store.pieces([("a", 10)]), store.whole("a", 100)):
        with pytest.raises(Unreachable, match="it answers with what makes no sense"):
            await asked

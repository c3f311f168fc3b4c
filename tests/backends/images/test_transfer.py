"""Sets of files brought to a host, over a real SSH connection and here."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from backends.images.transfer import stage
from backends.local_runner import LocalRunner
from backends.ssh.runner import SshRunner, Way
from console.clean import Clean
from console.errors import ConsoleError, Unreachable
from console.images.moving import Moved
from console.images.staged import Read, StagedFile, StagedImage
from tests.backends.ssh.bastions import bastion
from tests.lab.inventory import until
from tests.lab.sshd import Sshd, sshd

KERNEL, INITRD = os.urandom(3 << 20), os.urandom(200_000)
DEADLINE = 60.0


class Source:
    """Gives bytes, and does something else when so many of a file were given."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents
        self.at = -1
        self.then: Callable[[], Awaitable[None]] | None = None
        self.asked: list[tuple[str, int]] = []

    async def read(self, file: StagedFile, offset: int) -> AsyncIterator[bytes]:
        self.asked.append((file.role, offset))
        content = self.contents[file.role]
        for at in range(offset, len(content), 50_000):
            if self.then and 0 <= self.at <= at:
                self.at = -1
                await self.then()
            yield content[at : at + 50_000]


def image(folder: Path, **contents: bytes) -> StagedImage:
    files = tuple(
        StagedFile(
            Clean(role),
            Clean(f"{folder}/boot/{role}"),
            len(content),
            Clean(sha256(content).hexdigest()),
        )
        for role, content in contents.items()
    )
    return StagedImage(Clean("edge"), Clean("10"), files, folder=Clean(str(folder)))


@pytest.fixture
def source() -> Source:
    return Source(kernel=KERNEL, initrd=INITRD)


@pytest.fixture
def wanted(tmp_path: Path) -> StagedImage:
    return image(tmp_path / "images" / "edge" / "10", kernel=KERNEL, initrd=INITRD)


async def here(wanted: StagedImage, read: Read, tell: Callable[[Moved], None] = print) -> None:
    async with asyncio.timeout(DEADLINE):
        await stage(LocalRunner(), wanted, read, tell)


def there(wanted: StagedImage) -> bool:
    return Path(wanted.folder).exists()


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def part(wanted: StagedImage) -> Path:
    return Path(f"{wanted.folder}.part")


def is_whole(folder: Path) -> None:
    """See that a set is there, root's alone, and nothing else is."""
    assert (folder / "boot" / "kernel").read_bytes() == KERNEL
    assert (folder / "boot" / "initrd").read_bytes() == INITRD
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in folder.parent.iterdir()) == ["10"]
    assert sorted(path.name for path in folder.rglob("*")) == ["boot", "initrd", "kernel"]


async def test_all_of_it_is_there_under_its_name_and_for_its_owner_alone(
    wanted: StagedImage, source: Source
) -> None:
    told: list[Moved] = []
    await here(wanted, source.read, told.append)
    is_whole(Path(wanted.folder))
    assert told[-1] == replace(told[-1], done=len(KERNEL) + len(INITRD))
    source.asked.clear()
    await here(wanted, source.read)
    assert source.asked == []


async def test_what_lies_under_its_name_is_never_replaced(
    wanted: StagedImage, source: Source
) -> None:
    await here(wanted, source.read)
    kernel = Path(wanted.folder) / "boot" / "kernel"
    kernel.write_bytes(b"\0" + KERNEL[1:])
    with pytest.raises(ConsoleError, match="kernel is not what was staged"):
        await here(wanted, source.read)
    assert kernel.read_bytes()[0] == 0


@pytest.mark.parametrize("change", ["flipped", "short", "long"])
async def test_what_is_not_what_the_set_says_is_refused_and_gone(
    wanted: StagedImage, source: Source, change: str
) -> None:
    changed = {"flipped": b"\0" + KERNEL[1:], "short": KERNEL[:-1], "long": KERNEL + b"more"}
    source.contents["kernel"] = changed[change]
    if change == "long":  # what is too much never gets there
        await here(wanted, source.read)
        assert (Path(wanted.folder) / "boot" / "kernel").read_bytes() == KERNEL
        return
    with pytest.raises(ConsoleError, match=r"SHA-256|ended after") as caught:
        await here(wanted, source.read)
    assert not isinstance(caught.value, Unreachable)
    assert not there(wanted)
    left = part(wanted) / "boot" / "kernel"
    assert not left.exists() if change == "flipped" else left.stat().st_size < len(KERNEL)


async def test_a_bad_beginning_is_thrown_away_and_all_comes_anew(
    wanted: StagedImage, source: Source
) -> None:
    left = part(wanted) / "boot" / "kernel"
    left.parent.mkdir(parents=True)
    part(wanted).chmod(0o700)
    left.write_bytes(b"\0" + KERNEL[1:70_000])
    await here(wanted, source.read)
    assert (Path(wanted.folder) / "boot" / "kernel").read_bytes() == KERNEL
    assert source.asked == [("kernel", 70_000), ("kernel", 0), ("initrd", 0)]


async def test_a_folder_of_somebody_else_is_not_written_to(
    wanted: StagedImage, source: Source
) -> None:
    part(wanted).mkdir(parents=True)
    part(wanted).chmod(0o777)
    with pytest.raises(ConsoleError, match="another's"):
        await here(wanted, source.read)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of a little more than all the files take."""
    place = tmp_path / "images"
    place.mkdir()
    options = ("-o", "size=3200k,mode=755")
    subprocess.run(["mount", "-t", "tmpfs", *options, "none", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.root
@pytest.mark.needs("mount")
async def test_a_disk_without_room_is_refused_before_and_cleared_after(
    small: Path, wanted: StagedImage, source: Source
) -> None:
    (small / "fill").write_bytes(bytes(400_000))
    with pytest.raises(ConsoleError, match="has room for"):
        await here(wanted, source.read)
    (small / "fill").unlink()

    async def fill() -> None:
        (small / "fill").write_bytes(bytes(500_000))

    source.at, source.then = 1 << 20, fill
    with pytest.raises(ConsoleError, match="no room was left"):
        await here(image(Path(wanted.folder), kernel=KERNEL), source.read)
    assert not (part(wanted) / "boot" / "kernel").exists()


class Link:
    """Connections to a server, one after the other."""

    def __init__(self, server: Sshd) -> None:
        self.server = server
        self.made = 0

    async def __aenter__(self) -> Link:
        self._bastion = bastion(self.server)
        self._out = await self._bastion.__aenter__()
        self._connected = await self._out.connect(self.server.entry)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._connected.release()
        await self._bastion.__aexit__(None, None, None)

    async def way(self) -> Way:
        if self._connected.connection.is_closed():
            self._connected = await self._out.connect(self.server.entry)
            self.made += 1
        return Way(self._connected.connection, "")


@pytest.mark.needs("sshd", "ssh")
async def test_a_lost_link_is_made_anew_and_what_came_is_kept(
    wanted: StagedImage, source: Source, tmp_path: Path
) -> None:
    with sshd(tmp_path / "server") as server:
        async with Link(server) as link, asyncio.timeout(DEADLINE):
            left = part(wanted) / "boot" / "kernel"

            async def cut() -> None:
                await asyncio.to_thread(until, lambda: size(left) > 100_000, DEADLINE, "bytes")
                for pid in server.connections():
                    os.kill(pid, 9)

            source.at, source.then = 2 << 20, cut
            await stage(SshRunner(link.way), wanted, source.read, print)
            assert link.made == 1
    assert (Path(wanted.folder) / "boot" / "kernel").read_bytes() == KERNEL
    again = [offset for role, offset in source.asked if role == "kernel"]
    assert again[0] == 0 < again[1] < len(KERNEL)


@pytest.mark.needs("sshd", "ssh")
async def test_who_is_stuck_is_followed_by_who_is_not(
    wanted: StagedImage, source: Source, tmp_path: Path
) -> None:
    """A server that lost its link without a word still holds what it was writing to."""
    with sshd(tmp_path / "server") as server:
        async with Link(server) as link, asyncio.timeout(DEADLINE):
            stuck = asyncio.Event()

            async def dribbling(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
                yield KERNEL[offset : offset + 100_000]
                stuck.set()
                await asyncio.Event().wait()

            first = asyncio.create_task(
                stage(SshRunner(link.way), wanted, dribbling, lambda moved: None)
            )
            await stuck.wait()
            await here(wanted, source.read)
            first.cancel()
            await asyncio.wait([first])
    assert (Path(wanted.folder) / "boot" / "kernel").read_bytes() == KERNEL


class Liar:
    """Says what it likes to one of the questions, and that all is well to the others."""

    def __init__(self, question: str) -> None:
        usual = {"take": "ready", "have": "0", "room": "yes", "file": "0", "pull": "at 1"}
        self._said = {**usual, question: f"{usual[question][:-1]}\u00b2"}

    async def talk(self, program: bytes, words: object, seconds: float) -> Liar:
        return self

    async def ask(self, line: bytes, seconds: float) -> bytes:
        return self._said.get(line.decode().split()[0], "done").encode()

    async def send(self, data: bytes, seconds: float) -> None:
        pass

    async def answer(self, seconds: float) -> bytes:
        return b"torn"

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("question", ["have", "file", "pull"])
async def test_a_host_that_tells_no_number_is_given_up(
    wanted: StagedImage, source: Source, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.images.transfer._PAUSES", (0.0, 0.0))
    url = Clean("http://192.0.2.1/x") if question == "pull" else None
    lied_to = replace(wanted, files=tuple(replace(each, url=url) for each in wanted.files))
    with pytest.raises(Unreachable, match="did not get there"):
        await stage(Liar(question), lied_to, source.read, print)  # type: ignore[arg-type]

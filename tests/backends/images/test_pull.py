"""Sets that hosts fetch by themselves from a web server, told to over real SSH connections."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from backends.images.transfer import stage
from backends.local_runner import LocalRunner
from backends.ssh.runner import SshRunner, Way
from console.clean import Clean
from console.errors import ConsoleError, Unreachable
from console.images.moving import Moved
from console.images.staged import StagedFile, StagedImage
from tests.backends.images.serving import Plain, Ranged, serving
from tests.backends.ssh.bastions import bastion
from tests.lab.sshd import Sshd
from tests.lab.staged import disguised

CONTENT = os.urandom(3 << 20)
DEADLINE = 60.0
_HIDDEN = "mount --bind /dev/null /usr/bin/{}"
TOOLS = {
    "curl": (),
    "wget": (_HIDDEN.format("curl"),),
    "busybox": (_HIDDEN.format("curl"), 'mount --bind "$(command -v busybox)" /usr/bin/wget'),
    "mute": ("mount --bind /bin/false /usr/bin/curl",),
    "none": tuple(map(_HIDDEN.format, ("curl", "wget", "busybox"))),
}
"""What makes a host have that one alone."""
UNFETCHED = {"mute": "nothing came", "none": "neither curl nor wget is there"}
"""What is told of those that cannot fetch."""

pytestmark = [
    pytest.mark.root,
    pytest.mark.needs("sshd", "ssh", "mount", "unshare", "setpriv", "curl", "wget", "busybox"),
]


@dataclass
class Log:
    """What a web server was asked for."""

    ranges: list[str | None] = field(default_factory=list)
    cuts: int = 0
    """Answers that are still to be cut off in their middle."""


class Cutting(Ranged):
    """Cuts off some answers."""

    def __init__(self, *args: object, log: Log, directory: str) -> None:
        self._log = log
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def answer(self) -> None:
        self._log.ranges.append(self.headers["Range"])
        if not self._log.cuts:
            super().answer()
            return
        self._log.cuts -= 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1_000_000])
        self.close_connection = True


def image(folder: Path, url: str, content: bytes = CONTENT) -> StagedImage:
    digest = Clean(sha256(content).hexdigest())
    path = Clean(f"{folder}/boot/kernel")
    file = StagedFile(Clean("kernel"), path, len(content), digest, Clean(f"{url}kernel"))
    return StagedImage(Clean("edge"), Clean("10"), (file,), folder=Clean(str(folder)))


class Filling(Plain):
    """Fills a disk before it answers."""

    def __init__(self, *args: object, place: Path, directory: str) -> None:
        self._place = place
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def answer(self) -> None:
        (self._place / "fill").write_bytes(bytes(2 << 20))
        super().answer()


async def unasked(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
    raise AssertionError("it was to be fetched from the web server")
    yield b""


async def sent(file: StagedFile, offset: int) -> AsyncIterator[bytes]:
    yield CONTENT[offset:]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The document root."""
    path = tmp_path / "root"
    path.mkdir()
    (path / "kernel").write_bytes(CONTENT)
    return path


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[dict[str, Sshd]]:
    with ExitStack() as stack:
        yield {
            tool: stack.enter_context(
                disguised(tmp_path / tool, *steps, address=f"127.0.0.{at}", alias=tool)
            )
            for at, (tool, steps) in enumerate(TOOLS.items(), 2)
        }


async def over_ssh(server: Sshd, wanted: StagedImage, told: list[Moved]) -> None:
    read = sent if server.alias in UNFETCHED else unasked
    async with bastion(server) as out, asyncio.timeout(DEADLINE):
        connected = await out.connect(server.entry)

        async def way() -> Way:
            return Way(connected.connection, "")

        await stage(SshRunner(way), wanted, read, told.append)
        connected.release()


async def test_hosts_fetch_it_at_once_and_go_on_where_they_were_cut_off(
    hosts: dict[str, Sshd], root: Path, tmp_path: Path
) -> None:
    """By whatever they have, and where that is nothing it is brought to them."""
    with ExitStack() as stack:
        logs = {tool: Log(cuts=1) for tool in hosts}
        urls = {
            tool: stack.enter_context(serving(partial(Cutting, log=log, directory=str(root))))
            for tool, log in logs.items()
        }
        told: dict[str, list[Moved]] = {tool: [] for tool in hosts}
        places = {tool: tmp_path / "there" / tool / "10" for tool in hosts}
        await asyncio.gather(
            *(
                over_ssh(server, image(places[tool], urls[tool]), told[tool])
                for tool, server in hosts.items()
            )
        )
    for tool, place in places.items():
        assert (place / "boot" / "kernel").read_bytes() == CONTENT, tool
        assert sorted(path.name for path in place.rglob("*")) == ["boot", "kernel"]
        assert sorted(path.name for path in place.parent.iterdir()) == ["10"]
        assert told[tool][-1].done == len(CONTENT)
        assert told[tool][-1].unfetched == UNFETCHED.get(tool)
        first, *rest = logs[tool].ranges or [None]
        assert first in {None, "bytes=0-"}
        assert rest == ([] if tool in UNFETCHED else ["bytes=1000000-"]), tool


async def test_what_a_host_cannot_fetch_is_brought_there_and_that_is_told(tmp_path: Path) -> None:
    wanted, told = image(tmp_path / "there" / "10", "http://127.0.0.1:9/"), list[Moved]()
    await stage(LocalRunner(), wanted, sent, told.append)
    assert (tmp_path / "there/10/boot/kernel").read_bytes() == CONTENT
    assert "127.0.0.1" in (told[-1].unfetched or "")


@pytest.mark.parametrize("change", ["another", "longer"])
async def test_what_is_not_as_it_should_be_never_gets_its_name(
    root: Path, tmp_path: Path, change: str
) -> None:
    changed = {"another": b"\0" + CONTENT[1:], "longer": CONTENT + b"more"}
    (root / "kernel").write_bytes(changed[change])
    with serving(partial(Plain, directory=str(root))) as url:
        wanted = image(tmp_path / "there" / "10", url)
        with pytest.raises(ConsoleError, match="not what the set says") as caught:
            await stage(LocalRunner(), wanted, unasked, print)
    assert not isinstance(caught.value, Unreachable)
    assert not (tmp_path / "there/10").exists()
    assert not (tmp_path / "there/10.part/boot/kernel").exists()


async def test_a_server_that_gives_no_parts_gives_all_of_it_anew(
    root: Path, tmp_path: Path
) -> None:
    wanted = tmp_path / "there" / "10"
    left = tmp_path / "there" / "10.part" / "boot" / "kernel"
    left.parent.mkdir(parents=True)
    left.parents[1].chmod(0o700)
    left.write_bytes(CONTENT[:500_000])
    with serving(partial(Plain, directory=str(root))) as url:
        await stage(LocalRunner(), image(wanted, url), unasked, print)
    assert (wanted / "boot" / "kernel").read_bytes() == CONTENT


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of a little more than it takes."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "none", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


async def test_a_full_disk_ends_it_and_leaves_no_half_file(root: Path, small: Path) -> None:
    with (
        serving(partial(Filling, directory=str(root), place=small)) as url,
        pytest.raises(ConsoleError, match="no room was left"),
    ):
        await stage(LocalRunner(), image(small / "10", url), unasked, print)
    assert not (small / "10.part/boot/kernel").exists()

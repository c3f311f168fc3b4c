"""Real kernel objects for tests, all of them gone afterwards.

``with World() as world: path = world.tmpfs("size=8M,nr_inodes=200")``. Everything is named after
this process, so a world that was killed is swept when the next one begins.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.lab.inventory import FOLDERS, Inventory, inventory, prefix_of, sweep, sweep_the_dead
from tests.lab.subhost import Subhost

ODD_NAMES = tuple(map(os.fsdecode, (b"two\nlines", b"a\ttab", b"red\x1b[31m", b"\xff\xfe", b"#1")))
"""Names of mount points that nobody expects."""
ODD_FOLDER = "a space, a comma:a colon\\a backslash"

_MS_RDONLY = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _permitted() -> bool:
    if os.geteuid() or not shutil.which("unshare"):
        return True  # the other marks speak
    return not subprocess.run(["unshare", "-mn", "true"], capture_output=True).returncode


NEEDS_WORLD = [
    pytest.mark.root,
    pytest.mark.needs("ip", "unshare", "nsenter", "pivot_root", "losetup", "mksquashfs", "gcc"),
    pytest.mark.skipif(
        not _permitted(),
        reason="needs CAP_SYS_ADMIN: run in a virtual machine or a privileged container",
    ),
]
"""Marks of every test that builds a world: ``pytestmark = NEEDS_WORLD``."""


def mount(source: str, place: Path, kind: str, options: str = "", flags: int = 0) -> None:
    """Mount by mount(2), which takes any byte in a path; raise ``OSError`` if refused."""
    names = (os.fsencode(source), os.fsencode(place), kind.encode())
    if _LIBC.mount(*names, flags, os.fsencode(options)):
        code = ctypes.get_errno()
        raise OSError(code, f"{os.strerror(code)}: {kind} {options}", str(place))


@dataclass(frozen=True, slots=True)
class Overlay:
    """Where an overlay and its layers are; a read-only one has no ``upper`` and ``work``."""

    source: str
    place: Path
    lower: tuple[Path, ...]
    upper: Path | None = None
    work: Path | None = None


@dataclass(frozen=True, slots=True)
class Squashfs:
    """A mounted image: ``place`` on ``device`` on ``image``."""

    place: Path
    device: str
    image: Path


class World:
    """Builds things under a name of its own and takes them all down at the end."""

    def __init__(self) -> None:
        self.prefix = prefix_of(os.getpid())
        self.folder = FOLDERS / self.prefix
        self._made = 0
        self._subhosts: list[Subhost] = []

    def __enter__(self) -> Self:
        sweep_the_dead()
        if self.folder.exists():  # an end of ours failed: the next ones need not
            sweep(self.prefix)
        self.folder.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sweep(self.prefix)
        for subhost in self._subhosts:
            subhost.reap()

    def inventory(self) -> Inventory:
        """Return what there is of this world."""
        return inventory(self.prefix)

    def name(self) -> str:
        """Return a new name, fit for a link, a namespace and a subhost; at most 11 characters."""
        self._made += 1
        return f"{self.prefix}{self._made}"

    def place(self, name: str = "") -> Path:
        """Return a new directory below one that is this world's; ``name`` may be any bytes."""
        path = self.folder / self.name() / (name or "here")
        path.mkdir(parents=True)
        return path

    def tmpfs(self, options: str = "size=1M", place: Path | None = None) -> Path:
        """Mount a tmpfs, for example with ``size=8M,nr_inodes=200``, and return where."""
        place = place or self.place()
        mount("tmpfs", place, "tmpfs", options)
        return place

    def overlay(self, name: str = "here", *, lowers: int = 1, writable: bool = True) -> Overlay:
        """Mount an overlay all of whose paths contain ``name``."""
        folder = self.place(name)
        lower = tuple(folder / f"lower{number}" for number in range(lowers))
        place, upper, work = folder / "live", folder / "upper", folder / "work"
        for path in (*lower, place, upper, work):
            path.mkdir()
        options = "lowerdir=" + ":".join(_escaped(path, ":") for path in lower)
        if writable:
            options += f",upperdir={_escaped(upper)},workdir={_escaped(work)}"
        source = self.name()
        mount(source, place, "overlay", options, 0 if writable else _MS_RDONLY)
        return Overlay(source, place, lower, *((upper, work) if writable else ()))

    def squashfs(self) -> Squashfs:
        """Make a small image, put it on a loop device and mount it."""
        tree, image, place = self.place("tree"), self.folder / f"{self.name()}.img", self.place()
        (tree / "release").write_text("1\n")
        command = ["mksquashfs", str(tree), str(image), "-quiet", "-no-progress"]
        subprocess.run(command, check=True, capture_output=True)
        attach = ["losetup", "--find", "--show", "--read-only", str(image)]
        device = subprocess.run(attach, check=True, capture_output=True, text=True).stdout.strip()
        mount(device, place, "squashfs", "", _MS_RDONLY)
        return Squashfs(place, device, image)

    def stacked(self) -> Path:
        """Mount two tmpfs, of 1 and 2 MiB, on the same directory."""
        place = self.tmpfs("size=1M")
        return self.tmpfs("size=2M", place)

    def covered(self) -> tuple[Path, Path]:
        """Mount a tmpfs, then another on its parent: the first is listed but out of reach."""
        place = self.tmpfs()
        return place, self.tmpfs("size=2M", place.parent)

    def bridge(self) -> str:
        """Make a bridge, up, and return its name."""
        name = self.name()
        _ip("link", "add", name, "type", "bridge")
        _ip("link", "set", name, "up")
        return name

    def netns(self) -> str:
        """Make a named network namespace and return its name."""
        name = self.name()
        _ip("netns", "add", name)
        return name

    def cable(self, netns: str, bridge: str = "", mac: str = "") -> tuple[str, str]:
        """Lay a veth cable into ``netns``, both ends up; return its outer and its inner name."""
        outer, inner = self.name(), "eth0"
        address = ("address", mac) if mac else ()
        _ip("link", "add", outer, "type", "veth", "peer", "name", inner, *address, "netns", netns)
        if bridge:
            _ip("link", "set", outer, "master", bridge)
        _ip("link", "set", outer, "up")
        _ip("-n", netns, "link", "set", inner, "up")
        return outer, inner

    def busybox(self) -> Path:
        """Return a new, small root file system; raise ``FileNotFoundError`` without busybox."""
        tree = self.place("tree")
        (tree / "bin").mkdir()
        binary = shutil.which("busybox")
        if not binary:
            raise FileNotFoundError("needs busybox: apt install busybox-static")
        shutil.copy(binary, tree / "bin")
        for applet in ("sh", "mount", "umount", "mkfifo", "pivot_root", "dd", "sleep", "cat"):
            (tree / "bin" / applet).symlink_to("busybox")
        return tree

    def subhost(self, conf: str = "") -> Subhost:
        """Return a new subhost with this configuration, not yet started."""
        name = self.name()
        subhost = Subhost(name, self.folder / name, conf)
        self._subhosts.append(subhost)
        return subhost

    def crowd(self, subhosts: int) -> None:
        """Start so many new subhosts: one, and then the others four at a time."""
        first, *others = [self.subhost() for _ in range(subhosts)]
        first.start()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda each: each.start(60), others))


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _escaped(path: Path, separators: str = "") -> str:
    # The option parser of overlayfs takes a backslash before what would otherwise separate.
    text = str(path)
    for character in "\\," + separators:
        text = text.replace(character, "\\" + character)
    return text

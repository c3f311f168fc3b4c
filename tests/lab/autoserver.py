"""An Autoserver root on this kernel: a tmpfs, most of which leads into a squashfs on /rofs_root.

``with autoserver(folder) as host: host.sh("cat /rofs_root/etc/os-release")``. It has mounts and
processes of its own; what is in ``/opt`` comes before the programs of the image.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from backends.run import Ended, Run
from backends.runner import PATH, fed
from backends.survey import surveyed
from console.actions.verbs import planned, request
from console.clean import Clean
from console.images.staged import StagedFile, StagedImage
from console.model import Boot, Host, Style
from console.plan import Plan, Verb, Wish
from console.shell import script
from tests.console.actions import ground
from tests.lab.guests.kernel import program
from tests.lab.guests.tree import Folder, Leaf, Link, Squashfs, Tree, make
from tests.lab.guests.userland import Userland, programs, root
from tests.lab.inventory import until

IMAGE = "boot_disk/autosvr/system.img"
"""What it boots from, relative to its root."""
_SETUP = """
set -eu
root=$1
mount -t tmpfs -o mode=755 none "$root"
cd "$root"
mkdir boot_disk rofs_root old
mount -o loop "$2" boot_disk
mount -o remount,ro boot_disk
mount -t squashfs -o ro,nosuid,nodev,loop boot_disk/autosvr/system.img rofs_root
for each in bin sbin lib; do ln -s usr/$each $each; done
ln -s rofs_root/usr usr
mkdir -p proc sys dev run tmp root opt lib64 etc/init.d static
cp "$3" static/busybox
cp "$4" static/init
cp rofs_root/usr/lib64/ld-linux-x86-64.so.2 rofs_root/usr/lib/*-linux-gnu/libc.so.6 lib64/
cp rofs_root/etc/passwd rofs_root/etc/group etc/
echo /lib64 >etc/ld.so.conf
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
pivot_root . old
umount -l old
chroot . /sbin/ldconfig -X
exec chroot . /static/busybox sh /static/init
"""
_FIRST = """
while :; do
    /static/busybox sleep 1000 &
    wait $!
done
"""


@cache
def tree(version: str, userland: Userland) -> Tree:
    """Return what is in an image of that version."""
    release = f'NAME="Lab Linux"\nPRETTY_NAME="Lab Linux {version}"\n'.encode()
    return {
        **root(userland),
        **programs(["flock", "ldconfig"]),
        **{f"usr/local/sbin/{name}": Link(f"/opt/{name}") for name in ("losetup", "ln")},
        "etc/os-release": release,
        "_upgrade": Folder(),
        "usr/lib/x86_64-linux-gnu/libc.so.6": _libc() + version.encode(),
    }


def image(
    out: Path,
    version: str,
    changed: Mapping[str, Leaf] | None = None,
    userland: Userland = Userland.DEBIAN,
) -> Path:
    """Write an image of that version to a file, with such changes."""
    make(Squashfs({**tree(version, userland), **(changed or {})}), out)
    return out


@cache
def _libc() -> bytes:
    return Path("/lib/x86_64-linux-gnu/libc.so.6").resolve().read_bytes()


@dataclass
class Autoserver:
    """One that is up."""

    process: subprocess.Popen[bytes]
    pid: int
    """Of its first process."""

    @property
    def root(self) -> Path:
        """Its root, as it is seen from here."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def release(self) -> str:
        """Which image it runs."""
        return self.sh(
            "sed -n 's/^PRETTY_NAME=\"Lab Linux \\(.*\\)\"/\\1/p' /rofs_root/etc/os-release"
        )

    def enter(self, *words: str) -> list[str]:
        """Return the command that runs these words there."""
        spaces = ("--mount", "--pid", "--root", "--wd")
        return ["nsenter", "--target", str(self.pid), *spaces, "--", *words]

    def sh(self, text: str) -> str:
        """Return what a script prints there."""
        said = subprocess.run(
            self.enter("/bin/sh", "-ec", text),
            check=False,
            capture_output=True,
            text=True,
            env={"PATH": PATH},
        )
        assert said.returncode == 0, f"{text}: {said.stderr}"
        return said.stdout.strip()

    def stage(self, file: Path, sha256: str | None = None) -> StagedImage:
        """Bring a file there, and return it as a set of its own; its digest is its own."""
        place = self.root / "root/images" / file.name
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, place)
        known = sha256 or hashlib.sha256(file.read_bytes()).hexdigest()
        path = Clean(f"/root/images/{file.name}")
        staged = StagedFile(Clean("squashfs"), path, place.stat().st_size, Clean(known))
        return StagedImage(Clean(file.stem), Clean("1"), (staged,))

    async def plan(self, staged: StagedImage) -> Plan:
        """Return the plan that swaps to that."""
        wish = Wish(Verb.UPGRADE, Clean(""), image=staged)
        host = self.host
        return planned(host, wish, await surveyed(self._run, request(host, wish)))

    @property
    def host(self) -> Host:
        """What is known of it beforehand."""
        boot = Boot(
            Style.AUTOSERVER, Clean("6.1"), None, Clean("autoserver_dir=autosvr"), 9, None, None
        )
        return replace(ground.host(), boot=boot, subhosts=())

    async def _run(self, text: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        run = Run(self.enter("/bin/sh", "-s"), fed(text, words), {"PATH": PATH, "LC_ALL": "C"})
        ended = await asyncio.to_thread(run.end, seconds)
        assert ended
        return ended

    def begin(self, plan: Plan, name: str) -> Job:
        """Begin its job."""
        folder = self.root / "run/subdeck/jobs" / name
        folder.mkdir(parents=True, mode=0o700)
        (folder / "job").write_bytes(script(plan))
        (folder / "who").write_text("tester@lab (root) 1 test\n")
        return Job(self, name)


@dataclass
class Job:
    """A job there, begun at once."""

    host: Autoserver
    name: str
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.run()

    @property
    def _folder(self) -> Path:
        return self.host.root / "run/subdeck/jobs" / self.name

    @property
    def journal(self) -> list[str]:
        """Its lines, without the times."""
        path = self._folder / "journal"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.partition(" ")[2] for line in lines]

    @property
    def log(self) -> str:
        """What its commands said."""
        return (self._folder / "log").read_text(errors="replace")

    def run(self, *how: str) -> None:
        """Run it, once more to ``finish`` or to ``roll-back``."""
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.host.enter("/bin/sh", f"/run/subdeck/jobs/{self.name}/job", *how),
                env={"PATH": PATH},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ended(self, seconds: float = 60.0) -> str:
        """Return its last word."""
        assert self.process
        self.process.wait(seconds)
        ends = [line for line in self.journal if line.startswith("end ")]
        return ends[-1].removeprefix("end ") if ends else "killed"

    def struck(self, step: int) -> None:
        """Kill it, and all it has started, when that step has begun."""
        assert self.process
        deadline = time.monotonic() + 60
        while f"step {step}" not in self.journal:
            assert self.process.poll() is None, (self.journal, self.log)
            assert time.monotonic() < deadline
        subprocess.run(["pkill", "-KILL", "-s", str(self.process.pid)], check=True)
        self.process.wait(10)
        locks = (self._folder / "lock", self.host.root / "run/subdeck/locks/@host")
        until(lambda: all(map(_is_free, locks)), 10, "the locks of what was killed")


@contextmanager
def autoserver(folder: Path, userland: Userland = Userland.DEBIAN) -> Iterator[Autoserver]:
    """Boot one; its boot disk is an ext4."""
    disk, contents = folder / "boot.ext4", folder / "contents"
    (contents / "autosvr").mkdir(parents=True)
    image(contents / "autosvr/system.img", "A", userland=userland)
    made = ("mkfs.ext4", "-qF", "-d", contents, "-E", "root_owner=0:0", disk, "256M")
    subprocess.run(made, check=True)
    shutil.rmtree(contents)
    place = folder / "root"
    place.mkdir()
    spaces = ("--mount", "--pid", "--fork", "--kill-child")
    first = folder / "init"
    first.write_text(_FIRST)
    words = ("sh", place, disk, program("busybox"), first)
    process = subprocess.Popen(["unshare", *spaces, "sh", "-c", _SETUP, *words])
    try:
        pid = until(lambda: _first(process.pid), 20, "its first process")
        yield Autoserver(process, pid)
    finally:
        process.kill()
        process.wait()


def _first(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    if not children:
        return 0
    name = Path(f"/proc/{children[0]}/comm").read_text().strip()
    return int(children[0]) if name == "busybox" else 0


def _is_free(lock: Path) -> bool:
    return subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 0

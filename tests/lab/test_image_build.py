"""Images made of packages boot, are recognised over SSH, and are the same each time."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.ssh.backend import SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from console.clean import Clean
from console.config import Thresholds
from console.derive import derive
from console.images.manifest import Manifest, Role, manifest
from console.model import Boot
from console.model import Style as Found
from console.turnstile import Turnstile
from tests.lab.guests import archive
from tests.lab.guests.fleet import BOOT, NEEDS_LAB, Guest
from tests.lab.guests.images import Built, for_dropbear, keys
from tests.lab.guests.kernel import ROOT, release, vmlinuz
from tests.lab.guests.parts import ram
from tests.lab.guests.style import Style
from tests.lab.guests.userland import SCRIPTS, Userland
from tests.lab.inventory import cmdlines, until
from tests.lab.sshd import public

pytestmark = [*NEEDS_LAB, *archive.NEEDS_ARCHIVE]

SLOW_MACHINE = 10.0
EPOCH = 1_750_000_000
WEB = "http://10.0.2.100"
"""Where a guest finds what is in its folder."""
PATIENCE = 60.0


class Booted(Guest):
    """A guest that boots a set that was made."""

    def __init__(self, style: Style, folder: Path, made: Path) -> None:
        super().__init__(style, folder)
        self.made = made
        (folder / "known_hosts").write_text(f"{self.key_line}\n")
        self.config.write_text(self.stanza)

    def _made(self) -> Built:
        return Built(self.made / "initrd", None, (), self.made / "vmlinuz")

    def _boot(self, made: Built) -> Iterator[str | Path | int]:
        return self._given(made)  # at once, whether the rest is fetched or not


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> str:
    return archive.entry(tmp_path_factory.mktemp("packages") / "archive")


def style(name: str, found: Found, cmdline: str = "", *, netboot: bool = False) -> Style:
    return Style(
        name=name,
        found=found,
        userland=Userland.BUSYBOX,
        packing=ram,
        cmdline=cmdline,
        image=None,
        levels={},
        netboot=netboot,
    )


def words(mirror: str, output: Path, name: str, *options: str) -> list[str]:
    """Return the command that makes a set which the lab lets in and hears of."""
    made = keys(style(name, Found.INITRAMFS))
    files = output / f"files-{name}"
    if not files.exists():
        (files / "etc/dropbear").mkdir(parents=True)
        host_key = files / "etc/dropbear/dropbear_ed25519_host_key"
        host_key.write_bytes(for_dropbear(made.host).read_bytes())
        host_key.chmod(0o600)
        (files / "etc/rc.local").write_bytes((SCRIPTS / "ready").read_bytes())
        (files / "etc/rc.local").chmod(0o755)
        (output / f"{name}.pub").write_text(f"{public(made.identity)}\n")
    return [
        *(sys.executable, "-m", "console", "images", "build", name, "--version", "7"),
        *("--mirror", mirror, "--output", str(output), "--files", str(files)),
        *("--authorized-keys", str(output / f"{name}.pub"), *options),
    ]


def built(*argv: str, epoch: int = EPOCH) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    return subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def read(folder: Path) -> Manifest:
    """Return the manifest of a set, having held every file of it against it."""
    found = manifest((folder / "manifest.json").read_bytes())
    for entry in found.files:
        content = (folder / entry.path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry.size, entry.sha256)
    assert {entry.path for entry in found.files} | {"manifest.json"} == {
        path.name for path in folder.iterdir()
    }
    return found


@contextmanager
def up(guest: Guest) -> Iterator[Guest]:
    try:
        guest.power_on()
        guest.await_up()
        yield guest
    finally:
        guest.power_off()


async def seen(guest: Guest) -> Boot:
    """Return how a console sees over SSH that it booted."""
    bastion = Bastion(Turnstile(2), OpenSSH(guest.config))
    backend = SshBackend(guest.entry, bastion, (), SLOW_MACHINE)
    try:
        boot = derive(Clean("guest"), await backend.sample(), None, lambda *_: Thresholds()).boot
        assert boot
        return boot
    finally:
        await backend.close()
        await bastion.close()


async def test_what_is_in_memory_alone_boots_and_is_known(mirror: str, tmp_path: Path) -> None:
    options = ("--kernel", str(vmlinuz()), "--modules", "dm-snapshot", "--json")
    ran = built(*words(mirror, tmp_path, "edge", *options))
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    folder = tmp_path / "edge-7"
    found = read(folder)
    assert (said["folder"], said["manifest"]["name"]) == (str(folder), "edge")
    assert (found.kernel, found.arch, found.built) == (release(), "x86_64", EPOCH)
    assert [entry.role for entry in found.files] == [Role.KERNEL, Role.INITRD]
    sizes = {each["package"]: each for each in said["packages"]}
    assert sum(each["share"] for each in sizes.values()) == pytest.approx(1)
    assert sizes["busybox-static"]["size"] > 1 << 20
    assert sizes["libc6"]["pruned"] > 1 << 20
    assert said["pruned"]["docs"] > 1 << 20

    with up(Booted(style("edge", Found.INITRAMFS, "hostname=edge42"), tmp_path, folder)) as guest:
        boot = await seen(guest)
        assert boot.style is Found.INITRAMFS is found.styles[0]
        assert boot.image
        assert (boot.image.name, boot.image.version) == ("edge", "7")
        assert boot.kernel == found.kernel
        said_inside = guest.ssh("hostname; modprobe dm-snapshot && ls /sys/module; df / | tail -1")
        assert said_inside.startswith("edge42\n")
        assert "\ndm_snapshot\n" in said_inside


async def test_a_squashfs_is_fetched_and_no_other_than_was_made(
    mirror: str, tmp_path: Path
) -> None:
    options = ("--kernel", archive.META, "--style", "squashfs")
    fetched = ("--fetch", f"{WEB}/filesystem.squashfs", "--compression", "gzip")
    ran = built(*words(mirror, tmp_path, "web", *options, *fetched))
    assert ran.returncode == 0, ran.stderr
    folder = tmp_path / "web-7"
    found = read(folder)
    assert sorted(entry.role for entry in found.files) == sorted(set(Role) - {Role.TREE})

    cmdline = (folder / "cmdline").read_text().strip()
    kind = style("web", Found.LIVE_BOOT, cmdline, netboot=True)
    guest = Booted(kind, tmp_path, folder)
    served = guest.folder / "filesystem.squashfs"
    served.write_bytes((folder / "filesystem.squashfs").read_bytes())
    with up(guest):
        boot = await seen(guest)
        assert boot.style is Found.LIVE_BOOT is found.styles[0]
        assert boot.image
        assert (boot.image.name, boot.image.version) == ("web", "7")
        assert boot.image.source == f"{WEB}/filesystem.squashfs"
        assert boot.image.built == EPOCH

        with served.open("r+b") as file:
            file.seek(-2048, os.SEEK_END)
            file.write(b"\xff" * 1024)
        guest.ssh("(sleep 0.2; reboot -f) >/dev/null 2>&1 </dev/null &")
        refusal = f"{WEB}/filesystem.squashfs is not what was built"
        until(lambda: refusal in guest.log, BOOT, "it to be refused")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--packages", "no-such-thing"), "no-such-thing: no such package in these archives"),
        (("--kernel", "/no/vmlinuz"), "/no/vmlinuz: No such file or directory"),
        (("--kernel", "busybox-static"), "busybox-static: brings no kernel"),
        (("--modules", "no_such"), "no_such: the kernel has no such module"),
        (("--fetch", "http://x/y"), "--fetch URL is for --style squashfs"),
        (("--version", "a/b"), "a/b: letters, digits"),
    ],
)
def test_what_cannot_be_made_is_told_in_one_line(
    mirror: str, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    ran = built(*words(mirror, tmp_path, "edge", "--kernel", str(vmlinuz()), *options))
    lines = [line for line in ran.stderr.splitlines() if "fetching and unpacking" not in line]
    assert ran.returncode == 2
    assert len(lines) == 1
    assert told in lines[0]
    assert {path.name for path in tmp_path.iterdir()} <= {"files-edge", "edge.pub"}


def test_a_killed_build_leaves_nothing_running_or_mounted(mirror: str, tmp_path: Path) -> None:
    command = words(mirror, tmp_path, "edge", "--kernel", str(vmlinuz()))
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as build:
        place = until(
            lambda: next(tmp_path.glob(".subdeck-build-*/tree/usr"), None), PATIENCE, "a tree"
        )
        build.send_signal(signal.SIGKILL)
    until(lambda: not _naming(str(tmp_path)), PATIENCE, "what it ran to end")
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    assert place
    assert place.exists()
    ran = built(*command, "--kernel", "/no/vmlinuz")
    assert "/no/vmlinuz" in ran.stderr
    assert not list(tmp_path.glob(".subdeck-build-*")), "the next build takes what was left"


def _naming(text: str) -> list[str]:
    """Return the command lines of processes, but for ours, that name something."""
    found = (words.decode(errors="replace") for pid, words in cmdlines() if pid != os.getpid())
    return [line for line in found if text in line]

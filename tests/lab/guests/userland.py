"""What a guest can run: Debian's busybox with dropbear, or Debian's own tools with OpenSSH."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from enum import Enum
from functools import cache
from pathlib import Path

from tests.lab.guests.kernel import libraries, program
from tests.lab.guests.tree import MERGED, Folder, Link, Tree, merged

SCRIPTS = Path(__file__).with_name("root")
"""Scripts and programs of a guest."""

_DEBIAN = """
    bash dash awk find free grep hostname kmod pgrep pkill ps sed sysctl uptime xargs
    basename cat chmod chown chroot cp cut date dd df dirname du echo env expr false head id
    install ln ls mkdir mkfifo mknod mktemp mv nproc od printf pwd readlink realpath rm rmdir seq
    sha256sum sleep sort stat stty sync tail tee test timeout touch tr true truncate tty uname
    uniq wc
    blkid blockdev dmesg findmnt flock losetup lsblk mkfs.ext4 mkswap mount mountpoint nsenter
    partx pivot_root setpriv setsid swapon umount unshare
    bridge ip sshd
"""
_OTHER_NAMES = {
    "usr/bin/sh": "dash",
    "usr/sbin/insmod": "../bin/kmod",
    "usr/sbin/lsmod": "../bin/kmod",
    "usr/sbin/modprobe": "../bin/kmod",
}
_SSHD = b"""\
HostKey /etc/ssh/host_key
UsePAM no
PasswordAuthentication no
PrintLastLog no
PrintMotd no
"""
_PASSWD = b"""\
root:x:0:0:root:/root:/bin/sh
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""


class Userland(Enum):
    """Which of the two a guest has."""

    BUSYBOX = "busybox, dropbear"
    """Nothing but Debian's busybox: no bash, no dmsetup, an ``ip`` without JSON or namespaces."""
    DEBIAN = "Debian, OpenSSH"
    """coreutils, util-linux, procps, iproute2, kmod and bash."""


def programs(names: Iterable[str]) -> Tree:
    """Return these programs of this host with the libraries they load."""
    found = [program(name) for name in names]
    return {merged(path): path for path in (*found, *libraries(found))}


@cache
def busybox() -> Tree:
    """Return a busybox with all its names."""
    command = ["busybox", "--list-full"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    applets: Tree = {merged(Path(name)): Link("/bin/busybox") for name in said.split()}
    return {**applets, "usr/bin/busybox": program("busybox")}


@cache
def root(userland: Userland) -> Tree:
    """Return a root that is complete but for what is a guest's own: keys, names, identity."""
    common: Tree = {
        **MERGED,
        **{name: Folder() for name in ("dev", "proc", "run", "sys", "mnt", "var/log")},
        "tmp": Folder(0o1777),
        "etc/passwd": _PASSWD,
        "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
        "etc/shells": b"/bin/sh\n/bin/bash\n",
        "etc/rc": SCRIPTS / "rc",
        "etc/ready": SCRIPTS / "ready",
        "root/.ssh": Folder(0o700),
    }
    if userland is Userland.BUSYBOX:
        serve = "/usr/sbin/dropbear -F -r /etc/ssh/host_key"
        return {**common, **busybox(), **programs(["dropbear"]), "etc/inittab": _inittab(serve)}
    return {
        **common,
        **programs(_DEBIAN.split()),
        **{name: Link(target) for name, target in _OTHER_NAMES.items()},
        # A first process that reaps, and no systemd: it would take a minute here.
        "usr/sbin/init": program("busybox"),
        "etc/ssh/sshd_config": _SSHD,
        "etc/inittab": _inittab("/usr/sbin/sshd -D"),
    }


def _inittab(serve: str) -> bytes:
    return f"::sysinit:/etc/rc\n::respawn:{serve}\n::once:/etc/ready\n".encode()

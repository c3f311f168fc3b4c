"""How a root becomes what a machine boots from: ``live_boot(root).medium`` is a live medium."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.guests import lower
from tests.lab.guests.kernel import modules
from tests.lab.guests.tree import (
    MERGED,
    Compiled,
    Cpio,
    Ext4,
    Folder,
    Iso,
    Leaf,
    Link,
    Squashfs,
    Tree,
)
from tests.lab.guests.userland import SCRIPTS, busybox, programs

_INITRAMFS = Path(__file__).with_name("initramfs")
_NET = ("virtio_pci", "virtio_net")
_MEDIUM = (*_NET, "virtio_scsi", "sr_mod", "isofs", "loop", "squashfs")
_DISK = (*_NET, "virtio_blk")
_SUBHOSTS = ("overlay", "veth", "bridge", "8021q")
_EXT4 = 128
"""Megabytes of a root that is an ext4."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a machine boots from."""

    initrd: Cpio
    medium: Iso | None = None
    """In the drive ``/dev/sr0``."""
    disks: tuple[Ext4, ...] = ()
    """``/dev/vda`` and on. What is written to them is forgotten with the machine."""


Packing = Callable[[Tree], Parts]
"""Makes parts of a root."""


def ram(root: Tree) -> Parts:
    """The initramfs is the root."""
    return Parts(Cpio({**root, **_boot("ram", _NET)}))


def slashinit(root: Tree) -> Parts:
    """The initramfs is the root and angt's /init its first process."""
    own: Tree = {
        "init": Compiled(SCRIPTS / "slashinit.c"),
        "etc/boot": SCRIPTS / "boot",
        "etc/reboot": SCRIPTS / "reboot",
    }
    return Parts(Cpio({**root, **own, **_modules(_NET)}))


def dracut_dm(
    persistence: str, root: Tree, *, reachable: bool = False, disk: Ext4 | None = None
) -> Parts:
    """A snapshot of an ext4 in a squashfs; its store is on the disk if there is one."""
    settings = {"PERSISTENCE": persistence, "REACHABLE": "y" if reachable else ""}
    more = ("virtio_blk",) if disk else ()
    wanted = (*_MEDIUM, "dm_snapshot", "dm_thin_pool", "overlay", *more)
    image = Squashfs({"LiveOS/rootfs.img": Ext4(root, _EXT4, "Anaconda")})
    return Parts(
        _initramfs("dracut", wanted, settings, ("dmsetup",)),
        Iso({"LiveOS/squashfs.img": image}, "LAB-LIVE"),
        (disk,) if disk else (),
    )


def dracut_overlay(root: Tree) -> Parts:
    """A squashfs that is a root itself."""
    medium = Iso({"LiveOS/squashfs.img": Squashfs(root)}, "LAB-LIVE")
    return Parts(_initramfs("dracut", (*_MEDIUM, "overlay")), medium)


def kiwi(root: Tree) -> Parts:
    """An ext4 in a squashfs, covered by an overlay."""
    image = Squashfs({"LiveOS/rootfs.img": Ext4(root, _EXT4)})
    medium = Iso({"LiveOS/squashfs.img": image}, "CDROM")
    return Parts(_initramfs("kiwi", (*_MEDIUM, "overlay")), medium)


def live_boot(info: str, root: Tree) -> Parts:
    """Debian's live medium; ``info`` is what it says of itself."""
    medium: Tree = {
        ".disk/info": f"{info}\n".encode(),
        "live/filesystem.squashfs": Squashfs(root),
    }
    return Parts(_initramfs("live-boot", (*_MEDIUM, "overlay")), Iso(medium, "LAB-DEBIAN"))


def live_stick(info: str, root: Tree) -> Parts:
    """The same on a disk that can be written."""
    medium: Tree = {
        ".disk/info": f"{info}\n".encode(),
        "live/filesystem.squashfs": Squashfs(root),
    }
    settings = {"MEDIUM_TYPE": "ext4", "MEDIUM": "/dev/vda"}
    wanted = (*_DISK, "loop", "squashfs", "overlay")
    disks = (Ext4(medium, _EXT4, "LAB-STICK"),)
    return Parts(_initramfs("live-boot", wanted, settings), disks=disks)


def casper(info: str, root: Tree) -> Parts:
    """Ubuntu's live medium of two layers; ``info`` is what it says of itself."""
    upper: Tree = {"etc/standard": b"This layer is above the minimal one.\n"}
    medium: Tree = {
        ".disk/info": f"{info}\n".encode(),
        "casper/minimal.squashfs": Squashfs(root),
        "casper/minimal.standard.squashfs": Squashfs(upper),
    }
    return Parts(_initramfs("casper", (*_MEDIUM, "overlay")), Iso(medium, "LAB-UBUNTU"))


def archiso(version: str, root: Tree) -> Parts:
    """Arch's live medium, for an overlay."""
    stamped: Tree = {**root, "version": f"{version}\n".encode()}
    initramfs = _initramfs("archiso", (*_MEDIUM, "overlay"))
    return Parts(initramfs, _arch(version, Squashfs(stamped)))


def archiso_dm(version: str, root: Tree) -> Parts:
    """Arch's live medium of old, for a snapshot."""
    stamped: Tree = {**root, "version": f"{version}\n".encode()}
    image = Squashfs({"airootfs.img": Ext4(stamped, _EXT4)})
    initramfs = _initramfs("archiso", (*_MEDIUM, "dm_snapshot"), programs_too=("dmsetup",))
    return Parts(initramfs, _arch(version, image))


def autoserver(version: str, root: Tree) -> Parts:
    """A squashfs of the whole root, of which the rest of a root holds copies and links."""
    skeleton: Tree = {
        **{name: what for name, what in root.items() if not name.startswith("usr/")},
        **{name: Folder() for name in ("rofs_root", "boot_disk", "kernel_modules", "lib64-old")},
        "usr": Link("rofs_root/usr"),
        "tmp": Link("run/shm"),
        "static/busybox": busybox()["usr/bin/busybox"],
        "static/sh": Link("busybox"),
        "__autoserver__/ctrtool": Compiled(SCRIPTS / "ctrtool.c"),
        "__autoserver__/init_stage3_example": SCRIPTS / "stage3",
    }
    medium: Tree = {
        "version.txt": f"{version}\n".encode(),
        "autosvr/system.img": Squashfs({**root, "_upgrade": Folder()}),
        "autosvr/k_mod.img": Squashfs(_modules(_SUBHOSTS)),
    }
    initramfs = _initramfs("autoserver", _MEDIUM)
    grown = {f"skeleton/{name}": what for name, what in skeleton.items()}
    return Parts(Cpio({**initramfs.tree, **grown}), Iso(medium, "AUTOSERVER"))


def disk(root: Tree) -> Parts:
    """An installed system."""
    return Parts(_initramfs("disk", _DISK), disks=(Ext4(root, 2 * _EXT4, "root"),))


def with_subhosts(running: Mapping[str, str], stopped: Mapping[str, str], root: Tree) -> Parts:
    """An installed system with subhosts: their configurations by name.

    A small Debian that they can share lies in ``/opt/lower.img``.
    """
    home = "var/lib/overlay-boot"
    grown: dict[str, Leaf] = {
        f"{home}/overlay-boot": SCRIPTS.parents[1] / "overlay-boot",
        f"{home}/reaper": Compiled(SCRIPTS.parents[1] / "reaper.c"),
        "opt/lower.img": lower.image(),
        "etc/subhosts": SCRIPTS / "subhosts",
        "etc/subhosts.conf": "".join(f"/opt/{name}/{name}.conf\n" for name in running).encode(),
    }
    if "usr/bin/busybox" in root:
        grown |= lower.busybox()
    for name, conf in {**running, **stopped}.items():
        grown[f"opt/{name}/{name}.conf"] = conf.encode()
        grown |= {f"opt/{name}/{part}": Folder() for part in ("root", "work", "live")}
    initramfs = _initramfs("disk", (*_DISK, *_SUBHOSTS, *lower.MODULES))
    return Parts(initramfs, disks=(Ext4({**root, **grown}, 2 * _EXT4, "root"),))


def _arch(version: str, image: Squashfs) -> Iso:
    files: Tree = {"arch/version": f"{version}\n".encode(), "arch/x86_64/airootfs.sfs": image}
    return Iso(files, "ARCH_LAB")


def _initramfs(
    script: str,
    wanted: Sequence[str],
    settings: Mapping[str, str] | None = None,
    programs_too: Sequence[str] = (),
) -> Cpio:
    return Cpio(
        {
            **MERGED,
            **{name: Folder() for name in ("dev", "proc", "run", "sys")},
            **busybox(),
            **programs(programs_too),
            **_boot(script, wanted, settings),
        }
    )


def _boot(script: str, wanted: Sequence[str], settings: Mapping[str, str] | None = None) -> Tree:
    lines = [f"{name}={value}\n" for name, value in (settings or {}).items()]
    return {
        **_modules(wanted),
        "init": _INITRAMFS / "init",
        "style": _INITRAMFS / script,
        "settings": "".join(lines).encode(),
    }


def _modules(wanted: Sequence[str]) -> Tree:
    return {f"modules/{at:02}-{path.name}": path for at, path in enumerate(modules(wanted))}

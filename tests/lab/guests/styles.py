"""Every style of guest: ``STYLES["casper"]``.

The names of those with an exception store say its kind (``n``, ``p``, ``po``; ``dracut-dm`` is as
dracut makes it unless told otherwise); on ``bare`` ones there is no dmsetup to ask.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from console.model import Style as Found
from tests.lab.guests import parts
from tests.lab.guests.style import Identity, Style
from tests.lab.guests.tree import Ext4, Sparse
from tests.lab.guests.userland import Userland

BUSYBOX, DEBIAN = Userland.BUSYBOX, Userland.DEBIAN

_LIVE = "BOOT_IMAGE=/images/pxeboot/vmlinuz root=live:CDLABEL=LAB-LIVE rd.live.image"
_OVERLAY = "/LiveOS/overlay-LAB-LIVE-2025-06-15"
_INFO = "Lab GNU/Linux 12.7.0 _Bookworm_ - Unofficial amd64 20250615-15:06"
_UBUNTU = 'Lab-Server 24.04.1 LTS "Noble Numbat" - Release amd64 (20250615)'
_ARCH = "2025.06.01"
_SFS = "/run/archiso/bootmnt/arch/x86_64/airootfs.sfs"
_AUTOSERVER = "Autoserver lab, built 2025-06-15"

_MTA = "BASE=.\nCABLES=br0=02:aa:00:00:00:01 =.5\nRAM_SIZE=16M\n"
_WEB = "BASE=.\nCABLES=br0= =\nRAM_SIZE=16M\n"


_UTIL_LINUX = (
    *("ip", "mount", "umount", "unshare", "nsenter", "setpriv", "flock", "losetup", "pivot_root"),
    "partx",
)
"""What it takes besides busybox to start a subhost."""


def _release(name: str, version: str) -> Mapping[str, str]:
    return {"IMAGE_ID": name, "IMAGE_VERSION": version}


def _dracut(name: str, userland: Userland, packing: parts.Packing, more: str, bound: str) -> Style:
    """A live root on a snapshot, whose store ends where ``bound`` does."""
    return Style(
        name=name,
        found=Found.DRACUT_DM,
        userland=userland,
        packing=packing,
        cmdline=f"{_LIVE} {more}".strip(),
        image=Identity("squashfs.img", "20250615.0", "CDLABEL=LAB-LIVE"),
        levels={"fs:/": "own size" if bound == "mem" else "dm:live-rw", "dm:live-rw": bound},
        os_release={"BUILD_ID": "20250615.0"},
        extra=("dmsetup",) if "bare" not in name else (),
        store="live-rw",
    )


_IN_RAM = (
    Style(
        name="ram-tmpfs",
        found=Found.INITRAMFS,
        userland=BUSYBOX,
        packing=parts.ram,
        cmdline="BOOT_IMAGE=vmlinuz initrd=http://boot.example/lab/initrd.img",
        image=Identity("edge", "7", "http://boot.example/lab/initrd.img"),
        levels={"tmpfs:/": "own size", "tmpfs:/run": "own size"},
        os_release=_release("edge", "7"),
    ),
    Style(
        name="ram-ramfs",
        found=Found.INITRAMFS,
        userland=DEBIAN,
        packing=parts.ram,
        cmdline="root=/dev/ram0",
        image=Identity("edge", "8"),
        levels={"tmpfs:/": None, "tmpfs:/run": "own size"},
        os_release=_release("edge", "8"),
    ),
    Style(
        name="ipxe",
        found=Found.INITRAMFS,
        userland=BUSYBOX,
        packing=parts.ram,
        cmdline="lab.image=http://10.0.2.100/initrd",
        image=Identity("edge", "9"),
        levels={"tmpfs:/": "own size"},
        os_release=_release("edge", "9"),
        extra=("flock",),
        netboot=True,
    ),
    Style(
        name="slashinit",
        found=Found.SLASHINIT,
        userland=BUSYBOX,
        packing=parts.slashinit,
        cmdline="supervised",
        image=Identity("golf", "3"),
        levels={"tmpfs:/": "own size"},
        os_release=_release("golf", "3"),
        extra=("flock",),
    ),
)

_SNAPSHOTS = (
    _dracut("dracut-dm", DEBIAN, partial(parts.dracut_dm, "PO"), "", "mem"),
    _dracut(
        "dracut-po",
        DEBIAN,
        partial(parts.dracut_dm, "PO"),
        "rd.live.overlay.size=24",
        "own size",
    ),
    _dracut(
        "dracut-po-bare",
        BUSYBOX,
        partial(parts.dracut_dm, "PO"),
        "rd.live.overlay.size=24",
        "own size",
    ),
    _dracut(
        "dracut-n",
        DEBIAN,
        partial(parts.dracut_dm, "N", reachable=True),
        "rd.live.overlay.size=24",
        "own size",
    ),
    _dracut(
        "dracut-n-bare",
        BUSYBOX,
        partial(parts.dracut_dm, "N", reachable=True),
        "rd.live.overlay.size=24",
        "own size",
    ),
    _dracut(
        "dracut-p",
        DEBIAN,
        partial(parts.dracut_dm, "P", disk=Ext4({_OVERLAY[1:]: Sparse(24)}, 64, "STICK")),
        f"rd.live.overlay=/dev/vda:{_OVERLAY}",
        "own size",
    ),
    _dracut(
        "dracut-p-bare",
        BUSYBOX,
        partial(
            parts.dracut_dm,
            "P",
            reachable=True,
            disk=Ext4({_OVERLAY[1:]: Sparse(24)}, 64, "STICK"),
        ),
        f"rd.live.overlay=/dev/vda:{_OVERLAY}",
        "own size",
    ),
    Style(
        name="archiso-dm",
        found=Found.ARCHISO,
        userland=DEBIAN,
        packing=partial(parts.archiso_dm, _ARCH),
        cmdline="archisobasedir=arch archisolabel=ARCH_LAB cow_spacesize=32M cow_filesize=24M",
        image=Identity("archlab", _ARCH, _SFS),
        levels={
            "fs:/": "dm:arch_airootfs",
            "dm:arch_airootfs": "own size",
            "tmpfs:/run/archiso/cowspace": "own size",
        },
        os_release=_release("archlab", _ARCH),
        extra=("dmsetup",),
        store="arch_airootfs",
    ),
)

_LIVE_BOOT = Style(
    name="live-boot",
    found=Found.LIVE_BOOT,
    userland=DEBIAN,
    packing=partial(parts.live_boot, _INFO),
    cmdline="BOOT_IMAGE=/live/vmlinuz initrd=/live/initrd.img boot=live components",
    image=Identity("filesystem.squashfs", _INFO, "/run/live/medium/live/filesystem.squashfs"),
    levels={"overlay:/": "tmpfs:/run/live/overlay", "tmpfs:/run/live/overlay": "own size"},
)
_OVERLAYS = (
    Style(
        name="dracut-overlay",
        found=Found.DRACUT_OVERLAY,
        userland=DEBIAN,
        packing=parts.dracut_overlay,
        cmdline=f"{_LIVE} rd.live.overlay.overlayfs=1",
        image=Identity("squashfs.img", "20250615.1", "CDLABEL=LAB-LIVE"),
        levels={"overlay:/": "tmpfs:/run", "tmpfs:/run": "own size"},
        os_release={"BUILD_ID": "20250615.1"},
    ),
    Style(
        name="kiwi",
        found=Found.KIWI,
        userland=BUSYBOX,
        packing=parts.kiwi,
        cmdline="root=live:CDLABEL=CDROM rd.live.image",
        image=Identity("lab-tumbleweed", "1.15.6", "CDLABEL=CDROM"),
        levels={"overlay:/": "tmpfs:/run/overlay", "tmpfs:/run/overlay": "own size"},
        os_release=_release("lab-tumbleweed", "1.15.6"),
    ),
    _LIVE_BOOT,
    replace(
        _LIVE_BOOT,
        name="live-stick",
        userland=BUSYBOX,
        packing=partial(parts.live_stick, _INFO),
        cmdline=f"{_LIVE_BOOT.cmdline} noprompt",
        extra=("flock",),
    ),
    Style(
        name="casper",
        found=Found.CASPER,
        userland=DEBIAN,
        packing=partial(parts.casper, _UBUNTU),
        cmdline="BOOT_IMAGE=/casper/vmlinuz boot=casper layerfs-path=minimal.standard.squashfs",
        image=Identity(
            "minimal.standard.squashfs", _UBUNTU, "/cdrom/casper/minimal.standard.squashfs"
        ),
        levels={"overlay:/": "own size"},
    ),
    Style(
        name="archiso",
        found=Found.ARCHISO,
        userland=BUSYBOX,
        packing=partial(parts.archiso, _ARCH),
        cmdline="archisobasedir=arch archisolabel=ARCH_LAB",
        image=Identity("archlab", _ARCH, _SFS),
        levels={"overlay:/": "mem", "tmpfs:/run/archiso/cowspace": "mem"},
        os_release=_release("archlab", _ARCH),
    ),
    Style(
        name="autoserver",
        found=Found.AUTOSERVER,
        userland=DEBIAN,
        packing=partial(parts.autoserver, _AUTOSERVER),
        cmdline="autoserver_boot_dev=/dev/sr0 autoserver_boot_fstype=iso9660 "
        "autoserver_wait_udev=1 autoserver_init=/__autoserver__/init_stage3_example",
        image=Identity("system.img", _AUTOSERVER, "/boot_disk/autosvr/system.img"),
        levels={"tmpfs:/": "own size", "tmpfs:/run": "own size", "tmpfs:/run/shm": "own size"},
    ),
)

_ON_DISK = (
    Style(
        name="disk",
        found=Found.DISK,
        userland=DEBIAN,
        packing=parts.disk,
        cmdline="BOOT_IMAGE=/boot/vmlinuz root=/dev/vda ro",
        image=None,
        levels={"fs:/": "own size", "tmpfs:/run": "own size"},
    ),
    Style(
        name="subhosts",
        found=Found.DISK,
        userland=DEBIAN,
        packing=partial(parts.with_subhosts, {"mta": _MTA, "web": _WEB}, {"dns": "BASE=.\n"}),
        cmdline="BOOT_IMAGE=/boot/vmlinuz root=/dev/vda ro",
        image=None,
        levels={"fs:/": "own size"},
        running=frozenset({"mta", "web"}),
        stopped=frozenset({"dns"}),
    ),
    Style(
        name="subhosts-bare",
        found=Found.DISK,
        userland=BUSYBOX,
        packing=partial(parts.with_subhosts, {}, {}),
        cmdline="BOOT_IMAGE=/boot/vmlinuz root=/dev/vda ro",
        image=None,
        levels={"fs:/": "own size"},
        extra=_UTIL_LINUX,
    ),
)

STYLES: Mapping[str, Style] = {
    style.name: style for style in (*_IN_RAM, *_SNAPSHOTS, *_OVERLAYS, *_ON_DISK)
}
"""By name, in the order in which they are told."""

_SELDOM = frozenset(
    (
        *("dracut-po-bare", "dracut-n", "dracut-p", "dracut-p-bare", "dracut-dm", "archiso-dm"),
        *("dracut-overlay", "kiwi", "live-stick", "casper", "archiso", "ram-tmpfs"),
    )
)
"""Each is much like another: the same kind of root, or of store, laid out a little otherwise."""
TESTED: Sequence[str] = [name for name in STYLES if "LEAKS" in os.environ or name not in _SELDOM]
"""Those that the tests boot; ``make leaks`` takes the time for all."""

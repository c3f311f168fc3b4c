"""Hosts of several boot styles for pictures and screen tests, told in the kernel's own words.

``edge(step, 0.4)`` are the facts of a host at a step of ``screenshots.world``'s time, the store
beneath its root 40 % full.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from console.clean import Clean
from console.facts import Facts, View
from console.model import Memory, Pressure, Statfs
from console.parse import dmsetup
from screenshots.world import (
    EVIDENCE,
    GIB,
    INFO,
    MIB,
    MOUNTS,
    SIZES,
    TABLE,
    facts,
    seen_from,
    small,
    statfs,
)

_SECTORS = 8_388_608

Share = float
"""How full what its root lies on is; more than 1: it overflowed."""
Shape = Callable[[int, Share], Facts]
"""The facts of a host at one step."""


def edge(step: int, share: Share) -> Facts:
    """dracut's device-mapper root, with subhosts."""
    known = _sound(step)
    used = f"{int(share * _SECTORS)}/{_SECTORS} 22000" if share <= 1 else "Overflow"
    status = f"live-rw: 0 {_SECTORS} snapshot {used}\nlive-base: 0 {_SECTORS} linear \n"
    size = statfs(4 * GIB, 1_700 * MIB, 262_144, 98_000)
    quiet = {"/": size, "/tmp": statfs(GIB, 84 * MIB), "/srv": statfs(20 * GIB, 6 * GIB)}  # noqa: S108  a mount
    return replace(
        known,
        view=seen_from(MOUNTS, SIZES | quiet),
        inside=_inside(known, quiet["/srv"]),
        dm=dmsetup.devices(TABLE, status, INFO)[0],
        memory=_memory(8 * GIB, 0.45),
        gaps=(),
    )


def overlaid(source: str, upper: str, lower: str, cmdline: str, kernel: str) -> Shape:
    """An overlay on a tmpfs as root, as live-boot, dracut and archiso make it."""

    def shape(step: int, share: Share) -> Facts:
        store = upper.rpartition("/")[0]
        layers = f"lowerdir={lower},upperdir={upper},workdir={store}/work"
        mounts = f"""\
26 1 0:30 / / rw,relatime - overlay {source} rw,{layers}
27 26 7:0 / {lower} ro - squashfs /dev/loop0 ro
28 26 0:31 / {store} rw,relatime - tmpfs tmpfs rw,size=2097152k
29 26 0:24 / /run/lock rw - tmpfs tmpfs rw,size=51200k
"""
        used = statfs(2 * GIB, int(min(share, 1) * 2 * GIB), 500_000, 21_000)
        sizes = {
            "/": used,
            store: used,
            lower: statfs(700 * MIB, 700 * MIB),
            "/run/lock": small(1),
        }
        subhosts = "lib/live" in lower or "/live/" in lower
        known = _sound(step) if subhosts else _alone(step)
        evidence = replace(EVIDENCE, cmdline=Clean(cmdline), kernel=Clean(kernel), os_release={})
        return replace(
            known,
            view=seen_from(mounts.encode(), sizes),
            inside=_inside(known, used),
            evidence=evidence,
            memory=_memory(4 * GIB, 0.2 + share * 0.6),
            dm=(),
            loops=known.loops[:1],
            gaps=(),
        )

    return shape


def in_memory(init: str) -> Shape:
    """The initramfs as root, for good."""

    def shape(step: int, share: Share) -> Facts:
        mounts = b"""\
1 1 0:2 / / rw,nosuid - rootfs rootfs rw,size=1015808k,nr_inodes=253952
28 1 0:24 / /run rw - tmpfs tmpfs rw,size=203164k
"""
        root = statfs(992 * MIB, int(share * 992 * MIB), 253_952, 4_100)
        evidence = replace(
            EVIDENCE,
            init_name=Clean("init"),
            init_exe=Clean(init),
            cmdline=Clean("initrd=ci.img quiet"),
            os_release={"BUILD_ID": Clean("2026-09-14")},
        )
        return replace(
            _alone(step),
            view=seen_from(mounts, {"/": root, "/run": small(3)}),
            evidence=evidence,
            memory=_memory(2 * GIB, 0.15 + share * 0.5),
        )

    return shape


def disk(step: int, share: Share) -> Facts:
    """An ordinary host."""
    mounts = b"""\
26 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
27 26 8:2 / /var/lib/postgresql rw,relatime - xfs /dev/sda2 rw
28 26 0:24 / /run rw - tmpfs tmpfs rw,size=1631264k
"""
    data = statfs(400 * GIB, int(share * 400 * GIB), 26_214_400, 18_400)
    sizes = {"/": statfs(30 * GIB, 9 * GIB), "/var/lib/postgresql": data, "/run": small(4)}
    evidence = replace(
        EVIDENCE,
        cmdline=Clean("root=/dev/sda1 ro quiet"),
        os_release={"PRETTY_NAME": Clean("Debian GNU/Linux 12 (bookworm)")},
    )
    return replace(
        _alone(step),
        view=seen_from(mounts, sizes),
        evidence=evidence,
        memory=_memory(16 * GIB, 0.3 + share * 0.4),
    )


def _sound(step: int) -> Facts:
    """Return the facts of ``screenshots.world`` without the subhost that is broken there."""
    known = facts(step)
    return replace(
        known,
        confs=tuple(conf for conf in known.confs if conf.name != "old"),
        netns=tuple(netns for netns in known.netns if netns.name != "old"),
        links=tuple(link for link in known.links if "old" not in (link.netns, link.name[:3])),
    )


def _inside(known: Facts, root: Statfs) -> dict[int, View]:
    """Return what subhosts see: their root lies on a store of the host, the rest is quiet."""
    return {
        pid: replace(
            view,
            statfs={
                mount.id: root if mount.point == "/" else small(2)
                for mount in view.mounts
                if mount.id in view.statfs
            },
        )
        for pid, view in known.inside.items()
    }


def _alone(step: int) -> Facts:
    """A host without subhosts."""
    known = facts(step)
    return Facts(
        time=known.time,
        at=known.at,
        evidence=known.evidence,
        uptime=known.uptime,
        links=known.links[:2],
        loops=(),
    )


def _memory(total: int, used: Share) -> Memory:
    free = int(total * (1 - min(used, 0.98)))
    busy = 14.0 if used > 0.7 else 0.4
    return Memory(total, free, 150 * MIB, 0, 0, 0, Pressure(busy, busy / 2, 0.0))


WEB = overlaid(
    "overlay",
    "/run/live/overlay/rw",
    "/run/live/rootfs/filesystem.squashfs",
    "boot=live fetch=http://boot.example/web/filesystem.squashfs",
    "6.1.0-56-amd64",
)
KIOSK = overlaid(
    "LiveOS_rootfs",
    "/run/overlayfs",
    "/run/rootfsbase",
    "root=live:http://boot.example/kiosk/44.img rd.live.image rd.live.overlay.overlayfs=1",
    "6.18.2-300.fc44.x86_64",
)
PXE = overlaid(
    "airootfs",
    "/run/archiso/cowspace/x86_64/upperdir",
    "/run/archiso/airootfs",
    "archisobasedir=arch archiso_http_srv=http://boot.example/arch/",
    "6.17.4-arch1-1",
)
CI = in_memory("/init (deleted)")

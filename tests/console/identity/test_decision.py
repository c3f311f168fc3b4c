from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.facts import Evidence
from console.identity import style
from console.model import DmDevice, Style
from tests.console.identity.worlds import (
    PLAIN,
    ROOTFS,
    SLASHINIT,
    WORLDS,
    World,
    evidence,
    mapped,
    snapshot,
    target,
)


def of(mountinfo: str, evidence: Evidence = PLAIN, dm: tuple[DmDevice, ...] = ()) -> World:
    """Return a world of which only the style is asked."""
    return World(mountinfo, Style.UNKNOWN, None, evidence, dm)


def decided(world: World) -> Style:
    return style(world.evidence, world.mounts, world.dm)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_each_style_is_recognised(world: World) -> None:
    assert decided(world) is world.style


def test_all_eleven_styles_have_a_world() -> None:
    assert {world.style for world in WORLDS.values()} == set(Style) - {Style.UNKNOWN}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_inside_a_subhost_whatever_the_host_is(world: World) -> None:
    inside = replace(world, evidence=replace(world.evidence, init_name=Clean(".reaper")))
    assert decided(inside) is Style.SUBHOST


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_mount_on_top_decides(world: World) -> None:
    below = "1 1 0:2 / / rw - rootfs rootfs rw\n3 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    assert decided(replace(world, mountinfo=below + world.mountinfo)) is world.style


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_tokens_of_another_style_change_nothing(world: World) -> None:
    tokens = Clean("boot=casper root=live:x archisobasedir=arch autoserver_dir=a root=overlay:x")
    assert decided(replace(world, evidence=replace(world.evidence, cmdline=tokens))) is world.style


@pytest.mark.parametrize(
    ("source", "options", "expected"),
    [
        ("LiveOS_rootfs", "lowerdir=/l,upperdir=/run/overlayfs", Style.DRACUT_OVERLAY),
        ("LiveOS_rootfs", "lowerdir=/run/overlayfs-r:/run/rootfsbase", Style.DRACUT_OVERLAY),
        ("LiveOS_rootfs", "lowerdir=/l,upperdir=/run/overlay/overlayfs/rw", Style.KIWI),
        ("LiveOS_rootfs", "lowerdir=/run/overlay/rootfsbase", Style.KIWI),
        ("LiveOS_rootfs", "lowerdir=/l,upperdir=/srv/rw", Style.UNKNOWN),
        ("OverlayOS_rootfs", "lowerdir=/l,upperdir=/run/overlayfs/rw", Style.KIWI),
        ("airootfs", "lowerdir=/l,upperdir=/srv/airootfs/rw", Style.UNKNOWN),
        ("overlay", "lowerdir=/l,upperdir=/live/overlay/rw", Style.LIVE_BOOT),
        ("overlay", "lowerdir=/l,upperdir=/run/live/persistence/sda3/rw", Style.LIVE_BOOT),
        ("overlay", "lowerdir=/l,upperdir=/lib/live/mount/overlay/rw", Style.LIVE_BOOT),
        ("overlay", "lowerdir=/l,upperdir=/var/lib/docker/overlay2/x/diff", Style.UNKNOWN),
        ("overlay", "xino=off", Style.UNKNOWN),
        ("overlayfs:/overlay", "lowerdir=/,upperdir=/overlay/upper", Style.UNKNOWN),
    ],
)
def test_overlays_of_one_source_are_told_by_their_layers(
    source: str, options: str, expected: Style
) -> None:
    assert decided(of(f"29 1 0:23 / / rw - overlay {source} rw,{options}\n")) is expected


AUFS = "29 1 0:23 / / rw - aufs aufs rw,si=3f\n"


@pytest.mark.parametrize(
    ("mountinfo", "cmdline", "expected"),
    [
        (AUFS + "30 29 0:9 / /lib/live/mount/overlay rw - tmpfs tmpfs rw\n", "", Style.LIVE_BOOT),
        (AUFS + "30 29 0:9 / /run/live/medium ro - iso9660 /dev/sr0 ro\n", "", Style.LIVE_BOOT),
        (AUFS + "30 29 7:0 / /rofs ro - squashfs /dev/loop0 ro\n", "", Style.CASPER),
        (AUFS, "boot=live", Style.LIVE_BOOT),
        (AUFS, "boot=casper", Style.CASPER),
        (AUFS, "quiet", Style.UNKNOWN),
    ],
)
def test_an_aufs_root_is_told_by_what_is_beside_it(
    mountinfo: str, cmdline: str, expected: Style
) -> None:
    assert decided(of(mountinfo, evidence=evidence(cmdline))) is expected


THIN, LINEAR, ON_DISK = (target("thin", "1:1 0"), target("linear", "7:1"), target("linear", "8:2"))


@pytest.mark.parametrize(
    ("source", "found", "expected"),
    [
        ("mapper/live-rw", mapped("live-rw", snapshot("P")), Style.DRACUT_DM),
        ("mapper/live-rw", mapped("live-rw", THIN), Style.DRACUT_DM),
        ("mapper/live-rw", mapped("live-rw", LINEAR), Style.DRACUT_DM),
        ("mapper/live-rw", mapped("live-rw"), Style.DRACUT_DM),
        ("mapper/live-rw", None, Style.DRACUT_DM),
        ("dm-0", mapped("live-rw", snapshot("PO")), Style.DRACUT_DM),
        ("root", mapped("live-rw", snapshot("PO")), Style.DRACUT_DM),
        ("mapper/live-rw", mapped("live-rw", target("crypt", "aes")), Style.DISK),
        ("mapper/live-rw", mapped("live-rw", ON_DISK, uuid="LVM-x"), Style.DISK),
        ("mapper/arch_airootfs", mapped("arch_airootfs", snapshot("N")), Style.ARCHISO),
        ("mapper/x_airootfs", None, Style.ARCHISO),
        ("mapper/x_airootfs", mapped("x_airootfs", ON_DISK), Style.DISK),
        ("mapper/alive-rw", mapped("alive-rw", ON_DISK), Style.DISK),
        ("mapper/vg-root", mapped("vg-root", ON_DISK), Style.DISK),
        ("vda", mapped("live-rw", snapshot("PO"), minor=7), Style.DISK),
    ],
)
def test_mapped_roots_are_told_by_name_and_target(
    source: str, found: DmDevice | None, expected: Style
) -> None:
    mountinfo = f"26 1 254:0 / / rw - ext4 /dev/{source} rw\n"
    assert decided(of(mountinfo, dm=(found,) if found else ())) is expected


def test_a_root_without_a_device_number_of_its_own_is_matched_by_name() -> None:
    mountinfo = "26 1 0:30 / / rw - btrfs /dev/mapper/live-rw rw\n"
    assert decided(of(mountinfo, dm=(mapped("live-rw", LINEAR),))) is Style.DRACUT_DM
    assert decided(of(mountinfo, dm=(mapped("live-rw", LINEAR, uuid="LVM-x"),))) is Style.DISK


@pytest.mark.parametrize(
    ("mountinfo", "expected"),
    [
        ("1 0 8:1 / / rw - ext4 /dev/root rw\n", Style.DISK),
        ("1 0 0:30 /@ / rw - btrfs /dev/sda2 rw\n", Style.DISK),
        ("1 0 0:30 / / rw - zfs rpool/ROOT/debian rw\n", Style.DISK),
        ("1 0 0:30 / / rw - nfs 192.0.2.1:/srv/root rw\n", Style.UNKNOWN),
        ("1 0 0:30 / / rw - tmpfs none rw,mode=755\n", Style.UNKNOWN),
        (
            "1 0 0:30 / / rw - tmpfs none rw\n2 1 0:31 / /rofs_root rw - tmpfs none rw\n",
            Style.UNKNOWN,
        ),
        ("2 1 0:31 / /run rw - tmpfs tmpfs rw\n", Style.UNKNOWN),
        ("", Style.UNKNOWN),
    ],
)
def test_the_rest_is_a_disk_or_unknown(mountinfo: str, expected: Style) -> None:
    assert decided(of(mountinfo)) is expected


UNPRIVILEGED = replace(SLASHINIT, init_exe=None)


@pytest.mark.parametrize(
    ("pid1", "mountinfo", "expected"),
    [
        (replace(SLASHINIT, init_exe=Clean("/init")), ROOTFS, Style.INITRAMFS),
        (replace(SLASHINIT, init_exe=Clean("/bin/busybox (deleted)")), ROOTFS, Style.INITRAMFS),
        (UNPRIVILEGED, ROOTFS, Style.SLASHINIT),
        (UNPRIVILEGED, ROOTFS.replace(",nosuid", ""), Style.INITRAMFS),
        (replace(UNPRIVILEGED, init_argv=(Clean("/init"), Clean("x"))), ROOTFS, Style.INITRAMFS),
        (replace(UNPRIVILEGED, init_name=Clean("busybox")), ROOTFS, Style.INITRAMFS),
        (replace(UNPRIVILEGED, init_argv=()), ROOTFS, Style.INITRAMFS),
        (SLASHINIT, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", Style.DISK),
        (PLAIN, ROOTFS, Style.INITRAMFS),
        (PLAIN, "1 1 0:2 / / rw - rootfs rootfs rw\n", Style.INITRAMFS),
    ],
)
def test_slashinit_is_an_init_that_unlinked_itself(
    pid1: Evidence, mountinfo: str, expected: Style
) -> None:
    assert decided(of(mountinfo, evidence=pid1)) is expected

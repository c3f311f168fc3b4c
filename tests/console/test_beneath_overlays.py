"""What binds the overlays of live media, whose uppers are more or less hidden."""

from __future__ import annotations

import pytest

from console.beneath import level_id
from console.clean import Clean
from console.facts import Facts
from console.model import State
from tests.console.hosts import GIB, MIB, binding, facts, level, statfs

DISK = "26 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"


def archiso(cow: str, total: int, used: int) -> Facts:
    """Return an archiso host whose cowspace is the mount given."""
    place = "/run/archiso/cowspace"
    text = (
        "29 1 0:23 / / rw,relatime - overlay airootfs rw,lowerdir=/run/archiso/airootfs,"
        f"upperdir={place}/persistent_X/x86_64/upperdir,workdir={place}/persistent_X/x86_64/w\n"
        "30 29 0:24 / /run rw - tmpfs run rw,mode=755\n"
        f"31 30 {cow} rw\n"
        "32 30 7:0 / /run/archiso/airootfs ro - squashfs /dev/loop0 ro\n"
    )
    shared = statfs(total, used)
    fill = {
        "/": shared,
        place: shared,
        "/run": statfs(GIB, MIB),
        "/run/archiso/airootfs": statfs(800 * MIB, 800 * MIB, inodes=9, inodes_used=9),
    }
    return facts(text, fill)


def test_archiso_is_bound_by_its_cowspace() -> None:
    seen = archiso("0:25 / /run/archiso/cowspace rw - tmpfs cowspace", 256 * MIB, 200 * MIB)
    assert binding(level(seen, "overlay:/")) == (256 * MIB, "tmpfs:/run/archiso/cowspace")
    assert level(seen, "tmpfs:/run/archiso/cowspace").backs == ("overlay:/",)
    assert "overlay:/" in level(seen, "mem").backs


def test_a_persistent_cowspace_on_disk_has_nothing_to_do_with_ram() -> None:
    seen = archiso("8:17 / /run/archiso/cowspace rw - ext4 /dev/sdb1", 30 * GIB, GIB)
    assert binding(level(seen, "overlay:/")) == (30 * GIB, "fs:/run/archiso/cowspace")
    assert "overlay:/" not in level(seen, "mem").backs


def test_casper_hides_its_tmpfs_in_the_initramfs() -> None:
    text = (
        "29 1 0:23 / / rw,relatime - overlay /cow rw,lowerdir=/minimal.squashfs,"
        "upperdir=/cow/upper,workdir=/cow/work\n"
    )
    plenty = facts(text, {"/": statfs(GIB, 100 * MIB)}, available=2 * GIB)
    scarce = facts(text, {"/": statfs(GIB, 100 * MIB)}, available=200 * MIB)
    assert binding(level(plenty, "overlay:/")) == (GIB, "own size")
    assert binding(level(scarce, "overlay:/")) == (300 * MIB, "mem")


def dracut_overlay(total: int) -> Facts:
    """Return a dracut host: ``/run/overlayfs`` may be a symbolic link to another filesystem."""
    text = (
        "29 1 0:23 / / rw - overlay LiveOS_rootfs rw,lowerdir=/run/rootfsbase,"
        "upperdir=/run/overlayfs,workdir=/run/ovlwork\n"
        "30 29 0:24 / /run rw - tmpfs tmpfs rw\n"
        "31 30 8:3 / /run/initramfs/overlayfs rw - ext4 /dev/sda3 rw\n"
    )
    fill = {
        "/": statfs(total, MIB),
        "/run": statfs(400 * MIB, MIB),
        "/run/initramfs/overlayfs": statfs(8 * GIB, MIB),
    }
    return facts(text, fill)


@pytest.mark.parametrize(
    ("total", "bound"),
    [
        (400 * MIB, (400 * MIB, "tmpfs:/run")),
        (8 * GIB, (8 * GIB, "fs:/run/initramfs/overlayfs")),
        (3 * GIB, (3 * GIB, "own size")),
    ],
    ids=["in /run", "behind a link", "somewhere hidden"],
)
def test_an_overlay_tells_by_its_size_where_a_link_leads(
    total: int, bound: tuple[int, str]
) -> None:
    assert binding(level(dracut_overlay(total), "overlay:/")) == bound


def test_a_relative_upper_may_be_anywhere() -> None:
    text = DISK + "31 26 0:31 / /a rw - overlay a rw,lowerdir=l,upperdir=u,workdir=w\n"
    seen = facts(text, {"/a": statfs(GIB, MIB)}, available=MIB)
    assert binding(level(seen, "overlay:/a")) == (GIB, "own size")


def test_an_overlay_on_an_overlay_ends_in_ram_too() -> None:
    text = (
        "29 1 0:23 / / rw - overlay /cow rw,lowerdir=/m,upperdir=/cow/upper,workdir=/cow/w\n"
        "31 29 0:31 / /a rw - overlay a rw,lowerdir=/,upperdir=/var/a,workdir=/var/w\n"
    )
    shared = statfs(GIB, MIB)
    seen = facts(text, {"/": shared, "/a": shared}, available=MIB)
    assert binding(level(seen, "overlay:/a")) == (2 * MIB, "mem")
    assert level(seen, "overlay:/").backs == ("overlay:/a",)


def test_a_read_only_overlay_stands_on_nothing() -> None:
    text = DISK + "31 26 0:31 / /a ro - overlay a ro,lowerdir=/x:/y\n"
    seen = facts(text, {"/a": statfs(GIB, GIB), "/": statfs(GIB, MIB)})
    found = level(seen, "overlay:/a")
    assert (found.state, level(seen, "fs:/").backs) == (State.OK, ())


def test_a_level_is_named_by_kind_and_place() -> None:
    seen = archiso("8:17 / /run/archiso/cowspace rw - ext4 /dev/sdb1", GIB, MIB)
    names = [level_id(each) for each in seen.view.mounts]
    assert names == [
        "overlay:/",
        "tmpfs:/run",
        "fs:/run/archiso/cowspace",
        "fs:/run/archiso/airootfs",
    ]
    assert level_id(seen.view.mounts[0], Clean("/opt/live")) == "overlay:/opt/live"

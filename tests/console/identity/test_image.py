from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.identity import STAMPS, boot, images
from console.model import DmDevice, Image
from tests.console.identity.worlds import (
    BUILT,
    FETCHED,
    PLAIN,
    WORLDS,
    World,
    evidence,
    image,
    loop,
    mapped,
    snapshot,
    target,
)


def running(world: World) -> Image | None:
    return boot(world.evidence, world.mounts, world.dm, world.loops).image


def source(world: str, cmdline: str) -> str | None:
    host = WORLDS[world]
    found = running(replace(host, evidence=replace(host.evidence, cmdline=Clean(cmdline))))
    return found.source if found else None


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_running_image_is_named(world: World) -> None:
    assert running(world) == world.image


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_running_image_is_listed_whole(world: World) -> None:
    listed = images(world.evidence, world.mounts, world.loops, world.dm)
    on_device = world.image if world.image and world.image.device else None
    assert (on_device in listed) is (on_device is not None)
    assert len({each.device for each in listed}) == len(listed)


@pytest.mark.parametrize(
    ("world", "cmdline", "expected"),
    [
        ("dracut overlay", "root=live:/dev/sr0 root=live:http://a/b", "http://a/b"),
        ("dracut overlay", "root=/dev/sda1", FETCHED),
        ("kiwi", "root=overlay:UUID=1", "UUID=1"),
        ("live-boot", "fetch=http://a/fs.squashfs", "http://a/fs.squashfs"),
        ("live-boot", "url=http://a/b.iso", "/run/live/medium/live/filesystem.squashfs"),
        ("casper", "url=http://a/b.iso", "http://a/b.iso"),
        ("casper", "url=http://a/preseed", "/cdrom/casper/minimal.standard.squashfs"),
        ("archiso", "archiso_nfs_srv=192.0.2.1:/srv", "192.0.2.1:/srv"),
        ("archiso", "", "/run/archiso/copytoram/airootfs.sfs"),
        ("slashinit", "BOOT_IMAGE=http://a/kernel", "http://a/kernel"),
    ],
)
def test_the_command_line_tells_where_an_image_came_from(
    world: str, cmdline: str, expected: str
) -> None:
    assert source(world, cmdline) == expected


DM = WORLDS["dracut dm"]


@pytest.mark.parametrize(
    "dm",
    [
        (mapped("live-rw", snapshot("PO")),),
        (
            mapped("live-rw", snapshot("P", "254:1")),
            mapped("live-base", target("linear", "7:1 0"), minor=1),
        ),
        (mapped("live-rw", target("linear", "7:1 0")),),
        (mapped("live-rw", target("thin", "254:2 0 7:1")),),
    ],
    ids=["loop", "base", "linear", "thin"],
)
def test_a_mapped_root_leads_down_to_its_squashfs(dm: tuple[DmDevice, ...]) -> None:
    both = replace(DM.evidence, squashfs=evidence(squashfs=("loop5", "loop0")).squashfs)
    loops = (loop(5, "/srv/other.img"), *DM.loops)
    assert running(replace(DM, evidence=both, loops=loops, dm=dm)) == DM.image


@pytest.mark.parametrize(
    "dm",
    [
        (),
        (mapped("live-rw", target("thin", "254:2 0")),),
        (mapped("live-rw", snapshot("PO", "254:0")),),
    ],
    ids=["no dm", "thin without origin", "circle"],
)
def test_where_nothing_leads_down_the_only_squashfs_is_it(dm: tuple[DmDevice, ...]) -> None:
    assert running(replace(DM, dm=dm)) == DM.image


def test_without_a_readable_superblock_the_bottom_loop_is_named() -> None:
    found = running(replace(DM, evidence=evidence()))
    expected = "/run/initramfs/live/LiveOS/squashfs.img"
    assert found == image("squashfs.img", None, expected, device="/dev/loop0")


@pytest.mark.parametrize(
    ("backing", "setup", "expected"),
    [
        (f"{FETCHED} (deleted)", FETCHED, FETCHED),
        ("/os.iso (deleted)", "", "/os.iso"),
        ("/renamed.img", "/first.img", "/renamed.img"),
        ("/renamed.img (deleted)", "/first.img", "/first.img"),
        ("/LiveOS/rootfs.img", "/run/x/LiveOS/rootfs.img", "/run/x/LiveOS/rootfs.img"),
        (f"/{'d' * 70}/a.img (deleted)", f"/{'d' * 62}", f"/{'d' * 70}/a.img"),
    ],
    ids=["deleted", "no setup name", "renamed", "renamed then deleted", "detached", "cut at 63"],
)
def test_a_loop_is_named_by_the_path_that_says_most(
    backing: str, setup: str, expected: str
) -> None:
    (found,) = images(evidence(squashfs=("loop0",)), (), (loop(0, backing, setup),))
    assert found.source == expected
    assert found.name == expected.rpartition("/")[2]


SNAPS = World(
    "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "28 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro\n"
    "29 27 7:0 /usr /mnt/usr ro - squashfs /dev/loop0 ro\n"
    "30 27 0:50 / /opt/app ro - erofs /srv/app.erofs ro\n"
    "31 27 11:0 / /cdrom ro - iso9660 /dev/sr0 ro\n",
    WORLDS["disk"].style,
    None,
    evidence(squashfs=("loop0", "loop3"), stamps={"/cdrom/.disk/info": "Debian 12"}),
    loops=(loop(0, "/var/lib/core_1.snap"), loop(3, "/srv/next.img"), loop(4, "/srv/disk.raw")),
)


def test_every_mounted_or_attached_image_is_listed_once() -> None:
    assert images(SNAPS.evidence, SNAPS.mounts, SNAPS.loops) == (
        image(
            "core_1.snap", None, "/var/lib/core_1.snap",
            format="squashfs", built=BUILT, mount="/snap/core/1", device="/dev/loop0",
        ),
        image(
            "app.erofs", None, "/srv/app.erofs",
            format="erofs", mount="/opt/app", device="/srv/app.erofs",
        ),
        image(
            None, "Debian 12", "/dev/sr0", format="iso9660", mount="/cdrom", device="/dev/sr0"
        ),
        image(
            "next.img", None, "/srv/next.img",
            format="squashfs", built=BUILT, device="/dev/loop3",
        ),
    )  # fmt: skip


def test_a_disk_host_runs_an_image_only_if_os_release_names_one() -> None:
    assert running(SNAPS) is None
    os = {"IMAGE_ID": Clean("edge"), "IMAGE_VERSION": Clean("9")}
    built = replace(SNAPS, evidence=replace(SNAPS.evidence, os_release=os))
    assert running(built) == image("edge", "9", None)
    assert images(built.evidence, built.mounts, built.loops) == images(
        SNAPS.evidence, SNAPS.mounts, SNAPS.loops
    )


AUFS = World(
    "29 1 0:23 / / rw - aufs aufs rw\n30 29 11:0 / /run/live/medium ro - iso9660 /dev/sr0 ro\n",
    WORLDS["live-boot"].style,
    None,
    evidence(squashfs=("loop0", "loop1")),
    loops=(loop(0, "/a.squashfs"), loop(1, "/b.squashfs")),
)


def test_of_several_images_none_is_guessed_to_be_the_root() -> None:
    assert running(AUFS) is None


def test_the_only_image_beside_its_medium_is_the_root() -> None:
    found = running(replace(AUFS, evidence=evidence(squashfs=("loop1",))))
    assert found == image(
        "b.squashfs", None, "/b.squashfs", format="squashfs", built=BUILT, device="/dev/loop1"
    )


@pytest.mark.parametrize(
    ("os", "expected"),
    [
        ({"IMAGE_VERSION": "3", "BUILD_ID": "4"}, "3"),
        ({"BUILD_ID": "4"}, "stamped"),
    ],
)
def test_a_version_in_os_release_is_worth_more_than_a_stamp(
    os: dict[str, str], expected: str
) -> None:
    given = evidence(squashfs=("loop0",), stamps={"/rofs_root/version.txt": "stamped"}, os=os)
    found = running(replace(WORLDS["autoserver"], evidence=given))
    assert found
    assert found.version == expected


def test_the_upgraded_root_is_the_one_on_top() -> None:
    old = WORLDS["autoserver"]
    swapped = replace(
        old,
        mountinfo=old.mountinfo.replace("7:0 / /rofs_root ", "7:0 / /rofs_root/_upgrade ")
        + "109 130 7:2 / /rofs_root ro - squashfs /dev/loop2 ro\n",
        loops=(*old.loops, loop(2, "/boot_disk/autosvr/new.img")),
    )
    found = running(swapped)
    assert found
    assert (found.name, found.device) == ("new.img", "/dev/loop2")


def test_an_image_from_elsewhere_is_not_what_the_boot_disk_says() -> None:
    old = WORLDS["autoserver"]
    found = running(replace(old, loops=(loop(0, "/var/lib/images/10/system.img"),)))
    assert found
    assert (found.name, found.version) == ("system.img", None)


def test_a_layer_is_matched_to_its_loop_by_file_name() -> None:
    casper = WORLDS["casper"]
    deleted = (loop(0, "/cdrom/casper/minimal.squashfs (deleted)"),)
    found = running(replace(casper, loops=deleted))
    assert found
    assert (found.name, found.mount) == ("minimal.squashfs", "/rofs")


def test_a_loop_on_itself_ends_the_descent() -> None:
    around = (loop(0, "/a", inside=1), loop(1, "/b", inside=0))
    assert running(replace(DM, loops=around, evidence=PLAIN))


def test_stamps_are_absolute_and_named_once() -> None:
    assert all(path.startswith("/") for path in STAMPS)
    assert len(set(STAMPS)) == len(STAMPS)
    assert {"/version", "/cdrom/.disk/info", "/run/live/medium/.disk/info"} < set(STAMPS)


def test_an_image_that_is_the_root_itself_takes_no_stamp_of_a_medium() -> None:
    given = evidence(stamps={"/cdrom/.disk/info": "Debian 12"})
    bare = World("27 1 7:0 / / ro - squashfs /dev/loop0 ro\n", WORLDS["disk"].style, None, given)
    assert images(bare.evidence, bare.mounts, ()) == (
        image(None, None, "/dev/loop0", format="squashfs", mount="/", device="/dev/loop0"),
    )

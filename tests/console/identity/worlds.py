"""Literal hosts, one a boot style, with what is to be found out about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.clean import Clean, clean
from console.facts import Evidence, Superblock
from console.model import DmDevice, Image, LoopDevice, Mount, OtherTarget, Snapshot, Style
from console.parse.mountinfo import mounts

BOOTED = "Linux version 6.1.0-56-cloud-amd64 (d@example) (gcc-12) #1 SMP Debian 6.1.192-2"
BUILT = 1700000000
MADE = Superblock(BUILT, 13807, "xz", (4, 0))

PLAIN = Evidence(
    kernel=Clean("6.1.0-56-cloud-amd64"),
    version=Clean(BOOTED),
    cmdline=None,
    boot_id=Clean("6f9c"),
    init_name=Clean("systemd"),
    init_exe=Clean("/usr/lib/systemd/systemd"),
    init_argv=(Clean("/sbin/init"),),
)


def loop(number: int, backing: str, name: str = "", inside: int | None = None) -> LoopDevice:
    """Return a loop device; its file is in the filesystem on loop ``inside``, if on any."""
    live = backing.removesuffix(" (deleted)")
    return LoopDevice(
        name=Clean(f"loop{number}"),
        device=(7, number),
        backing=Clean(live),
        path=live.encode(),
        deleted=live != backing,
        setup_name=Clean(name) if name else None,
        size=16384,
        offset=0,
        read_only=True,
        file_device=None if inside is None else (7, inside),
    )


def mapped(
    name: str, *targets: Snapshot | OtherTarget, minor: int = 0, uuid: str = ""
) -> DmDevice:
    return DmDevice(Clean(name), (254, minor), targets, Clean(uuid) if uuid else None)


def target(kind: str, table: str) -> OtherTarget:
    return OtherTarget(Clean(kind), Clean(table), Clean(""))


def snapshot(persistence: str, origin: str = "7:1") -> Snapshot:
    return Snapshot(Clean(origin), Clean("7:2"), persistence, 8, 24, 67108864, 16)


@dataclass(frozen=True)
class World:
    """One literal host, and what is to be found about it."""

    mountinfo: str
    style: Style
    image: Image | None
    evidence: Evidence = PLAIN
    dm: tuple[DmDevice, ...] = ()
    loops: tuple[LoopDevice, ...] = ()

    @property
    def mounts(self) -> tuple[Mount, ...]:
        found, wrong = mounts(self.mountinfo.encode())
        assert not wrong
        return found


def image(
    name: str | None, version: str | None, source: str | None, **more: str | int | None
) -> Image:
    texts = {key: clean(value) for key, value in more.items() if isinstance(value, str)}
    built = more.get("built")
    return Image(
        name=clean(name) if name else None,
        version=clean(version) if version else None,
        source=clean(source) if source else None,
        built=built if isinstance(built, int) else None,
        size=MADE.bytes_used if isinstance(built, int) else None,
        **texts,
    )


def evidence(
    cmdline: str = "",
    *,
    squashfs: tuple[str, ...] = (),
    stamps: Mapping[str, str] | None = None,
    os: Mapping[str, str] | None = None,
) -> Evidence:
    return replace(
        PLAIN,
        cmdline=Clean(cmdline),
        squashfs={Clean(name): MADE for name in squashfs},
        stamps={path: Clean(line) for path, line in (stamps or {}).items()},
        os_release={key: Clean(value) for key, value in (os or {}).items()},
    )


SLASHINIT = replace(
    PLAIN,
    init_name=Clean("init"),
    init_exe=Clean("/init (deleted)"),
    init_argv=(Clean("/init"), *[Clean("")] * 5),
)
ROOTFS = "1 1 0:2 / / rw,nosuid - rootfs rootfs rw,size=230120k,nr_inodes=57530,inode64\n"
UNDER_DRACUT = (
    loop(0, "/LiveOS/squashfs.img", "/run/initramfs/live/LiveOS/squashfs.img"),
    loop(1, "/LiveOS/rootfs.img", "/run/initramfs/squashfs/LiveOS/rootfs.img", inside=0),
    loop(2, "/overlay (deleted)", "/overlay"),
)
FETCHED = "/tmp/curl_fetch_url0/os.squashfs"  # noqa: S108 - a name that is only compared

WORLDS = {
    "subhost": World(
        "136 107 0:40 / / rw,relatime - overlay ex1 rw,lowerdir=base,"
        "upperdir=/lab/sub/ex1/root,workdir=/lab/sub/ex1/work,uuid=on\n"
        "137 136 0:42 / /dev rw,relatime - tmpfs dev rw,size=51200k\n",
        Style.SUBHOST,
        image("debian-base", "7", "base", mount="/"),
        replace(
            evidence(os={"IMAGE_ID": "debian-base", "IMAGE_VERSION": "7"}),
            init_name=Clean(".reaper"),
            init_exe=Clean("/.reaper"),
        ),
    ),
    "autoserver": World(
        "130 104 0:40 / / rw,relatime - tmpfs none rw,mode=755\n"
        "106 130 11:0 / /boot_disk ro,relatime - iso9660 /dev/sr0 ro\n"
        "107 130 7:0 / /rofs_root ro,nosuid,nodev,relatime - squashfs /dev/loop0 ro\n"
        "108 130 7:1 / /kernel_modules ro,relatime - squashfs /dev/loop1 ro\n",
        Style.AUTOSERVER,
        image(
            "system.img", "autoserver 24", "/boot_disk/autosvr/system.img",
            format="squashfs", built=BUILT, mount="/rofs_root", device="/dev/loop0",
        ),
        evidence(
            "autoserver_dir=autosvr", squashfs=("loop0", "loop1"),
            stamps={"/boot_disk/version.txt": "autoserver 24"},
        ),
        loops=(
            loop(0, "/boot_disk/autosvr/system.img"), loop(1, "/boot_disk/autosvr/k_mod.img")
        ),
    ),
    "dracut dm": World(
        "26 1 254:0 / / rw,relatime - ext4 /dev/mapper/live-rw rw\n",
        Style.DRACUT_DM,
        image(
            "squashfs.img", None, "CDLABEL=Fedora-39",
            format="squashfs", built=BUILT, device="/dev/loop0",
        ),
        evidence("root=live:CDLABEL=Fedora-39 rd.live.image", squashfs=("loop0",)),
        (
            mapped("live-rw", snapshot("PO")),
            mapped("live-base", target("linear", "7:1 0"), minor=1),
        ),
        UNDER_DRACUT,
    ),
    "dracut overlay": World(
        "29 1 0:23 / / rw,relatime - overlay LiveOS_rootfs rw,lowerdir=/run/rootfsbase,"
        "upperdir=/run/overlayfs,workdir=/run/ovlwork\n"
        "30 29 7:0 / /run/rootfsbase ro,relatime - squashfs /dev/loop0 ro\n",
        Style.DRACUT_OVERLAY,
        image(
            "os.squashfs", None, "http://192.0.2.1/os.squashfs",
            format="squashfs", built=BUILT, mount="/run/rootfsbase", device="/dev/loop0",
        ),
        evidence("root=live:http://192.0.2.1/os.squashfs", squashfs=("loop0",)),
        loops=(loop(0, f"{FETCHED} (deleted)", FETCHED),),
    ),
    "live-boot": World(
        "29 1 0:23 / / rw,noatime - overlay overlay rw,noatime,lowerdir="
        "/run/live/rootfs/filesystem.squashfs/,upperdir=/run/live/overlay/rw,"
        "workdir=/run/live/overlay/work\n"
        "30 29 0:22 / /run/live/overlay rw,noatime - tmpfs tmpfs rw,size=100k,mode=755\n"
        "31 29 7:0 / /run/live/rootfs/filesystem.squashfs ro,noatime - squashfs /dev/loop0 ro\n",
        Style.LIVE_BOOT,
        image(
            "filesystem.squashfs", "Debian 12", "/run/live/medium/live/filesystem.squashfs",
            format="squashfs", mount="/run/live/rootfs/filesystem.squashfs", device="/dev/loop0",
        ),
        evidence(
            "BOOT_IMAGE=/live/vmlinuz boot=live components",
            stamps={"/run/live/medium/.disk/info": "Debian 12"},
        ),
        loops=(loop(0, "/run/live/medium/live/filesystem.squashfs"),),
    ),
    "casper": World(
        "29 1 0:23 / / rw,relatime - overlay /cow rw,lowerdir=/minimal.standard.squashfs:"
        "/minimal.squashfs,upperdir=/cow/upper,workdir=/cow/work\n"
        "26 29 7:0 / /rofs ro,noatime - squashfs /dev/loop0 ro,errors=continue\n"
        "27 29 11:0 / /cdrom ro,noatime - iso9660 /dev/sr0 ro\n",
        Style.CASPER,
        image(
            "minimal.standard.squashfs", "Ubuntu 24.04", "/cdrom/casper/minimal.standard.squashfs",
            format="squashfs", built=BUILT, device="/dev/loop1",
        ),
        evidence(
            "quiet splash", squashfs=("loop0", "loop1"),
            stamps={"/cdrom/.disk/info": "Ubuntu 24.04"},
        ),
        loops=(
            loop(0, "/cdrom/casper/minimal.squashfs"),
            loop(1, "/cdrom/casper/minimal.standard.squashfs"),
        ),
    ),
    "archiso": World(
        "29 1 0:23 / / rw,relatime - overlay airootfs rw,lowerdir=/run/archiso/airootfs,"
        "upperdir=/run/archiso/cowspace/persistent_X/x86_64/upperdir,workdir=/w\n"
        "30 29 7:0 / /run/archiso/airootfs ro - squashfs /dev/loop0 ro\n",
        Style.ARCHISO,
        image(
            "archlinux", "2024.05.01", "http://192.0.2.10/arch/",
            format="squashfs", built=BUILT, mount="/run/archiso/airootfs", device="/dev/loop0",
        ),
        evidence(
            "archisobasedir=arch archiso_http_srv=http://192.0.2.10/arch/", squashfs=("loop0",),
            stamps={"/version": "2024.05.02"},
            os={"IMAGE_ID": "archlinux", "IMAGE_VERSION": "2024.05.01"},
        ),
        loops=(loop(0, "/run/archiso/copytoram/airootfs.sfs"),),
    ),
    "kiwi": World(
        "29 1 0:23 / / rw - overlay LiveOS_rootfs rw,lowerdir=/run/overlay/rootfsbase,"
        "upperdir=/run/overlay/overlayfs/rw,workdir=/run/overlay/overlayfs/work\n"
        "30 29 7:0 / /run/overlay/rootfsbase ro - squashfs /dev/loop0 ro\n",
        Style.KIWI,
        image(
            "squashfs.img", None, "CDLABEL=CDROM",
            format="squashfs", mount="/run/overlay/rootfsbase", device="/dev/loop0",
        ),
        evidence("root=live:CDLABEL=CDROM"),
        loops=(loop(0, "/run/overlay/live/LiveOS/squashfs.img"),),
    ),
    "initramfs": World(
        "1 1 0:2 / / rw - rootfs rootfs rw,size=176084k,nr_inodes=44021,inode64\n",
        Style.INITRAMFS,
        image("edge", "42", "initrd.magic", format="initramfs"),
        evidence("vmlinuz initrd=initrd.magic", os={"IMAGE_ID": "edge", "BUILD_ID": "42"}),
    ),
    "slashinit": World(
        ROOTFS,
        Style.SLASHINIT,
        image(
            None, "6.1.0-56-cloud-amd64 #1 SMP Debian 6.1.192-2", None, format="kernel"
        ),
        SLASHINIT,
    ),
    "disk": World(
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n",
        Style.DISK,
        None,
        evidence("BOOT_IMAGE=/vmlinuz root=UUID=x", os={"BUILD_ID": "rolling"}),
    ),
}  # fmt: skip

"""Mount tables as text, and a small model of path lookup that knows which mounts can be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import clean_path
from console.model import Mount
from console.mounts import (
    PSEUDO,
    always_full,
    fillable,
    holding,
    may_hang,
    visible,
)
from console.parse.mountinfo import mounts


def table(*lines: str) -> tuple[Mount, ...]:
    found, wrong = mounts("".join(f"{line}\n" for line in lines).encode())
    assert wrong == ()
    return found


def ids(some: tuple[Mount, ...]) -> list[int]:
    return [mount.id for mount in some]


ROOT = "27 1 254:0 / / rw - ext4 /dev/vda rw"


def test_of_two_mounts_stacked_on_one_point_the_upper_is_seen() -> None:
    both = table(ROOT, "25 27 0:23 / /shm rw - tmpfs a rw", "30 25 0:27 / /shm rw - tmpfs b rw")
    assert ids(visible(both)) == [27, 30]


def test_a_stacked_mount_hides_what_is_mounted_in_the_lower_one() -> None:
    some = table(
        ROOT,
        "25 27 0:23 / /dev rw - devtmpfs a rw",
        "26 25 0:24 / /dev/pts rw - devpts b rw",
        "28 26 0:25 / /dev/pts/x rw - tmpfs c rw",
        "30 25 0:27 / /dev rw - tmpfs d rw",
    )
    assert ids(visible(some)) == [27, 30]


def test_a_later_mount_above_hides_a_sibling() -> None:
    some = table(
        ROOT,
        "31 27 0:30 / /a/b rw - tmpfs x rw",
        "32 31 0:31 / /a/b/c rw - tmpfs y rw",
        "33 27 0:32 / /a rw - tmpfs z rw",
        "34 27 0:33 / /ab rw - tmpfs z rw",
    )
    assert ids(visible(some)) == [27, 33, 34]


def test_a_root_over_the_root() -> None:
    some = table(
        "1 1 0:2 / / rw - rootfs rootfs rw",
        "20 1 0:5 / /proc rw - proc proc rw",
        "27 1 254:0 / / rw - ext4 /dev/vda rw",
        "28 27 0:5 / /proc rw - proc proc rw",
    )
    assert ids(visible(some)) == [27, 28]


def test_a_process_whose_root_is_no_mount_point() -> None:
    some = table("40 27 0:5 / /proc rw - proc p rw", "41 27 0:6 / /run rw - tmpfs t rw")
    assert ids(visible(some)) == [40, 41]
    assert holding(b"/etc", some) is None


def test_a_table_that_contradicts_itself_ends_the_search() -> None:
    circle = table("1 2 0:1 / /a rw - tmpfs t rw", "2 1 0:2 / /b rw - tmpfs t rw")
    assert visible(circle) == ()
    twins = table(*(f"{i} {i - 1} 0:1 / /a rw - tmpfs t rw" for i in range(1, 40) for _ in "ab"))
    assert ids(visible(twins)) == [39, 39]


def test_each_filesystem_is_measured_once_by_its_whole_tree_or_shortest_path() -> None:
    some = table(
        ROOT,
        "30 27 254:0 /srv /s rw - ext4 /dev/vda rw",
        "31 27 0:40 /deep /a rw - tmpfs t rw",
        "32 27 0:40 / /long/path rw - tmpfs t rw",
        "33 27 0:40 / /path rw - tmpfs t rw",
        "34 27 0:41 /x /var/lib/x rw - tmpfs t rw",
        "35 27 0:41 /y /y rw - tmpfs t rw",
        "36 27 0:42 / /live rw - overlay o rw,lowerdir=/s,upperdir=/a/u,workdir=/a/w",
    )
    assert ids(fillable(some)) == [27, 33, 35, 36]


def test_what_is_covered_is_not_measured_through_its_cover() -> None:
    some = table(ROOT, "25 27 0:23 / /shm rw - tmpfs a rw", "30 25 0:27 / /shm rw - tmpfs b rw")
    assert ids(fillable(some)) == [27, 30]


@pytest.mark.parametrize(
    "fstype",
    ["tmpfs", "ramfs", "rootfs", "devtmpfs", "overlay", "ext4", "xfs", "btrfs", "vfat", "f2fs",
     "squashfs", "iso9660", "erofs", "zfs", "nfs", "fuse.sshfs", "somethingnew"],
)  # fmt: skip
def test_stores_are_fillable(fstype: str) -> None:
    assert len(fillable(table(f"9 1 0:9 / /x rw - {fstype} s rw"))) == 1


@pytest.mark.parametrize("fstype", sorted(PSEUDO))
def test_pseudo_filesystems_are_not(fstype: str) -> None:
    assert fillable(table(f"9 1 0:9 / /x rw - {fstype} s rw")) == ()


@pytest.mark.parametrize(
    ("path", "holder"),
    [
        (b"/", 27),
        (b"/etc/passwd", 27),
        (b"/run", 31),
        (b"/run/", 31),
        (b"/run/user/0", 33),
        (b"/run/user/0/x", 33),
        (b"/run/user/00", 31),
        (b"/runner", 27),
        (clean_path("/run/user/0"), 33),
    ],
)
def test_the_mount_that_holds_a_path(path: bytes, holder: int) -> None:
    some = table(
        ROOT,
        "30 27 0:23 / /run rw - tmpfs a rw",
        "31 30 0:24 / /run rw - tmpfs b rw",
        "32 30 0:25 / /run/user rw - tmpfs hidden rw",
        "33 31 0:26 / /run/user/0 rw - tmpfs c rw",
    )
    found = holding(path, some)
    assert found is not None
    assert found.id == holder


def test_nothing_known_holds_a_relative_path() -> None:
    assert holding(b"run", table(ROOT)) is None
    assert holding(b"", table(ROOT)) is None


REMOTE = ("nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "fuse", "fuseblk", "fuse.sshfs", "afs",
          "glusterfs", "fuse.glusterfs", "ocfs2")  # fmt: skip


@pytest.mark.parametrize("fstype", REMOTE)
def test_network_and_user_filesystems_may_hang(fstype: str) -> None:
    some = table(ROOT, f"30 27 0:40 / /net rw - {fstype} s rw")
    assert may_hang(some[1], some)
    assert not may_hang(some[0], some)


@pytest.mark.parametrize(
    ("options", "hangs"),
    [
        ("lowerdir=/net/base", True),
        ("lowerdir=/a:/net", True),
        ("lowerdir=/a,upperdir=/net/u,workdir=/net/w", True),
        ("lowerdir=/ov/base", True),
        ("lowerdir=/a,upperdir=/b,workdir=/c", False),
        ("lowerdir=/network", False),
        ("lowerdir=net", False),
    ],
)
def test_an_overlay_hangs_with_its_layers(options: str, hangs: bool) -> None:
    some = table(
        ROOT,
        "30 27 0:40 / /net rw - nfs4 server:/x rw",
        "31 27 0:41 / /ov rw - overlay o rw,lowerdir=/net/image",
        f"32 27 0:42 / /live rw - overlay o rw,{options}",
    )
    assert may_hang(some[3], some) is hangs


def test_an_overlay_root_whose_upper_is_out_of_reach_ends_the_search() -> None:
    some = table(
        "29 1 0:23 / / rw - overlay /cow rw,lowerdir=/minimal.squashfs,upperdir=/cow/upper,"
        "workdir=/cow/work"
    )
    assert not may_hang(some[0], some)


def test_images_are_always_full() -> None:
    assert all(map(always_full, ("squashfs", "iso9660", "erofs", "udf", "cramfs", "romfs")))
    assert not any(map(always_full, ("tmpfs", "ext4", "overlay", "vfat")))


@dataclass
class Kernel:
    """Mounting and path lookup as the kernel does them, on mounts without contents."""

    mounts: list[Mount]

    def mount(self, path: bytes) -> None:
        template = self.mounts[0]
        parent = self.lookup(path)
        new = replace(template, id=len(self.mounts) + 100, parent=parent.id, path=path)
        self.mounts.append(new)

    def lookup(self, path: bytes) -> Mount:
        """Walk the path, crossing into whatever is mounted on each directory of it."""
        at = self._crossed(self.mounts[0], b"/")
        parts = [part for part in path.split(b"/") if part]
        for depth in range(1, len(parts) + 1):
            at = self._crossed(at, b"/" + b"/".join(parts[:depth]))
        return at

    def _crossed(self, at: Mount, directory: bytes) -> Mount:
        while True:
            on_top = [m for m in self.mounts if m.parent == at.id and m.path == directory]
            if not on_top:
                return at
            (at,) = on_top


PATH = st.lists(st.sampled_from([b"a", b"b", b"ab", b"a b"]), max_size=4).map(
    lambda parts: b"/" + b"/".join(parts)
)


@given(st.lists(PATH, max_size=12), st.lists(PATH, max_size=6))
def test_visible_and_holding_agree_with_path_lookup(
    points: list[bytes], paths: list[bytes]
) -> None:
    kernel = Kernel(list(table(ROOT)))
    for point in points:
        kernel.mount(point)
    listed = list(kernel.mounts)
    seen = visible(listed)
    assert {m.id for m in seen} == {m.id for m in listed if kernel.lookup(m.path) is m}
    assert visible(seen) == seen
    assert visible(listed[::-1]) == seen[::-1]
    for path in paths + points:
        assert holding(path, listed) is kernel.lookup(path)
        assert holding(path, seen) is kernel.lookup(path)


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="needs Linux with /proc")
def test_on_this_machine_something_can_fill() -> None:
    found, _ = mounts(Path("/proc/self/mountinfo").read_bytes())
    assert set(fillable(found)) <= set(visible(found)) <= set(found)
    root = holding(b"/", found)
    assert root is not None
    assert root.path == b"/"

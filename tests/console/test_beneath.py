"""The effective limit: the smallest of a store's own size and of everything beneath it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.beneath import Bound, Ground, beneath, device_number, tightest
from console.clean import Clean
from console.facts import Facts
from console.model import State
from tests.console.hosts import GIB, KIB, MIB, binding, facts, host, level, loop, statfs

SECTORS = 2 * KIB
"""Sectors in a MiB."""
ROOT = "26 1 254:0 / / rw,relatime - ext4 /dev/mapper/live-rw rw\n"
DISK = "26 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
INFO = "live-rw::254:0:1:0\nlive-base::254:1:1:0\n"


def dracut(
    *, allocated: int, total: int, available: int, free: int = 3 * GIB, swap_free: int = 0
) -> Facts:
    """Return a dracut live host: its COW file, deleted, in the ramfs it came from (bytes)."""
    return facts(
        ROOT,
        {"/": statfs(4 * GIB, 4 * GIB - free)},
        available=available,
        swap_free=swap_free,
        dm=(
            "live-base: 0 8388608 linear 7:1 0\nlive-rw: 0 8388608 snapshot 7:1 7:2 PO 8\n",
            f"live-rw: 0 8388608 snapshot {allocated // 512}/{total // 512} 16\n"
            "live-base: 0 8388608 linear \n",
            INFO,
        ),
        loops=(
            loop(2, "/overlay (deleted)", size=total, allocated=allocated, file_device=(0, 2)),
        ),
    )


def cow_on_tmpfs(*, size: int, used: int, allocated: int, deleted: bool = False) -> Facts:
    """Return a host whose COW file of nominally 32 GiB is on a mounted tmpfs."""
    name = "/cow/overlay (deleted)" if deleted else "/cow/overlay"
    return facts(
        ROOT + "30 26 0:30 / /cow rw - tmpfs cowspace rw,size=1k\n",
        {"/": statfs(4 * GIB, GIB), "/cow": statfs(size, used)},
        dm=(
            "live-rw: 0 8388608 snapshot 7:1 7:2 PO 8\n",
            f"live-rw: 0 8388608 snapshot {allocated // 512}/{32 * GIB // 512} 16\n",
            "live-rw::254:0:1:0\n",
        ),
        loops=(loop(2, name, size=32 * GIB, allocated=allocated, file_device=(0, 30)),),
    )


# The four proofs that df lies


def test_a_snapshot_ends_where_the_tmpfs_that_holds_its_store_does() -> None:
    seen = cow_on_tmpfs(size=100 * MIB, used=82 * MIB, allocated=82 * MIB)
    assert binding(level(seen, "dm:live-rw")) == (100 * MIB, "tmpfs:/cow")
    assert binding(level(seen, "fs:/")) == (GIB + 18 * MIB, "tmpfs:/cow")
    assert level(seen, "dm:live-rw").state is State.WATCH


def test_deleting_files_on_a_snapshot_gives_its_store_nothing_back() -> None:
    seen = dracut(allocated=60 * MIB, total=64 * MIB, available=GIB)
    after = replace(seen, view=replace(seen.view, statfs={26: statfs(4 * GIB, MIB)}))
    assert level(after, "fs:/").used == MIB
    assert level(after, "dm:live-rw") == level(seen, "dm:live-rw")
    assert binding(level(after, "fs:/")) == (5 * MIB, "dm:live-rw")


def test_a_tmpfs_is_full_when_its_inodes_are() -> None:
    text = DISK + "30 26 0:30 / /t rw - tmpfs t rw,size=8192k,nr_inodes=200\n"
    fill = {"/t": statfs(8 * MIB, 0, inodes=200, inodes_used=200)}
    found = level(facts(text, fill), "tmpfs:/t")
    assert (found.fill, found.inode_fill, found.state) == (0.0, 1.0, State.FULL)


def test_overlays_on_one_filesystem_are_bound_by_it_together() -> None:
    text = (
        DISK
        + "30 26 0:30 / /rw rw - tmpfs rw rw,size=102400k\n"
        + "31 26 0:31 / /a rw - overlay a rw,lowerdir=/,upperdir=/rw/a,workdir=/rw/wa\n"
        + "32 26 0:32 / /b rw - overlay b rw,lowerdir=/,upperdir=/rw/b,workdir=/rw/wb\n"
    )
    shared = statfs(100 * MIB, 40 * MIB)
    seen = facts(text, {"/rw": shared, "/a": shared, "/b": shared})
    for id_ in ("overlay:/a", "overlay:/b"):
        assert binding(level(seen, id_)) == (100 * MIB, "tmpfs:/rw")
    assert level(seen, "tmpfs:/rw").backs == ("overlay:/a", "overlay:/b")


# Stores in memory


def test_the_store_of_a_dracut_live_host_is_ram_whatever_its_nominal_size() -> None:
    seen = dracut(allocated=500 * MIB, total=32 * GIB, available=300 * MIB)
    assert binding(level(seen, "dm:live-rw")) == (800 * MIB, "mem")
    assert level(seen, "mem").backs == ("fs:/", "dm:live-rw")


def test_swap_helps_a_tmpfs_but_never_the_initramfs() -> None:
    seen = dracut(allocated=500 * MIB, total=32 * GIB, available=300 * MIB, swap_free=GIB)
    assert binding(level(seen, "dm:live-rw")) == (800 * MIB, "mem")
    tmpfs = facts(
        DISK + "30 26 0:30 / /t rw - tmpfs t rw\n",
        {"/t": statfs(2 * GIB, 0)},
        available=300 * MIB,
        swap_free=100 * MIB,
    )
    assert binding(level(tmpfs, "tmpfs:/t")) == (400 * MIB, "mem")


def test_what_a_file_has_set_aside_is_not_asked_of_the_store_beneath_again() -> None:
    seen = cow_on_tmpfs(size=100 * MIB, used=90 * MIB, allocated=80 * MIB)
    (device,) = seen.loops
    seen = replace(seen, loops=(replace(device, file_allocated=90 * MIB),))
    assert binding(level(seen, "dm:live-rw")) == (100 * MIB, "tmpfs:/cow")


def test_a_file_that_is_wholly_allocated_needs_nothing_more() -> None:
    seen = cow_on_tmpfs(size=100 * MIB, used=100 * MIB, allocated=MIB)
    (device,) = seen.loops
    whole = replace(device, file_size=50 * MIB, file_allocated=50 * MIB)
    assert binding(level(replace(seen, loops=(whole,)), "dm:live-rw")) == (32 * GIB, "own size")


def test_a_tmpfs_ends_where_ram_ends() -> None:
    text = DISK + "30 26 0:30 / /t rw - tmpfs t rw,size=1048576k\n"
    seen = facts(text, {"/t": statfs(GIB, 100 * MIB)}, available=50 * MIB)
    assert binding(level(seen, "tmpfs:/t")) == (150 * MIB, "mem")
    assert level(seen, "mem").backs == ("tmpfs:/t",)


def test_without_knowledge_of_memory_a_tmpfs_has_its_own_size() -> None:
    text = DISK + "30 26 0:30 / /t rw - tmpfs t rw,size=1048576k\n"
    seen = facts(text, {"/t": statfs(GIB, 100 * MIB)}, available=None)
    assert binding(level(seen, "tmpfs:/t")) == (GIB, "own size")
    assert not [each for each in host(seen).levels if each.id == "mem"]


# Block devices


def thin(mode: str, used: int, *, available: int = 900 * MIB) -> Facts:
    """Return an ext4 of 1 GiB on a thin volume of a pool of 32 blocks of 64 KiB."""
    return facts(
        DISK + "30 26 254:3 / /srv rw - ext4 /dev/mapper/vol rw\n",
        {"/srv": statfs(GIB, GIB - available)},
        dm=(
            "pool: 0 4096 thin-pool 254:4 254:5 128 0 1 skip_block_zeroing\n"
            "vol: 0 2097152 thin 254:2 1\n",
            f"pool: 0 4096 thin-pool 0 112/1024 {used}/32 - {mode} discard_passdown "
            "queue_if_no_space - 256\nvol: 0 2097152 thin 11264 13311\n",
            "pool::254:2:1:0\nvol::254:3:1:0\n",
        ),
    )


def test_a_thin_volume_is_bound_by_its_pool() -> None:
    seen = thin("rw", 16)
    room = GIB - 900 * MIB + 16 * 64 * KIB
    assert binding(level(seen, "fs:/srv")) == (room, "dm:pool")
    assert level(seen, "dm:pool").backs == ("fs:/srv",)
    assert binding(level(thin("rw", 0, available=MIB), "fs:/srv")) == (GIB, "own size")


def test_a_pool_without_space_fills_its_volumes() -> None:
    seen = thin("out_of_data_space", 32)
    assert level(seen, "fs:/srv").state is State.FULL


def ext4_in_a_file(backing: str, device: tuple[int, int] | None, fstype: str = "ext4") -> Facts:
    """Return an ext4 of 10 GiB, 1 GiB used, in a sparse file on a root with 2 GiB left."""
    return facts(
        f"26 1 0:19 / / rw - {fstype} /dev/sda1 rw\n30 26 7:3 / /srv rw - ext4 /dev/loop3 rw\n",
        {"/": statfs(8 * GIB, 6 * GIB), "/srv": statfs(10 * GIB, GIB)},
        available=MIB,
        loops=(loop(3, backing, size=10 * GIB, allocated=GIB, file_device=device),),
    )


def test_a_filesystem_in_a_sparse_file_ends_where_the_files_one_does() -> None:
    seen = ext4_in_a_file("/img/disk", (0, 19))
    assert binding(level(seen, "fs:/srv")) == (3 * GIB, "fs:/")
    assert level(seen, "fs:/").backs == ("fs:/srv",)


@pytest.mark.parametrize("fstype", ["btrfs", "overlay"])
def test_files_of_some_filesystems_carry_another_device_number(fstype: str) -> None:
    assert binding(level(ext4_in_a_file("/img/disk", (0, 77), fstype), "fs:/srv"))[1] != "mem"


def test_a_file_on_an_anonymous_device_that_is_not_mounted_is_in_ram() -> None:
    seen = ext4_in_a_file("/disk (deleted)", (0, 2))
    assert binding(level(seen, "fs:/srv")) == (GIB + MIB, "mem")


def test_a_file_on_a_disk_that_is_not_mounted_any_more_is_not_in_ram() -> None:
    seen = ext4_in_a_file("/LiveOS/disk", (8, 33))
    assert binding(level(seen, "fs:/srv")) == (10 * GIB, "own size")


def test_a_read_only_loop_device_takes_no_room() -> None:
    seen = ext4_in_a_file("/img/disk", (0, 19))
    (device,) = seen.loops
    seen = replace(seen, loops=(replace(device, read_only=True),))
    assert binding(level(seen, "fs:/srv")) == (10 * GIB, "own size")


def test_bounds_are_named_by_the_level_even_when_a_bind_mount_is_nearer() -> None:
    text = (
        "26 1 254:0 / / rw - ext4 /dev/vda rw\n"
        "27 26 8:1 /deep /opt/deeper/bind rw - ext4 /dev/sda1 rw\n"
        "28 26 8:1 / /srv rw - ext4 /dev/sda1 rw\n"
        "31 26 0:31 / /a rw - overlay a "
        "rw,lowerdir=/,upperdir=/opt/deeper/bind/u,workdir=/opt/deeper/bind/w\n"
    )
    disk = statfs(GIB, 100 * MIB)
    seen = facts(text, {"/": statfs(GIB, MIB), "/srv": disk, "/a": disk})
    assert binding(level(seen, "overlay:/a")) == (GIB, "fs:/srv")
    assert level(seen, "fs:/srv").backs == ("overlay:/a",)


def test_stores_that_stand_on_each_other_do_not_hang_the_console() -> None:
    text = "26 1 7:3 / / rw - ext4 /dev/loop3 rw\n30 26 7:4 / /b rw - ext4 /dev/loop4 rw\n"
    files = (
        loop(3, "/b/a", size=2 * GIB, allocated=0, file_device=(7, 4)),
        loop(4, "/b", size=2 * GIB, allocated=0, file_device=(7, 3)),
    )
    fill = {"/": statfs(2 * GIB, MIB), "/b": statfs(2 * GIB, GIB)}
    seen = facts(text, fill, loops=files)
    assert binding(level(seen, "fs:/")) == (GIB + MIB, "fs:/b")


# The small parts


@pytest.mark.parametrize(
    ("text", "number"),
    [("7:1", (7, 1)), ("254:0", (254, 0)), ("", None), ("7", None), ("a:b", None), ("7:", None)],
)
def test_device_numbers(text: str, number: tuple[int, int] | None) -> None:
    assert device_number(text) == number


@given(st.none() | st.integers(), st.lists(st.builds(Bound, st.just(Clean("x")), st.integers())))
def test_the_tightest_has_the_least_room(own: int | None, bounds: list[Bound]) -> None:
    rooms = [bound.headroom for bound in bounds] + ([] if own is None else [own])
    found = tightest(own, bounds)
    assert (found.headroom if found else None) == min(rooms, default=None)
    if own is not None and own == min(rooms):
        assert found == Bound(Clean("own size"), own)


def test_nothing_is_beneath_a_plain_disk() -> None:
    seen = facts(DISK, {"/": statfs(GIB, MIB)})
    assert beneath(seen.view.mounts[0], Ground(seen.view, memory=seen.memory)) == ()

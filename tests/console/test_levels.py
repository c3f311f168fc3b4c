"""What a level tells: how it is doing, what happens when it is full, and what would help."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.beneath import Ground
from console.clean import Clean
from console.config import Thresholds
from console.facts import View
from console.levels import memory_level
from console.model import (
    Kind,
    Level,
    Memory,
    Mount,
    State,
    Statfs,
)
from console.mounted import mount_levels
from console.parse import mountinfo
from tests.console.hosts import (
    GIB,
    MIB,
    binding,
    facts,
    host,
    judge,
    memory,
    statfs,
)

DISK = "26 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"


def mounted(line: str) -> Mount:
    (found,), wrong = mountinfo.mounts(f"{line.strip()}\n".encode())
    assert not wrong
    return found


def measured(line: str, said: Statfs) -> Level:
    """Return the level of one mount that stands on nothing."""
    mount = mounted(line)
    (found,) = mount_levels([mount], {mount.id: said}, Ground(View()), judge, ())
    return found.level


# Thresholds


def test_thresholds_are_asked_for_by_kind_and_id() -> None:
    asked: list[tuple[Kind, str]] = []

    def strict(kind: Kind, level_id: Clean) -> Thresholds:
        asked.append((kind, level_id))
        return Thresholds(1.0, 2.0)

    assert memory_level(memory(3 * GIB), strict).state is State.ACT
    assert asked == [(Kind.MEMORY, "mem")]


# Mounts


@pytest.mark.parametrize("fstype", ["squashfs", "iso9660", "erofs", "udf", "cramfs"])
def test_images_are_full_by_nature_and_never_alarm(fstype: str) -> None:
    said = statfs(900 * MIB, 900 * MIB, inodes=5, inodes_used=5)
    found = measured(f"29 26 7:0 / /image ro - {fstype} /dev/loop0 ro", said)
    assert (found.state, found.worst_fill, found.relief) == (State.OK, None, ())
    assert found.always_full
    assert found.on_full.startswith("nothing")


def test_a_read_only_superblock_never_alarms() -> None:
    full = statfs(GIB, GIB, inodes=5, inodes_used=5)
    frozen = measured("29 26 8:1 / /d ro - ext4 /dev/sda1 ro", full)
    assert (frozen.state, frozen.relief) == (State.OK, ())
    bound = measured("29 26 8:1 / /d ro - ext4 /dev/sda1 rw", full)
    assert bound.state is State.FULL


@pytest.mark.parametrize("fstype", ["ramfs", "tmpfs", "rootfs"])
def test_memory_without_a_limit_has_no_denominator(fstype: str) -> None:
    found = measured(f"29 26 0:30 / /t rw - {fstype} t rw,size=0k", Statfs(0, 0, 0, 0, 0))
    assert (found.used, found.total, found.limit, found.worst_fill) == (None,) * 4
    assert (found.inodes_used, found.inodes_total) == (None, None)
    assert found.state is State.OK
    assert "OOM" in found.on_full
    assert found.notes


def test_an_unlimited_tmpfs_still_counts_its_inodes() -> None:
    found = measured("29 26 0:30 / /t rw - tmpfs t rw", Statfs(0, 0, 0, 8, 0))
    assert (found.inode_fill, found.state) == (1.0, State.FULL)


def test_inodes_that_are_not_counted_are_not_known() -> None:
    found = measured(
        "29 26 0:30 / /b rw - btrfs /dev/sda rw", statfs(GIB, 0, inodes=0, inodes_used=0)
    )
    assert (found.inodes_used, found.inodes_total, found.inode_fill) == (None, None, None)


def test_what_root_has_reserved_cannot_be_filled() -> None:
    found = measured(DISK, statfs(1000 * MIB, 900 * MIB, reserved=50 * MIB))
    assert binding(found) == (950 * MIB, "own size")
    assert found.fill == pytest.approx(900 / 950)
    gone = measured(DISK, statfs(1000 * MIB, 960 * MIB, reserved=50 * MIB))
    assert gone.state is State.FULL


@pytest.mark.parametrize(
    ("line", "kind", "relief"),
    [
        ("29 26 0:30 / /t rw - tmpfs t rw", Kind.TMPFS, ("delete", "grow")),
        ("29 26 0:30 / /t rw - ramfs t rw", Kind.TMPFS, ("delete",)),
        ("1 1 0:2 / / rw - rootfs rootfs rw", Kind.TMPFS, ("delete",)),
        ("29 26 0:5 / /dev rw - devtmpfs dev rw", Kind.TMPFS, ("delete",)),
        ("29 26 8:1 / /d rw - ext4 /dev/sda1 rw", Kind.FILESYSTEM, ("delete",)),
        (
            "29 26 0:40 / /o rw - overlay o rw,lowerdir=/,upperdir=/u,workdir=/w",
            Kind.OVERLAY,
            ("delete",),
        ),
    ],
)
def test_what_helps_a_mount(line: str, kind: Kind, relief: tuple[str, ...]) -> None:
    found = measured(line, statfs(GIB, MIB))
    assert (found.kind, found.relief) == (kind, relief)
    assert "ENOSPC" in found.on_full
    assert not found.never_shrinks


def test_only_what_answered_is_a_level() -> None:
    seen = facts(DISK + "27 26 0:5 / /nfs rw - nfs4 server:/ rw\n", {"/": statfs(GIB, MIB)})
    assert [each.id for each in host(seen).levels] == ["fs:/", "mem"]


def test_the_mount_on_top_is_measured_and_binds_are_not_counted_twice() -> None:
    text = (
        DISK
        + "27 26 0:30 / /t rw - tmpfs under rw\n"
        + "28 27 0:31 / /t rw - tmpfs over rw\n"
        + "29 26 254:0 /etc /mnt/etc rw - ext4 /dev/vda rw\n"
    )
    small = statfs(GIB, MIB)
    found = host(facts(text, {"/": small, "/t": small, "/mnt/etc": small})).levels
    assert [(each.id, each.device) for each in found[:2]] == [
        ("fs:/", "/dev/vda"),
        ("tmpfs:/t", "over"),
    ]


numbers = st.integers(-(2**70), 2**70)


@given(st.builds(Statfs, numbers, numbers, numbers, numbers, numbers))
def test_no_numbers_of_statfs_make_it_fail(said: Statfs) -> None:
    found = measured("29 26 0:30 / /t rw - tmpfs t rw", said)
    assert found.state in set(State) - {State.LOST}
    assert found.worst_fill is None or found.worst_fill <= 1.0


# Memory


def test_memory_is_used_where_it_is_not_available() -> None:
    found = memory_level(memory(GIB, total=4 * GIB), judge)
    assert (found.used, found.total, found.fill) == (3 * GIB, 4 * GIB, 0.75)
    assert (found.state, binding(found)) == (State.WATCH, (4 * GIB, "own size"))
    assert "OOM" in found.on_full


@given(st.builds(Memory, numbers, numbers, numbers, numbers, numbers, numbers))
def test_no_numbers_of_memory_make_it_fail(said: Memory) -> None:
    assert memory_level(said, judge).state in State

"""What filesystems really report, sane or not."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.model import Statfs
from console.parse.statfs import measured

UNSET = 2**64 - 1


def test_blocks_become_bytes() -> None:
    assert measured(4096, 1000, 400, 350, 200, 5) == Statfs(
        total=4096000, free=1638400, available=1433600, inodes=200, inodes_free=5
    )


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((4096, 0, 0, 0, 0, 0), Statfs(0, 0, 0, 0, 0)),
        ((0, 0, 0, 0, 0, 0), Statfs(0, 0, 0, 0, 0)),
        ((4096, 10, 4, 4, 0, 0), Statfs(40960, 16384, 16384, 0, 0)),
        ((4096, 10, 4, 4, 8, 0), Statfs(40960, 16384, 16384, 8, 0)),
        ((131072, 77, 0, 0, 500, 0), Statfs(77 * 131072, 0, 0, 500, 0)),
        ((4096, 10, 4, 4, 500, UNSET), Statfs(40960, 16384, 16384, 0, 0)),
        ((4096, 10, 4, 4, -1, -1), Statfs(40960, 16384, 16384, 0, 0)),
    ],
    ids=["unlimited", "all zero", "no inodes (btrfs)", "inodes used up", "image", "ceph", "-1"],
)
def test_odd_but_true(numbers: tuple[int, int, int, int, int, int], expected: Statfs) -> None:
    assert measured(*numbers) == expected


@pytest.mark.parametrize(
    "numbers",
    [
        (4096, 10, 11, 4, 0, 0),
        (4096, 10, 4, 5, 0, 0),
        (4096, 10, 4, UNSET - 7, 0, 0),
        (4096, -10, -20, -20, 0, 0),
        (-4096, 10, 4, 4, 0, 0),
        (0, 10, 4, 4, 0, 0),
        (1, 2**63, 4, 4, 0, 0),
        (4096, 2**52, 4, 4, 0, 0),
        (4096, 0, 4, 4, 0, 0),
        (4096, 10, 4, 4, 8, 9),
        (4096, 10, 4, 4, 2**63, 9),
        (4096, 10, 4, 4, 8, -9),
    ],
)
def test_nonsense_is_refused(numbers: tuple[int, int, int, int, int, int]) -> None:
    with pytest.raises(Unparsable) as error:
        measured(*numbers)
    assert error.value.source == "statvfs"
    assert f"bfree={numbers[2]}" in error.value.line


ANY = st.integers() | st.integers(min_value=0, max_value=100) | st.sampled_from([2**63, UNSET])


@given(ANY, ANY, ANY, ANY, ANY, ANY)
def test_what_is_accepted_can_be_computed_with(
    frsize: int, blocks: int, bfree: int, bavail: int, files: int, ffree: int
) -> None:
    try:
        found = measured(frsize, blocks, bfree, bavail, files, ffree)
    except Unparsable:
        return
    assert 0 <= found.available <= found.free <= found.total < 2**63
    assert 0 <= found.inodes_free <= found.inodes < 2**63


def test_this_machines_root_is_measured() -> None:
    root = os.statvfs("/")
    found = measured(
        root.f_frsize, root.f_blocks, root.f_bfree, root.f_bavail, root.f_files, root.f_ffree
    )
    assert found.free <= found.total

from __future__ import annotations

from console.facts import Facts
from console.overcommit import IfFull, if_full
from tests.console.hosts import GIB, MIB, facts, host, loop, statfs, with_subhost

TWO = """\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:21 / /run rw - tmpfs tmpfs rw,size=2097152k
3 1 0:22 / /srv rw - tmpfs tmpfs rw,size=2097152k
"""
ROOM = {"/": statfs(20 * GIB, GIB), "/run": statfs(2 * GIB, 0), "/srv": statfs(2 * GIB, 0)}
DM = (
    "live-rw: 0 409600 snapshot 7:1 7:2 PO 8",
    "live-rw: 0 409600 snapshot 24/67108864 16",
    "live-rw::254:0:1:0",
)


def worst(seen: Facts) -> IfFull:
    found = if_full(host(seen))
    assert found
    return found


def test_two_halves_and_a_sparse_file_promise_more_than_there_is() -> None:
    store = loop(2, "/overlay (deleted)", size=32 * GIB, allocated=12288, file_device=(0, 2))
    found = worst(facts(TWO, ROOM, available=3 * GIB, dm=DM, loops=(store,)))
    assert found.caps == 36 * GIB
    assert found.worst == found.used + 36 * GIB - 24 * 512
    assert found.over
    assert found.alone == ("dm:live-rw",)


def test_what_fits_is_no_trouble() -> None:
    small = {**ROOM, "/run": statfs(64 * MIB, MIB), "/srv": statfs(64 * MIB, 0)}
    found = worst(facts(TWO, small, available=2 * GIB))
    assert (found.over, found.alone) == (False, ())
    assert found.worst == 2 * GIB + 127 * MIB


def test_an_overlay_counts_with_the_tmpfs_that_it_is_on() -> None:
    text = f"{TWO}4 1 0:23 / /o rw - overlay o rw,lowerdir=/,upperdir=/run/u,workdir=/run/w\n"
    found = worst(facts(text, {**ROOM, "/o": ROOM["/run"]}))
    assert [each.target for each in found.promises] == ["tmpfs:/run", "tmpfs:/srv"]


def test_a_ramfs_promises_all_there_is() -> None:
    text = "1 0 0:1 / / rw - rootfs rootfs rw\n"
    found = worst(facts(text, {"/": statfs(0, 0, inodes=0, inodes_used=0)}))
    assert found.over
    assert found.alone == ("tmpfs:/",)


def test_a_subhosts_own_count_too() -> None:
    found = worst(with_subhost())
    assert [each.target for each in found.promises] == ["mta/tmpfs:/dev", "mta/tmpfs:/run"]
    assert found.caps == 100 * MIB

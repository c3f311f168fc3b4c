from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import Unparsable
from console.model import Snapshot
from console.parse.stores import places, stores

MEMINFO = b"MemTotal: 223620 kB\nMemFree: 130032 kB\nMemAvailable: 186376 kB"
MOUNTS = b"24 27 0:21 / /run rw,nosuid,nodev - tmpfs tmpfs rw,mode=755"
HELD = b"/dev/loop2    10930        0:2  \n/dev/loop3        2       0:35  "


def told(*records: tuple[str, bytes]) -> bytes:
    lines = [b"%s %d\n%s\n" % (key.encode(), len(value), value) for key, value in records]
    return b"".join((*lines, b"end 0\n\n"))


def loop(name: str, backing: bytes, named: bytes, **changed: bytes) -> list[tuple[str, bytes]]:
    attributes = {"dev": b"7:2", "size": b"49152", "ro": b"0", "file": backing, "offset": b"0"}
    attributes |= {"sizelimit": b"0", **changed}
    return [("loop", name.encode()), *attributes.items(), ("named", named)]


def all_told(*more: tuple[str, bytes]) -> bytes:
    return told(("meminfo", MEMINFO), ("mountinfo", MOUNTS), ("held", HELD), *more)


def test_a_host_with_a_store_in_a_deleted_file() -> None:
    found = stores(
        all_told(
            (
                "table",
                b"live-base: 0 262144 linear 7:1 0\nlive-rw: 0 262144 snapshot 7:1 7:2 PO 8",
            ),
            ("status", b"live-base: 0 262144 linear \nlive-rw: 0 262144 snapshot 192/49152 16"),
            ("info", b"live-base::254:1:0:0\nlive-rw::254:0:1:0"),
            (
                "swaps",
                b"Filename Type Size Used Priority\n/swap file 1 0 -2\n/dev/vdb partition 1",
            ),
            *loop("loop2", b"/overlay (deleted)", b""),
            *loop("loop3", b"/run/store", b"2 35 25165824 24", dev=b"7:3"),
        )
    )
    assert found.memory.available == 186376 << 10
    assert [mount.point for mount in found.mounts] == ["/run"]
    snapshot = found.dm[1].targets[0]
    assert isinstance(snapshot, Snapshot)
    assert (found.dm[1].device, snapshot.cow) == ((254, 0), "7:2")
    assert found.tables[Clean("live-rw")] == ("0 262144 snapshot 7:1 7:2 PO 8",)
    assert found.swaps == ("/swap",)
    deleted, reached = found.loops
    assert (deleted.deleted, deleted.file_device, deleted.file_size) == (True, (0, 2), None)
    assert (reached.file_size, reached.file_allocated) == (25165824, 24 * 512)
    assert found.reachable == {"loop3"}


@pytest.mark.parametrize(
    ("held", "named", "reached"),
    [
        (HELD, b"10930 2 25165824 0", True),
        (HELD, b"10931 2 25165824 0", False),  # another file of that name
        (b"", b"10931 2 25165824 0", True),  # busybox tells no inode
        (b"", b"10931 2 1024 0", False),
        (HELD, b"", False),
    ],
)
def test_a_path_reaches_a_file_only_where_it_is_the_same(
    held: bytes, named: bytes, reached: bool
) -> None:
    records = [("meminfo", MEMINFO), ("held", held), *loop("loop2", b"/overlay", named)]
    assert bool(stores(told(*records)).reachable) is reached


def test_a_loop_device_that_shows_a_part_is_told() -> None:
    found = stores(all_told(*loop("loop2", b"/f", b"", sizelimit=b"4096")))
    assert found.limited == {"loop2"}


def test_places_are_measured() -> None:
    found = places(told(("place", b"/run"), ("numbers", b"25 1"), ("room", b"4096 10 5 4 100 90")))
    run = found[Clean("/run")]
    assert (run.device, run.statfs.total, run.statfs.available) == (25, 40960, 16384)


@pytest.mark.parametrize("room", [b"", b"1 2 3", b"4096 10 5 4 100 ninety"])
def test_an_odd_place_is_refused(room: bytes) -> None:
    with pytest.raises(Unparsable):
        places(told(("place", b"/run"), ("numbers", b"25 1"), ("room", room)))


@given(st.binary(max_size=300))
def test_any_answer_is_understood_or_refused(answer: bytes) -> None:
    for parse in (stores, places):
        with suppress(Unparsable):
            parse(answer)
